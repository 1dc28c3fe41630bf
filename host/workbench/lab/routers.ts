/**
 * The routers of the lab: each a host on the switch that takes BGP sessions with `herald bgp listen`, of this very program, and forwards
 * by what it learned. Its kernel has one route for each prefix, with every next hop, and picks one for each connection.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { ipBatch, type PrivateNetwork, run } from "../private-network.ts";
import type { Addresses } from "./addresses.ts";
import { type Learned, LearnedRoutes, type RouterEvent } from "./learned-routes.ts";
import { readLines } from "./lines.ts";
import type { RouterPlan } from "./router-plan.ts";

export interface RouterEvents {
  /** Some router has learned or lost something, and forwards by it. */
  onRoutes(): void;
  onLost(error: Error): void;
  onLog(line: string): void;
}

interface Router {
  readonly plan: string;
  readonly host: string;
  readonly learned: LearnedRoutes;
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
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
  echo 0 >conf/all/send_redirects && echo 0 >conf/eth0/send_redirects`;
/** A router that has not begun to listen by then is tried without. */
const START_MS = 5000;

export class Routers {
  readonly #network: PrivateNetwork;
  readonly #events: RouterEvents;
  /** By address. */
  readonly #routers = new Map<string, Router>();

  constructor(network: PrivateNetwork, events: RouterEvents) {
    this.#network = network;
    this.#events = events;
  }

  /** Makes the routers be these, on a link with these hosts. Resolves when all of them listen. */
  async set(plans: readonly RouterPlan[], { nodes, client }: Addresses): Promise<void> {
    const wanted = new Set(plans.map(({ address }) => address));
    const leaving = [...this.#routers].filter(([address]) => !wanted.has(address));
    await Promise.all(leaving.map(([address, router]) => this.#remove(address, router)));
    await Promise.all(plans.map((plan) => this.#renew(plan)));
    for (const router of this.#routers.values()) {
      router.neighbors = [...nodes.values(), client];
      this.#install(router);
    }
  }

  learned(address: string): Learned | undefined {
    return this.#routers.get(address)?.learned;
  }

  /** A changed router begins anew, on the same host: the others know its MAC. */
  async #renew(plan: RouterPlan): Promise<void> {
    const before = this.#routers.get(plan.address);
    if (before?.plan === JSON.stringify(plan)) return;
    if (before === undefined) await this.#start(plan, this.#addHost(plan.address), new Map());
    else {
      await this.#end(before);
      await this.#start(plan, before.host, before.installed);
      this.#events.onRoutes();
    }
  }

  #addHost(address: string): string {
    // No Node can have this name.
    const host = `the_router_${address}`;
    // Nothing but what it learns, and its neighbors, is to be reached from it.
    this.#network.addHost(host, `${address}/32`);
    run(...this.#network.on(host, "sh", "-c", FORWARD));
    return host;
  }

  async #start(plan: RouterPlan, host: string, installed: Router["installed"]): Promise<void> {
    const { name, address, port, asNumber, keys } = plan;
    const signed = Object.entries(keys).flatMap(([peer, key]) => ["--md5", `${peer}=${key}`]);
    const flags = ["--asn", String(asNumber), "--address", address, "--port", String(port), "--json", ...signed];
    const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
    const [file, ...args] = this.#network.on(host, ...self, "bgp", "listen", ...flags);
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    let last = "";
    const router: Router = {
      ...{ plan: JSON.stringify(plan), host, learned: new LearnedRoutes(), process: child, isStopping: false },
      ...{ installed, neighbors: [], timer: undefined },
      ended: new Promise((resolve) => {
        child.once("close", (code, signal) => {
          resolve();
          if (!router.isStopping) this.#events.onLost(new Error(`The router ${name} ended: ${last || (signal ?? `exit code ${code}`)}`));
        });
      }),
    };
    this.#routers.set(address, router);
    readLines(child.stderr, (line) => {
      last = line;
      this.#events.onLog(`${name}: ${line}`);
    });
    await new Promise<void>((resolve) => {
      setTimeout(resolve, START_MS).unref();
      child.once("close", () => resolve());
      readLines(child.stdout, (line) => {
        this.#events.onLog(`${name}: ${line}`);
        const event = JSON.parse(line) as RouterEvent;
        if (event.event === "listening") resolve();
        if (router.learned.take(event)) this.#changed(router);
      });
    });
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
    router.process.kill("SIGTERM");
    await router.ended;
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

  #install({ host, learned, neighbors, installed }: Router): void {
    const wanted = new Map(neighbors.map((address) => [`${address}/32`, "dev eth0"]));
    for (const [prefix, nextHops] of learned.routes) {
      const reachable = nextHops.filter((address) => neighbors.includes(address));
      if (prefix.includes(":") || reachable.length === 0 || wanted.has(prefix)) continue;
      wanted.set(prefix, `proto ${PROTOCOL_BGP} ${reachable.map((address) => `nexthop via ${address} dev eth0 onlink`).join(" ")}`);
    }
    const gone = [...installed.keys()].filter((prefix) => !wanted.has(prefix));
    const fresh = [...wanted].filter(([prefix, text]) => installed.get(prefix) !== text);
    ipBatch(
      [...gone.map((prefix) => `route delete ${prefix}`), ...fresh.map(([prefix, text]) => `route replace ${prefix} ${text}`)],
      "-n",
      host,
    );
    installed.clear();
    for (const [prefix, text] of wanted) installed.set(prefix, text);
  }
}
