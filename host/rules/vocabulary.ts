/**
 * The words of Herald as plain data. Sources write facts, rules read them, announcers receive announcements.
 *
 * A *fact* is what a Kubernetes object says, cut down to what a rule reads; `cluster/` is the only folder that knows
 * the objects themselves. Configuration facts (pools, advertisements) are already checked: see `config.ts`.
 * Everything here is immutable: a change is a new fact.
 */

/** IP version of an address: 4 or 6. */
export type Family = 4 | 6;

/** `namespace/name` of a Service. */
export type ServiceKey = string;

/** All of its requirements must hold; without any it matches everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

/** Labels, or annotations, of an object. */
export type Labels = Readonly<Record<string, string>>;

/** What no two Services at one VIP may have in common. */
export interface ServicePort {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

/** A Service. */
export interface ServiceFact {
  readonly key: ServiceKey;
  /** Which of the Services that ever had this name, where an API server has it: Events are found by it. */
  readonly uid?: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  /** All annotations; `allocate` reads both prefixes of MetalLB. */
  readonly annotations: Labels;
  readonly type: string;
  readonly loadBalancerClass?: string;
  /** `spec.loadBalancerIP`, deprecated upstream and still read. */
  readonly loadBalancerIP?: string;
  /** `[]` on a box without Kubernetes; then `ipFamilies` decides, IPv4 by default. */
  readonly clusterIPs: readonly string[];
  readonly ipFamilies: readonly Family[];
  readonly ipFamilyPolicy: "SingleStack" | "PreferDualStack" | "RequireDualStack";
  readonly externalTrafficPolicy: "Cluster" | "Local";
  /** Undefined: the Service has no selector, someone else writes its endpoints. */
  readonly selector?: Labels;
  readonly ports: readonly ServicePort[];
  /** `status.loadBalancer.ingress[].ip` in order: the allocation of record. */
  readonly ingress: readonly string[];
}

/** One endpoint of a Service. */
export interface EndpointFact {
  readonly nodeName?: string;
  /** `ready` nil or true, else `serving` true (`reference`: MetalLB's servable). */
  readonly servable: boolean;
}

/** A node of the cluster, whether a speaker runs there or not. */
export interface NodeFact {
  readonly name: string;
  readonly labels: Labels;
  /** Condition `NetworkUnavailable` is `True`. */
  readonly networkUnavailable: boolean;
  /** `status.addresses` of type InternalIP: where its speaker is watched, and what the lab builds its network from. */
  readonly addresses: readonly string[];
  /** Cordoned (`spec.unschedulable`). */
  readonly isUnschedulable?: true;
  /** Taken out of service: what it announces is handed over, and it takes nothing. */
  readonly isDraining?: true;
  /** What its speaker says of itself; absent where nothing has been heard of one. */
  readonly speaker?: SpeakerFact;
}

/** What a speaker tells the others, by its Lease. */
export interface SpeakerFact {
  /** Names of its links that are up and fit to announce on, sorted. */
  readonly links: readonly string[];
  /** MACs of those, sorted, lower case with colons. */
  readonly macs: readonly string[];
  /** It hands over what it has and takes nothing: it was told to drain, or stops for good. */
  readonly isLeaving: boolean;
  /** Its Lease has expired while others were seen to renew theirs: taken for dead. */
  readonly isSilent: boolean;
}

/** A namespace; pools may select by its labels. */
export interface NamespaceFact {
  readonly name: string;
  readonly labels: Labels;
}

/** First and last address of a piece of a pool that a CIDR covers, as numbers: `allocate` counts in them. */
export interface AddressBlock {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  /** Index in `spec.addresses` of the entry that it is a piece of, so that a problem can name the entry. */
  readonly entry?: number;
}

/** An IPAddressPool. */
export interface Pool {
  readonly name: string;
  readonly labels: Labels;
  /** In the order of `spec.addresses`, each range cut into CIDRs ascending. */
  readonly blocks: readonly AddressBlock[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  /** Gives out nothing new. */
  readonly isDraining?: true;
  /** Before an address is given out, the network is asked whether somebody has it. */
  readonly isProbed?: true;
  /** Default: revertive. */
  readonly ownership?: OwnershipPolicy;
  /** Name of the pool that gives a Service of two families the address of a family that this one has none of. */
  readonly dualStackWith?: string;
  /** Undefined: open to every Service. */
  readonly allocation?: {
    /** Lower wins, 0 is last. */
    readonly priority: number;
    readonly namespaces: readonly string[];
    readonly namespaceSelectors: readonly LabelSelector[];
    readonly serviceSelectors: readonly LabelSelector[];
  };
}

/** Addresses that are not given to just anybody. */
export interface Reservation {
  readonly name: string;
  readonly blocks: readonly AddressBlock[];
  /** Whom they are kept for; undefined: for nobody. */
  readonly service?: ServiceKey;
  /** For people. */
  readonly reason?: string;
}

/** What a resource of some announcement kind (L2Advertisement, …) says, for any announcer that serves that kind. */
export interface Advertisement {
  readonly name: string;
  /** The resource kind; announcers name the kind that they serve. */
  readonly kind: string;
  readonly poolNames: readonly string[];
  readonly poolSelectors: readonly LabelSelector[];
  readonly nodeSelectors: readonly LabelSelector[];
  readonly serviceSelectors: readonly LabelSelector[];
  /** Exact interface names; empty: all. */
  readonly interfaces: readonly string[];
  readonly preferences: readonly { readonly weight: number; readonly selector: LabelSelector }[];
  /** What only the announcer understands (communities, …). */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * How ownership goes from node to node. `revertive`: always the first in rank that lives (MetalLB's). `sticky`: who has it keeps it.
 * `balanced`: as `revertive`, by a rank that spreads the VIP groups evenly.
 */
export type OwnershipPolicy = "revertive" | "sticky" | "balanced";

/**
 * Who may own a VIP group, which is all VIPs of Services that share a first ingress IP. A VIP that other nodes may announce than that one is a
 * group of its own, so that all VIPs of a group have the same succession.
 */
export interface Succession {
  /** The first ingress IP, canonical; of a VIP that is a group of its own, that. */
  readonly group: string;
  /** In rank: the node that should own the group, and its heirs, the next two at most. */
  readonly members: readonly string[];
  readonly isSticky: boolean;
}

/** What `plan` needs to know of an announcer; from its descriptor. */
export interface AnnouncerFact {
  readonly name: string;
  /** Who announces a VIP: one owner in rank order, every eligible node, or one node in the cluster. */
  readonly from: "owner" | "every-node" | "cluster";
  /** The advertisement kind that it serves, and for which families. */
  readonly serves: { readonly kind: string; readonly families: readonly Family[] };
  /** What it is told can stand by, so heirs are told too: a packet program answers for it. */
  readonly hasHeirs?: boolean;
}

/** All facts at one moment. */
export interface Snapshot {
  readonly services: ReadonlyMap<ServiceKey, ServiceFact>;
  /** Endpoints of every Service that has a slice; a Service without an entry has none. */
  readonly endpoints: ReadonlyMap<ServiceKey, readonly EndpointFact[]>;
  readonly nodes: ReadonlyMap<string, NodeFact>;
  readonly namespaces: ReadonlyMap<string, NamespaceFact>;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly reservations: ReadonlyMap<string, Reservation>;
  readonly advertisements: readonly Advertisement[];
}

/** A wrong value in somebody's configuration. Said once, with the place, the value found and the value wanted. */
export interface Problem {
  /** `IPAddressPool home`, `Service default/web` … */
  readonly object: string;
  /** Dotted path inside the object: `spec.addresses[1]`. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** One desired fact: this VIP, from this node, by this announcer, with these attributes. */
export interface Announcement {
  /** Canonical text of the address (RFC 5952 for IPv6). */
  readonly vip: string;
  readonly family: Family;
  /** Interface names, sorted; `null`: every interface that the announcer may use. */
  readonly links: readonly string[] | null;
  /** Services reached at this VIP, sorted. */
  readonly services: readonly ServiceKey[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of announcers from one owner: this node is among the members, and the host decides from moment to moment whether it is the owner. */
  readonly succession?: Succession;
  /**
   * How many endpoints this node has, where it reaches no others from outside (`externalTrafficPolicy: Local`); absent where it reaches
   * all. Only for announcers on every node: there it says where traffic may go, and how much.
   */
  readonly localEndpoints?: number;
}

/** Why a Service is not announced from a node by an announcer. Reasons keep MetalLB's words (`reference` §3.1, §4.3). */
export interface PlanRefusal {
  readonly service: ServiceKey;
  readonly node: string;
  readonly via: string;
  readonly reason: string;
  /** Where only one VIP of the Service is refused. */
  readonly vip?: string;
}
