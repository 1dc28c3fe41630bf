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
 * outside world still has from before, and takes that as the state to compare with. The first `apply` after a start brings
 * all that the first plan has, and comes even where there is nothing.
 */

import type { Codec as BgpCodec } from "./contract/bgp-codec.ts";
import type { Fetch } from "./contract/fetch.ts";
import type { FrameCodec, RouterAdvertisement, RouterSolicitation } from "./contract/frame-codecs.ts";
import type { LabPartner } from "./contract/lab.ts";
import type { Liveness } from "./contract/liveness.ts";
import type { Frames, Links, Net, Udp } from "./contract/network.ts";
import type { Permissions } from "./contract/permissions.ts";
import type { Program } from "./contract/program.ts";
import type { RouteTables } from "./contract/routes.ts";
import type { Secrets } from "./contract/secrets.ts";
import type { Services } from "./contract/services.ts";
import type { Translation } from "./contract/translation.ts";
import type { Announcement, Family } from "./rules/vocabulary.ts";

// The powers of a context, one file each.
export type * as Bgp from "./contract/bgp.ts";
export * from "./contract/commands.ts";
export type * from "./contract/fetch.ts";
export type * from "./contract/frame-codecs.ts";
export type * from "./contract/lab.ts";
export type * from "./contract/liveness.ts";
// For plugins that speak by multicast.
export * from "./contract/multicast-links.ts";
export type * from "./contract/network.ts";
export type * from "./contract/permissions.ts";
export type * from "./contract/program.ts";
export type * from "./contract/routes.ts";
export type * from "./contract/secrets.ts";
// For built-in plugins that announce on segments.
export * from "./contract/segment-announcer.ts";
export { DEFAULT_EXCLUDE } from "./contract/segment-links.ts";
export type * from "./contract/services.ts";
export type * from "./contract/translation.ts";

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
  /** VIPs of `removed` that another node announces now. Default: none. */
  readonly moved?: ReadonlySet<string>;
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
  /** Moves traffic elsewhere, as far as the protocol can, and resolves when what is left may be taken down, which comes next. */
  drain?(): Promise<void>;
  /** Takes `drain` back: what is applied from now on is there to stay. */
  undrain?(): Promise<void>;
  /**
   * What an operator asks of a running announcer, such as `peers`: plain data, or a promise of it. What can be iterated, also with waiting, is
   * taken row by row, as slowly as somebody reads; so it must bear changes meanwhile. Undefined: nothing is known by that name.
   */
  inspect?(what: string): unknown;
  /** Whom a row is meant for, by name, sorted: the peers that its routes go to, heard or not. It is asked for each row, so it answers at once. */
  audience?(vip: string): readonly string[];
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
  /** BFD sessions, by the neighbor's address; the port is `*`. */
  | { readonly kind: "liveness"; readonly host: string }
  /** HTTP requests to an origin: `https://api.example.com`, `http://192.0.2.1:8080`; `https://*.example.com` is any name below, not that itself. */
  | { readonly kind: "fetch"; readonly origin: string }
  /** An annotation of the Services that the plugin's announcements name; `*` is a wildcard. */
  | { readonly kind: "service"; readonly annotation: string }
  /** The use of a Secret's password, never its text. */
  | { readonly kind: "secret"; readonly name: string }
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
  /** Built-ins only: makes the config, and advertisements, of resources. */
  readonly translation?: Translation<Config>;
  /** For `herald lab`: who is on the other side of a node with this config, and what each of them should learn of these announcements. Pure. */
  partners?(config: Config, announcements: readonly Announcement[]): readonly LabPartner[];
  start(context: Context, config: Config): Promise<Announcer>;
}

/** Checks nothing at run time; it gives the object its type. */
export function definePlugin<Config>(definition: PluginDefinition<Config>): PluginDefinition<Config> {
  return definition;
}

/** Ends whatever it was returned by. Calling it twice is harmless. */
export type Close = () => void;

export interface Context {
  /** This node's name. */
  readonly node: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** A number from 0 to below 1, as of a die: to spread what would come at once, not for secrets. */
  random(): number;
  readonly links: Links;
  readonly program: Program;
  readonly frames: Frames;
  readonly net: Net;
  readonly udp: Udp;
  readonly liveness: Liveness;
  readonly secrets: Secrets;
  readonly services: Services;
  readonly fetch: Fetch;
  /** A set of route tables of its own. */
  routeTables(): RouteTables;
  /** The host's codec of a wire format. */
  codec: Codecs;
  readonly permissions: Permissions;
  /** The state of something that takes longer than `apply`: `report("192.0.2.1", "probing")`. Undefined takes it back. */
  report(key: string, state: string | undefined): void;
}

/** By name: the messages of a connection, or those in Ethernet frames. */
export interface Codecs {
  (name: "bgp"): BgpCodec;
  (name: "router-advertisement"): FrameCodec<RouterAdvertisement>;
  (name: "router-solicitation"): FrameCodec<RouterSolicitation>;
}

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * By name and labels, as Prometheus has them. Names are prefixed with `herald_plugin_<name>_`, but for those of built-ins that Herald
 * documents. A plugin has 100 names and 10,000 series at most; what is beyond is not kept.
 */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Asks for values whenever somebody reads them, within 2 s. What is not told any more is gone. */
  collect(call: (tell: (name: string, value: number, labels?: Readonly<Record<string, string>>) => void) => unknown): Close;
}

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970, as this machine has them: they may jump, also backwards. */
  wallMs(): number;
  /** Calls back once; never where `delayMs` is infinite. Closed with the plugin, as everything that the context opens. */
  after(delayMs: number, call: () => void): Close;
  every(delayMs: number, call: () => void): Close;
}

/**
 * Thrown when a plugin uses what was not granted. In a plugin that is not built in, look at `error.name`: its class is another than the one
 * that you import. There only what gives a promise throws it; what is sent, and what is watched, is lost, and the log says why.
 */
export class NotCapable extends Error {
  override readonly name = "NotCapable";
  readonly plugin: string;
  readonly permission: Permission;

  /** Of which copy of this class does not matter: a plugin's bundle has one of its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "NotCapable";
  }

  constructor(plugin: string, permission: Permission, hint: string) {
    super(hint);
    this.plugin = plugin;
    this.permission = permission;
  }
}
