/** Readers of what several powers take. What an address or a link's name may be is checked by the powers themselves. */

import { text, whole } from "../read.ts";

export const address = text(64);
export const linkName = text(64);
export const port = whole(0, 65_535);
export const handle = whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
/** Those of plugins. */
export const newHandle = whole(1, Number.MAX_SAFE_INTEGER);
