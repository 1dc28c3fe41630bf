/**
 * Real BGP routers as peers: Debian's frr, bird2, gobgpd, openbgpd and exabgp, each told what to be in the same words (`description.ts`), and
 * each asked for its own table. Tests of BGP look there for what a message has done, never at our own codec.
 *
 *   description ──► configuration in a folder of its own ──► daemon on a host of a private network, its sockets in that folder
 *                                                               │
 *   routes, session ◄── vtysh, birdc, gobgp, bgpctl, events ◄───┘
 *
 * Nothing is taken from the machine but the programs: no service runs, no configuration of the system is read, no table of the system is
 * written. A router is up within a second. When it has been stopped, its processes and its folder are gone.
 *
 * Left out: what a router does with routes besides keeping them, so policies take everything, and nothing is told on from one neighbor to
 * another where a router has a switch for that.
 */

import { isInside, isUserNamespace } from "../private-network.ts";
import { type Requirement, tool } from "../testing/requirements.ts";
import { startBird } from "./bird.ts";
import type { Router, RouterDescription, RouterName } from "./description.ts";
import { startExabgp } from "./exabgp.ts";
import { startFrr } from "./frr.ts";
import { startGobgpd } from "./gobgpd.ts";
import { startOpenbgpd } from "./openbgpd.ts";
import { type OnHost, Workplace } from "./workplace.ts";

export * from "./description.ts";
export type { OnHost } from "./workplace.ts";

const REAL_ROOT: Requirement = {
  what: "root",
  remedy: "run as root",
  isMet: () => process.getuid?.() === 0 && !isUserNamespace(),
};

const KINDS: Readonly<
  Record<RouterName, { start(workplace: Workplace, description: RouterDescription): Promise<Router>; needs: Requirement[] }>
> = {
  frr: { start: startFrr, needs: [tool("vtysh", "frr")] },
  bird: { start: startBird, needs: [tool("birdc", "bird2")] },
  gobgpd: { start: startGobgpd, needs: [tool("gobgpd")] },
  openbgpd: { start: startOpenbgpd, needs: [tool("bgpctl", "openbgpd"), REAL_ROOT] },
  exabgp: { start: startExabgp, needs: [tool("exabgp")] },
};

/** What a test with this router needs. */
export function routerNeeds(name: RouterName): readonly Requirement[] {
  return KINDS[name].needs;
}

/** Starts a router on a host of a private network, and waits until it takes connections. Rejects, with its log, where it does not come up. */
export async function startRouter(name: RouterName, onHost: OnHost, description: RouterDescription): Promise<Router> {
  if (!isInside()) throw new Error("Routers run in a private network only");
  const workplace = new Workplace(onHost);
  try {
    return await KINDS[name].start(workplace, description);
  } catch (error) {
    await workplace.end("SIGKILL");
    throw error;
  }
}
