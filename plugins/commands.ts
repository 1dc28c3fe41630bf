/** What the announcers that Herald brings add to its commands. */

import type { PluginCommand } from "../host/announcer.ts";
import { benchSubject } from "./bgp/bench.ts";
import { bgp } from "./bgp/commands/bgp.ts";
import { routerConfig } from "./bgp/router-config/command.ts";

export const commands: readonly PluginCommand[] = [bgp, routerConfig];
/** What `herald bench` measures of them. */
export const benchSubjects = { bgp: benchSubject };
