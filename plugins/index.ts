/** The announcers that Herald brings, in the order in which they start. */

import arp from "./arp/plugin.ts";
import bgp from "./bgp/plugin.ts";
import mdns from "./mdns/plugin.ts";
import ndp from "./ndp/plugin.ts";
import rip from "./rip/plugin.ts";
import webhook from "./webhook/plugin.ts";

export const builtIns = [arp, ndp, bgp] as const;
/** Those that run only where something names them. They use nothing that a stranger's plugin could not. */
export const optional = [mdns, rip, webhook] as const;
