/** For plugins that talk to somebody: who that is, so that a lab can put one there and see what it learns. */

import type { Secret } from "./secrets.ts";

/** What stands on the other side of a node, as plain data: enough to start one. */
export interface LabPartner {
  readonly protocol: "bgp";
  /** As the resources call it. */
  readonly name: string;
  /** Where nodes reach it. */
  readonly address: string;
  readonly port: number;
  /** Its own. */
  readonly asNumber: number;
  /** The node's, as it tells this partner. */
  readonly nodeAsNumber: number;
  /** The key that the node signs with (TCP MD5). */
  readonly md5?: Secret;
  /** VIPs that it should learn from the node. */
  readonly learns: readonly string[];
}
