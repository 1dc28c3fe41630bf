/** A real router on the switch, with a session to each node, and what it has learned from which of them. */

import {
  type NeighborDescription,
  type OriginatedRoute,
  type Router,
  type RouterName,
  type SeenRoute,
  type SeenSession,
  startRouter,
} from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import type { PrivateNetwork } from "../private-network.ts";
import { address6Of, addressOf, NODES, type NodeName, nodeAt } from "./hosts.ts";

/** Of the nodes. */
export const NODE_AS = 64500;

export interface RouterPlace {
  readonly name: string;
  readonly program: RouterName;
  readonly asNumber: number;
  readonly address: string;
  readonly address6: string;
}

/** Another AS than the nodes', so that what is told to everybody is seen. */
export const EXTERNAL: RouterPlace = {
  name: "external",
  program: "frr",
  asNumber: 64512,
  address: "192.0.2.1",
  address6: "2001:db8::1",
};
/** The AS of the nodes, so that preferences are seen. */
export const INTERNAL: RouterPlace = {
  name: "internal",
  program: "bird",
  asNumber: NODE_AS,
  address: "192.0.2.2",
  address6: "2001:db8::2",
};

/** What a router says otherwise of its session with a node. */
export type SessionWishes = Partial<Pick<NeighborDescription, "asNumber" | "password" | "bfd" | "gracefulRestart">>;

export interface RouterOptions {
  /** Of its IPv4 session with a node. */
  readonly wishes?: Readonly<Partial<Record<NodeName, SessionWishes>>>;
  /** Its own. */
  readonly routes?: readonly OriginatedRoute[];
}

/** The `spec` of a BGPPeer of the nodes. */
export function peerOf({ asNumber, address }: RouterPlace, more: Readonly<Record<string, unknown>> = {}) {
  return { myASN: NODE_AS, peerASN: asNumber, peerAddress: address, dualStackAddressFamily: true, ...more };
}

const LIMIT_MS = 30_000;
const POLL_MS = 150;

export class WireRouter {
  readonly router: Router;

  private constructor(router: Router) {
    this.router = router;
  }

  /** Waits for the nodes to connect, over IPv4 and IPv6, each for routes of both families. */
  static async start(network: PrivateNetwork, place: RouterPlace, { wishes = {}, routes = [] }: RouterOptions = {}): Promise<WireRouter> {
    const { name, program, asNumber, address, address6 } = place;
    network.addHost(name, `${address}/24`);
    network.ip(name, "address", "add", `${address6}/64`, "dev", "eth0", "nodad");
    const common = { asNumber: NODE_AS, families: [4, 6], passive: true } as const;
    const neighbors = NODES.flatMap((node) => [
      { at: { address: addressOf(node), localAddress: address }, ...common, ...wishes[node] },
      { at: { address: address6Of(node), localAddress: address6 }, ...common, extendedNextHop: true },
    ]);
    const onHost = (...command: readonly string[]) => network.on(name, ...command);
    return new WireRouter(await startRouter(program, onHost, { asNumber, routerId: address, neighbors, routes }));
  }

  /**
   * Waits until a prefix is heard from these nodes and no others, in ways that `isRight` says yes to. Nobody: until it is not heard. Gives the
   * ways, by node.
   */
  async hears(prefix: string, nodes: readonly NodeName[], isRight: (route: SeenRoute) => boolean = () => true): Promise<SeenRoute[]> {
    let all: SeenRoute[] = [];
    const wanted = [...nodes].sort().join();
    const what = async () => {
      const states = await Promise.all(NODES.map(async (node) => `${node} ${(await this.router.session(addressOf(node))).state}`));
      return `${prefix} from ${wanted || "nobody"} but ${JSON.stringify(all)}, with sessions ${states.join(", ")},`;
    };
    const look = async () => {
      all = (await this.router.routes()).filter((route) => route.prefix === prefix);
      const routes = all.filter(({ stale }) => !stale).sort((a, b) => (sourceOf(a) < sourceOf(b) ? -1 : 1));
      return routes.map(sourceOf).join() === wanted && routes.every(isRight) ? routes : undefined;
    };
    return await until(what, look, LIMIT_MS, POLL_MS);
  }

  /** Waits until the session with a node is what `isRight` says yes to. */
  async session(node: NodeName, what: string, isRight: (session: SeenSession) => boolean): Promise<SeenSession> {
    let session: SeenSession | undefined;
    const look = async () => {
      session = await this.router.session(addressOf(node));
      return isRight(session) ? session : undefined;
    };
    return await until(async () => `session with ${node} that is ${what} but ${JSON.stringify(session)}`, look, LIMIT_MS, POLL_MS);
  }

  async isUp(...nodes: readonly NodeName[]): Promise<void> {
    for (const node of nodes) await this.session(node, "established", ({ state }) => state === "established");
  }

  async isDown(...nodes: readonly NodeName[]): Promise<void> {
    for (const node of nodes) await this.session(node, "down", ({ state }) => state !== "established");
  }
}

function sourceOf({ from }: SeenRoute): string {
  return nodeAt(from) ?? from;
}
