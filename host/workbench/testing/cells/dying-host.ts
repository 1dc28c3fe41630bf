/** A host with two plugins' processes, one idle and one in an endless loop, to be killed: it prints their pids. */

import { openCell } from "../../../sandbox/cell/cell.ts";
import { callPlugin, pluginOf } from "./plugin-of.ts";

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const [idle, looping] = await Promise.all([openCell({ log, uid: 52_001 }), openCell({ log, uid: 52_002, limits: { silenceMs: 60_000 } })]);
const channel = await looping.load("x", pluginOf("loop: () => { for (;;) ; }"));
void callPlugin(channel, "loop").catch(nothing);
process.stdout.write(JSON.stringify([idle.pid, looping.pid]));
