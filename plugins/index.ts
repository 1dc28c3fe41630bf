/** The built-in announcers, in the order in which they start. */

import arp from "./arp/plugin.ts";

export const builtIns = [arp] as const;
