/**
 * The routers of the lab: each a host on the switch that takes BGP sessions and forwards by what it learned. Its kernel has one route for each
 * prefix, with every next hop, and picks one for each connection.
 */

import { ipBatch, type PrivateNetwork, run } from "../private-network.ts";
import { type Addresses, hostPrefix } from "./addresses.ts";
import type { Learned } from "./learned-routes.ts";
import type { RouterPlan } from "./router-plan.ts";
import type { RouterProgram, RunningRouter } from "./running-router.ts";

export interface RouterEvents {
  /** Some router has learned or lost something, and forwards by it. */
  onRoutes(): void;
  onLost(error: Error): void;
  onLog(line: string): void;
}

interface Router {
  readonly plan: string;
  readonly host: string;
  running: RunningRouter | undefined;
  isStopping: boolean;
  /** Hosts and learned routes in its kernel, as `ip route` is told them. */
  readonly installed: Map<string, string>;
  /** Addresses on its link. */
  neighbors: readonly string[];
  timer: NodeJS.Immediate | undefined;
}

/** RFC 4271's, as `ip route show` names it. */
const PROTOCOL_BGP = 186;
/** Forward; choose next hops by ports too; and keep the client coming, though its way over us is a detour. */
const FORWARD = `cd /proc/sys/net/ipv4 && echo 1 >ip_forward && echo 1 >fib_multipath_hash_policy &&
  echo 0 >conf/all/send_redirects && echo 0 >conf/eth0/send_redirects &&
  cd /proc/sys/net/ipv6 && echo 1 >conf/all/forwarding && echo 1 >fib_multipath_hash_policy`;

export class Routers {
  readonly #network: PrivateNetwork;
  readonly #program: RouterProgram;
  readonly #events: RouterEvents;
  /** By address. */
  readonly #routers = new Map<string, Router>();

  constructor(network: PrivateNetwork, program: RouterProgram, events: RouterEvents) {
    this.#network = network;
    this.#program = program;
    this.#events = events;
  }

  /** Makes the routers be these, on a link with these hosts. Resolves when all of them listen. */
  async set(plans: readonly RouterPlan[], { nodes, client }: Addresses): Promise<void> {
    const wanted = new Set(plans.map(({ address }) => address));
    const leaving = [...this.#routers].filter(([address]) => !wanted.has(address));
    await Promise.all(leaving.map(([address, router]) => this.#remove(address, router)));
    const neighbors = [...nodes.values(), client].flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
    await Promise.all(plans.map((plan) => this.#renew(plan, neighbors)));
  }

  learned(address: string): Learned | undefined {
    return this.#routers.get(address)?.running?.learned;
  }

  /** A changed router begins anew, on the same host: the others know its MAC. */
  async #renew(plan: RouterPlan, neighbors: readonly string[]): Promise<void> {
    const text = JSON.stringify(this.#program.fixed(plan));
    const before = this.#routers.get(plan.address);
    if (before?.plan === text) {
      before.neighbors = neighbors;
      this.#install(before);
      return;
    }
    if (before !== undefined) await this.#end(before);
    const host = before?.host ?? this.#addHost(plan);
    const installed = before?.installed ?? new Map<string, string>();
    const router: Router = { plan: text, host, running: undefined, isStopping: false, installed, neighbors, timer: undefined };
    this.#routers.set(plan.address, router);
    this.#install(router);
    const { name } = plan;
    router.running = await this.#program.start(plan, (...command) => this.#network.on(host, ...command), {
      onChange: () => this.#changed(router),
      onLost: (how) => this.#events.onLost(new Error(`The router ${name} ended: ${how}`)),
      onLog: (line) => this.#events.onLog(`${name}: ${line}`),
    });
    this.#changed(router);
  }

  #addHost({ address, own }: RouterPlan): string {
    // No Node can have this name.
    const host = `the_router_${address}`;
    // Nothing but what it learns, and its neighbors, is to be reached from it.
    this.#network.addHost(host, hostPrefix(own.ipv4), `${hostPrefix(own.ipv6)} nodad`);
    run(...this.#network.on(host, "sh", "-c", FORWARD));
    return host;
  }

  async #remove(address: string, router: Router): Promise<void> {
    this.#routers.delete(address);
    await this.#end(router);
    this.#network.removeHost(router.host);
    this.#events.onRoutes();
  }

  async #end(router: Router): Promise<void> {
    router.isStopping = true;
    clearImmediate(router.timer);
    await router.running?.stop();
  }

  /** Once for all that came together. */
  #changed(router: Router): void {
    router.timer ??= setImmediate(() => {
      router.timer = undefined;
      if (router.isStopping) return;
      this.#install(router);
      this.#events.onRoutes();
    });
  }

  #install({ host, running, neighbors, installed }: Router): void {
    const wanted = new Map(neighbors.map((address) => [hostPrefix(address), "dev eth0"]));
    for (const [prefix, nextHops] of running?.learned.routes ?? []) {
      const reachable = nextHops.filter((address) => neighbors.includes(address));
      if (reachable.length === 0 || wanted.has(prefix)) continue;
      wanted.set(prefix, `proto ${PROTOCOL_BGP} ${reachable.map((address) => nextHop(prefix, address)).join(" ")}`);
    }
    const gone = [...installed.keys()].filter((prefix) => !wanted.has(prefix));
    const fresh = [...wanted].filter(([prefix, text]) => installed.get(prefix) !== text);
    const commands = [...gone.map((prefix) => `delete ${prefix}`), ...fresh.map(([prefix, text]) => `replace ${prefix} ${text}`)];
    ipBatch(
      commands.map((command) => `route ${command}`),
      "-n",
      host,
    );
    installed.clear();
    for (const [prefix, text] of wanted) installed.set(prefix, text);
  }
}

/** A route of IPv4 may lead over an address of IPv6 (RFC 8950). */
function nextHop(prefix: string, address: string): string {
  const isForeign = address.includes(":") && !prefix.includes(":");
  return `nexthop via ${isForeign ? "inet6 " : ""}${address} dev eth0 onlink`;
}
