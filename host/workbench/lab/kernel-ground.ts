/** The lab in network namespaces: a switch, real nodes, real speakers, and a client whose own kernel does the asking. */

import type { ServicePort } from "../../rules/vocabulary.ts";
import { isUserNamespace, type PrivateNetwork } from "../private-network.ts";
import type { Addresses, HostAddresses } from "./addresses.ts";
import type { ClientRequest, Hello } from "./client-process.ts";
import type { Ground, GroundEvents, Probe, Target } from "./ground.ts";
import { HostProcess } from "./host-process.ts";
import type { Learned } from "./learned-routes.ts";
import type { Listen } from "./node-process.ts";
import type { RouterPlan } from "./router-plan.ts";
import { Routers } from "./routers.ts";
import type { RouterProgram } from "./running-router.ts";
import { Speakers } from "./speakers.ts";

/** No Node can have this name. */
const CLIENT = "the_client";
/** What `herald lab part` runs there. */
const self = (...role: readonly string[]): string[] => [
  process.execPath,
  ...process.execArgv,
  process.argv[1] ?? "",
  "lab",
  "part",
  ...role,
];

interface Host {
  readonly addresses: HostAddresses;
  readonly mac: string;
  readonly listener: HostProcess;
}

export interface KernelGroundPaths {
  readonly manifests: string;
  readonly allocations: string;
}

export class KernelGround implements Ground {
  readonly wire = "kernel";
  readonly #network: PrivateNetwork;
  readonly #events: GroundEvents;
  readonly #speakers: Speakers;
  readonly #routers: Routers;
  readonly #nodes = new Map<string, Host>();
  #client: HostProcess | undefined;
  #ports: Listen["ports"] = [];
  #haveSpeakersStarted = false;
  #pid = 0;

  /** To be made inside a private network. */
  constructor(network: PrivateNetwork, paths: KernelGroundPaths, router: RouterProgram, events: GroundEvents) {
    this.#network = network;
    this.#events = events;
    this.#routers = new Routers(network, router, events);
    this.#speakers = new Speakers({ ...paths, events, on: (node, ...command) => network.on(node, ...command) });
  }

  get hints(): readonly string[] {
    const sudo = process.env["SUDO_USER"] === undefined ? "" : "sudo ";
    const enter = isUserNamespace() ? "nsenter --preserve-credentials -U -m -n -p -t" : `${sudo}nsenter -at`;
    return [
      `be the client, in another terminal: ${enter} ${this.#pid}`,
      "and there: ip neigh; curl VIP; arping VIP; ndisc6 VIP eth0; herald status --node NODE",
    ];
  }

  async setAddresses({ nodes, client }: Addresses): Promise<void> {
    const leaving = [...this.#nodes].filter(([name, host]) => !isSame(nodes.get(name), host.addresses)).map(([name]) => name);
    const staying = [...this.#nodes.keys()].filter((name) => !leaving.includes(name));
    if (this.#haveSpeakersStarted && leaving.length > 0) await this.#speakers.set(staying.sort());
    await Promise.all(leaving.map((name) => this.#removeNode(name)));
    for (const [name, own] of nodes) if (!this.#nodes.has(name)) this.#addNode(name, own);
    if (this.#client === undefined) await this.#addClient(client);
    await this.#listen([...nodes.keys()].filter((name) => !staying.includes(name)));
    if (this.#haveSpeakersStarted) await this.startSpeakers();
  }

  async setRouters(routers: readonly RouterPlan[], addresses: Addresses): Promise<void> {
    await this.#routers.set(routers, addresses);
  }

  learned(router: string): Learned | undefined {
    return this.#routers.learned(router);
  }

  async setListeners(ports: ReadonlyMap<string, readonly ServicePort[]>): Promise<void> {
    this.#ports = [...ports];
    await this.#listen([...this.#nodes.keys()]);
  }

  async startSpeakers(): Promise<void> {
    this.#haveSpeakersStarted = true;
    await this.#speakers.set([...this.#nodes.keys()].sort());
  }

  mac(node: string): string | undefined {
    return this.#nodes.get(node)?.mac;
  }

  async probe(targets: readonly Target[], isFresh: boolean): Promise<readonly Probe[]> {
    return (await this.#client?.call<Probe[]>({ kind: "probe", targets, isFresh } satisfies ClientRequest)) ?? [];
  }

  /** The process namespace ends everything at once when this process does; there is nothing to take down before. */
  async close(): Promise<void> {}

  #addNode(name: string, addresses: HostAddresses): void {
    this.#addHost(name, addresses);
    const listener = new HostProcess(`listener on ${name}`, this.#network.on(name, ...self("node", name)), this.#events.onLost);
    this.#nodes.set(name, { addresses, mac: this.#network.mac(name), listener });
  }

  async #removeNode(name: string): Promise<void> {
    await this.#nodes.get(name)?.listener.stop();
    this.#nodes.delete(name);
    this.#network.removeHost(name);
  }

  async #addClient(addresses: HostAddresses): Promise<void> {
    this.#addHost(CLIENT, addresses);
    this.#client = new HostProcess("client", this.#network.on(CLIENT, ...self("client")), this.#events.onLost);
    this.#pid = (await this.#client.call<Hello>({ kind: "hello" } satisfies ClientRequest)).pid;
  }

  /** Every address is on the link: nodes and pools may be of any subnets. */
  #addHost(name: string, { ipv4, ipv6 }: HostAddresses): void {
    this.#network.addHost(name, `${ipv4}/24`, `${ipv6}/64 nodad`);
    for (const family of ["-4", "-6"]) this.#network.ip(name, family, "route", "add", "default", "dev", "eth0");
  }

  async #listen(nodes: readonly string[]): Promise<void> {
    await Promise.all(nodes.map((name) => this.#nodes.get(name)?.listener.call({ ports: this.#ports } satisfies Listen)));
  }
}

function isSame(one: HostAddresses | undefined, other: HostAddresses): boolean {
  return one?.ipv4 === other.ipv4 && one.ipv6 === other.ipv6;
}
