/** The built-in announcers, in the order in which they start, and what they add to Herald's commands. */

import type { PluginCommand } from "../host/announcer.ts";
import arp from "./arp/plugin.ts";
import { bgp } from "./bgp/commands/bgp.ts";

export const builtIns = [arp] as const;
export const commands: readonly PluginCommand[] = [bgp];
