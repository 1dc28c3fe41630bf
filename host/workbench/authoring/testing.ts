/** The package entry `herald/testing`: the test kit. */

import type { CreateTestHost } from "./kit.ts";
import { createTestHost as create } from "./test-host.ts";

export type * from "./kit.ts";

/** Starts a plugin on a host made for a test. Rejects as a speaker's start would, with what it could not do. */
export const createTestHost: CreateTestHost = create;
