/**
 * What every announcer must do, whatever its protocol: one suite that each plugin runs, built in or a stranger's, in this process or in one
 * of its own.
 *
 *   conformance(suite, definition, { outside: (stage) => arpNeighbor(stage) });
 *
 * With somebody outside who can tell what the announcer has made known (`known-rows.ts`), it says whether what is desired is what the network
 * knows. Without, it says what can be said of any announcer (`any-announcer.ts`): that it starts with what it declares, settles whatever it
 * is told in whatever order, bears noise, missing permissions and links, and leaves nothing behind.
 *
 * The network is in memory, the packet programs are real. These keep their own time, and so does a plugin in a process of its own: tests of
 * silence wait for them, else time is made.
 */

import { testAnyAnnouncer } from "./any-announcer.ts";
import { testKnownRows } from "./known-rows.ts";
import { type ConformanceOptions, createSubject, type Register, type Tested } from "./play.ts";

/** Registers every test. */
export function conformance<Config>(test: Register, plugin: Tested<Config>, options: ConformanceOptions = {}): void {
  const subject = createSubject(test, plugin as Tested, options);
  testAnyAnnouncer(subject);
  if (options.outside !== undefined) testKnownRows({ ...subject, outside: options.outside });
}
