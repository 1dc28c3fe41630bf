/** The announcers that Herald brings, in the order in which they start, and what they add to its commands. */

import type { PluginCommand } from "../host/announcer.ts";
import arp from "./arp/plugin.ts";
import { benchSubject } from "./bgp/bench.ts";
import { bgp as bgpCommand } from "./bgp/commands/bgp.ts";
import bgp from "./bgp/plugin.ts";
import { routerConfig } from "./bgp/router-config/command.ts";
import mdns from "./mdns/plugin.ts";
import ndp from "./ndp/plugin.ts";
import rip from "./rip/plugin.ts";
import webhook from "./webhook/plugin.ts";

export const builtIns = [arp, ndp, bgp] as const;
/** Those that run only where something names them. They use nothing that a stranger's plugin could not. */
export const optional = [mdns, rip, webhook] as const;
export const commands: readonly PluginCommand[] = [bgpCommand, routerConfig];
/** What `herald bench` measures of them. */
export const benchSubjects = { bgp: benchSubject };
