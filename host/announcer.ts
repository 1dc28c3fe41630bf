/**
 * The plugin contract. Read this page to write an announcer.
 *
 * An announcer makes announcements true: "this VIP is reached here" becomes an ARP reply, a route, a DNS answer.
 * A plugin is one TypeScript file whose default export is `definePlugin({...})`. Everything that the host must know
 * before it runs any of your code is plain data in that object; your code runs in `start`, and all the power that it
 * has comes in through `context`. What the operator did not grant is not there.
 *
 * The host keeps the books. It compares what should be announced with what you were last told, and calls
 * `apply` with the difference. You never see events, retries or restarts: when something fails, the same rows come
 * again until you have settled them. So three rules make a good announcer:
 *
 * 1. `apply` is idempotent. A row that you already have may be added again, one that you lack may be removed.
 * 2. `apply` resolves when you have taken the rows over, not when the network has heard them; what takes longer is
 *    told by `context.report`.
 * 3. Refuse single rows, never the batch. A thrown error makes every row of the batch unsure, and all come again.
 *
 * `apply` is never called again before the last call has settled. After `start`, the host asks `held` what the
 * outside world still has from before, and takes that as the state to compare with.
 */

import type { Announcement, Family } from "./rules/vocabulary.ts";

// For built-in plugins with resources of their own: their readers are in the plugin, what all readers share is here.
export { type Address, formatAddress, parseAddress } from "./rules/addresses.ts";
export { API_GROUP } from "./rules/api-group.ts";
export { formatBlock, widthBits } from "./rules/blocks.ts";
export * from "./rules/config.ts";
export { readSelectors } from "./rules/read-selectors.ts";
export { matchesAny } from "./rules/selectors.ts";
export type { AddressBlock, Advertisement, LabelSelector, Labels, NodeFact, Pool, Problem } from "./rules/vocabulary.ts";
export type { Announcement, Family };

/** The API that this host speaks. A plugin that asks for a newer one is refused by name. */
export const API_VERSION = 1;

/** JSON Schema (draft 2020-12), as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The difference between what is desired and what you were told. Rows are keyed by `vip`. */
export interface Changes {
  readonly added: readonly Announcement[];
  readonly changed: readonly Announcement[];
  /** As you were last told them. */
  readonly removed: readonly Announcement[];
}

/** A row that cannot be made true. It stays unsure and is sent again later, with backoff. */
export interface Refusal {
  readonly vip: string;
  readonly reason: string;
}

export interface Announcer {
  /** What the outside still has from before this start. Default: nothing. */
  held?(): Promise<readonly Announcement[]>;
  apply(changes: Changes): Promise<readonly Refusal[]>;
  /** Takes a new config live. False: cannot, so the host calls `stop("replace")` and starts you again. */
  configure?(config: unknown): Promise<boolean>;
  /** `leave`: for good, after a plan of nothing. `replace`: a successor follows, keep the network as it is. */
  stop(why: "leave" | "replace"): Promise<void>;
}

/** `host` is `192.0.2.1:179`, `[2001:db8::/32]:*`, `*:53`: an address, a CIDR or `*`, and a port or `*`. */
export type Permission =
  /** Raw Ethernet frames on links whose names match `link` (`*` is a wildcard), from the link's own MAC or one that matches `sourceMac`. */
  | {
      readonly kind: "frame";
      readonly link: string;
      readonly etherType: number;
      readonly ipProtocol?: number;
      readonly sourceMac?: string;
    }
  /** Outgoing TCP. */
  | { readonly kind: "net"; readonly host: string }
  /** Incoming TCP, by the address and port that are listened on. Port 0, any that is free, is a port like others here. */
  | { readonly kind: "listen"; readonly host: string }
  /** UDP: where a socket is bound, what it sends to, and which groups it joins. */
  | { readonly kind: "udp"; readonly host: string }
  /** Facts about this machine beyond the links: `hostname`. */
  | { readonly kind: "sys"; readonly fact: string };

export interface PluginDefinition<Config = unknown> {
  /** Lower case, `[a-z][a-z0-9-]*`: the name in flags, metrics, logs and grants. */
  readonly name: string;
  readonly api: number;
  /** Who announces: one owner, every eligible node, or one node in the cluster. */
  readonly from: "owner" | "every-node" | "cluster";
  /** The resource kind whose advertisements this announcer serves, and for which families. */
  readonly serves: { readonly kind: string; readonly families: readonly Family[] };
  /** Schema of the config of an instance; `example` must validate against it and start. */
  readonly config: JsonSchema;
  readonly example: Config;
  /** Schema of the attributes of one announcement. Default: none allowed. */
  readonly attributes?: JsonSchema;
  permissions(config: Config): readonly Permission[];
  /**
   * Packet program: a module's name for a built-in, else a path beside the plugin (`docs/packet-programs.md`). It gets the frames of
   * the first frame permission; without one, datagrams only.
   */
  readonly program?: string;
  start(context: Context, config: Config): Promise<Announcer>;
}

/** Checks nothing at run time; it gives the object its type. */
export function definePlugin<Config>(definition: PluginDefinition<Config>): PluginDefinition<Config> {
  return definition;
}

/**
 * One network interface. `id` is small, stable for a name while the host runs, and a bit in a row's link mask; -1 where there are more
 * interfaces than bits and nobody has asked for this one's (`Links.id`).
 */
export interface Link {
  readonly id: number;
  readonly name: string;
  /** `aa:bb:cc:dd:ee:ff`; empty when the link has none. */
  readonly mac: string;
  /** Administratively up and carrier present. */
  readonly up: boolean;
  readonly mtu: number;
  /** The link can broadcast (an Ethernet-like link). */
  readonly broadcast: boolean;
  /** The link does not do ARP. */
  readonly noArp: boolean;
  readonly loopback: boolean;
  /** Name of the bridge, bond or VRF that this link is a port of. */
  readonly master?: string;
}

/** Ends whatever it was returned by. Calling it twice is harmless. */
export type Close = () => void;

export interface Context {
  /** This node's name. */
  readonly node: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly links: Links;
  readonly program: Program;
  readonly frames: Frames;
  readonly net: Net;
  readonly udp: Udp;
  readonly permissions: { query(permission: Permission): "granted" | "denied" };
  /** The state of something that takes longer than `apply`: `report("192.0.2.1", "probing")`. Undefined takes it back. */
  report(key: string, state: string | undefined): void;
}

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Names are prefixed with `herald_plugin_<name>_` unless the plugin is built in. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once; never where `delayMs` is infinite. Closed with the plugin, as everything that the context opens. */
  after(delayMs: number, call: () => void): Close;
  every(delayMs: number, call: () => void): Close;
}

export interface Links {
  /** All links now, sorted by name. */
  all(): readonly Link[];
  /** Calls back at once and at every change, with all links. */
  watch(call: (links: readonly Link[]) => void): Close;
  /** The id of a link by name, also before it exists, so that rows can name links that will appear. */
  id(name: string): number;
}

/** A row of a packet program's table (`docs/packet-programs.md` "Rows"). */
export interface ProgramRow {
  readonly address: string;
  /** Link names, or `null` for every attached link. */
  readonly links: readonly string[] | null;
  readonly state: "active" | "standby" | "draining";
  /** At most 32 bytes that the program understands. */
  readonly attributes?: Uint8Array;
}

export interface ProgramEvent {
  readonly kind: "conflict" | number;
  readonly address: string;
  readonly link: string;
  /** The other station. */
  readonly mac: string;
  /** Events of this address since the last one that nobody was told of. */
  readonly heldBack: number;
}

export interface DatagramBinding {
  /** An address of this machine; `0.0.0.0` or `::` for all of its family. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** TTL or hop limit of what is sent, where the program does not say. Default: the kernel's. */
  readonly hopLimit?: number;
  /** Only on this link, which must be there; to be bound again when it is replaced. */
  readonly link?: string;
  /** Others that allow it too may be bound to the same. */
  readonly reuse?: boolean;
}

/** The plugin's packet program, running in the packet worker. */
export interface Program {
  /**
   * Opens one frame port for each of these links and closes those not named; the whole set each time. Links may be missing or down:
   * they are opened when they come, and again when they change. Rejects where a link was not granted. For a program without frames it
   * opens nothing and needs no permission: these are the links that its datagrams come by and leave on.
   */
  attach(links: readonly string[]): Promise<void>;
  /**
   * Binds datagram port 1 to 7 of the program to a UDP socket of the packet worker, and gives the socket's port. What was bound before is
   * closed, unless it is the same. From there the program sends to whom it likes.
   */
  bind(datagramPort: number, options: DatagramBinding): Promise<number>;
  /** A datagram port that is not bound is fine. */
  unbind(datagramPort: number): Promise<void>;
  /** Resolves when the worker has them; gives the rows that the table refused. */
  put(rows: readonly ProgramRow[]): Promise<readonly Refusal[]>;
  /** Unknown addresses are fine. */
  remove(addresses: readonly string[]): Promise<void>;
  onEvent(call: (event: ProgramEvent) => void): Close;
}

export interface FrameSocket {
  /**
   * The frame must start with its Ethernet header; EtherType, IP protocol and source MAC must be granted. A link that goes takes its
   * sockets with it: open one again when it is back.
   */
  send(frame: Uint8Array): void;
  onFrame(call: (frame: Uint8Array) => void): void;
  close(): void;
}

/** Frames in TypeScript, for protocols without a hot path. */
export interface Frames {
  open(options: { link: string; etherType: number; ipProtocol?: number }): Promise<FrameSocket>;
}

export interface Connection {
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** Bytes written that the kernel has not taken: a peer that does not read. */
  readonly pendingBytes: number;
  /** Lost after `close`, and after the other side has gone. */
  write(bytes: Uint8Array): void;
  onData(call: (bytes: Uint8Array) => void): void;
  /** Once, with the reason where it was not a plain end. */
  onClose(call: (error?: Error) => void): void;
  /** Ends it when what was written has been taken, within a second. */
  close(): void;
}

/** Addresses are texts like `192.0.2.1` and `fe80::1%eth0`, never names. */
export interface Net {
  connect(options: { address: string; port: number; sourceAddress?: string; timeoutMs?: number }): Promise<Connection>;
  listen(options: { address: string; port: number }, accept: (connection: Connection) => void): Promise<{ port: number; close(): void }>;
}

export interface UdpSocket {
  readonly port: number;
  /** Lost where the network does not take it, as any datagram. */
  send(bytes: Uint8Array, to: { address: string; port: number }): void;
  onMessage(call: (bytes: Uint8Array, from: { address: string; port: number }) => void): void;
  /** Joins a multicast group on a link. */
  join(group: string, link: string): void;
  close(): void;
}

export interface Udp {
  open(options: { address: string; port: number; reuse?: boolean }): Promise<UdpSocket>;
}

/** Thrown when a plugin uses what was not granted. */
export class NotCapable extends Error {
  override readonly name = "NotCapable";
  readonly plugin: string;
  readonly permission: Permission;
  constructor(plugin: string, permission: Permission, hint: string) {
    super(hint);
    this.plugin = plugin;
    this.permission = permission;
  }
}
