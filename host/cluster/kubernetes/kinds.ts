/** What is read from an API server, and where it is. */

import { API_GROUP } from "../../rules/api-group.ts";
import { collectionPath, pluralOf } from "../api/resource-path.ts";
import type { KindReaders } from "../objects/project.ts";
import { SPEAKER_KEY } from "./speakers/speaker-words.ts";

/** One resource that is watched. */
export interface WatchedKind {
  /** As objects say that they are: `metallb.io/v1beta1/IPAddressPool`. */
  readonly type: string;
  /** The path of its list. */
  readonly path: string;
  /** A server that is too old for it sends all. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Its definition may not be installed. */
  readonly isOptional?: boolean;
  /** The account may not be allowed to read it. */
  readonly mayBeForbidden?: boolean;
}

export type Role = "controller" | "speaker";

type Everywhere = Omit<WatchedKind, "path">;

export const LEASE = "coordination.k8s.io/v1/Lease";

const SERVICES: Everywhere = { type: "v1/Service", fieldSelector: "spec.type=LoadBalancer" };

/** What is of no use to a role is not asked for: less memory here, less work there, fewer permissions. */
const EVERYWHERE: Readonly<Record<Role, readonly Everywhere[]>> = {
  controller: [SERVICES, { type: "v1/Namespace" }],
  speaker: [
    SERVICES,
    // What has no address of its own is never behind a load balancer.
    { type: "discovery.k8s.io/v1/EndpointSlice", labelSelector: "!service.kubernetes.io/headless" },
    { type: "v1/Node" },
  ],
};

/** As with MetalLB, these count in one namespace only. */
const OWN_NAMESPACE: Readonly<Record<Role, readonly Everywhere[]>> = {
  controller: [installed("metallb.io/v1beta1/IPAddressPool"), installed(`${API_GROUP}/v1alpha1/Reservation`)],
  speaker: [
    installed("metallb.io/v1beta1/IPAddressPool"),
    installed("metallb.io/v1beta1/L2Advertisement"),
    { type: "v1/Secret" },
    // What the speakers say of themselves; whoever has roles of his own may not know of them, and announces without.
    { type: LEASE, labelSelector: SPEAKER_KEY, mayBeForbidden: true },
  ],
};

/** The resources that a role reads, with those that plugins have readers for: of each kind its newest version. */
export function kindsOf(role: Role, namespace: string, readers: KindReaders): WatchedKind[] {
  const newest = new Map<string, string>();
  for (const type of Object.keys(readers)) {
    const known = newest.get(kindOf(type));
    if (known === undefined || ageOf(type) > ageOf(known)) newest.set(kindOf(type), type);
  }
  return [
    ...EVERYWHERE[role].map((kind) => ({ ...kind, path: pathOf(kind.type) })),
    ...[...OWN_NAMESPACE[role], ...[...newest.values()].map(installed)].map((kind) => ({ ...kind, path: pathOf(kind.type, namespace) })),
  ];
}

/** A kind whose definition somebody installed, or has not yet. */
function installed(type: string): Everywhere {
  return { type, isOptional: true };
}

export function kindOf(type: string): string {
  return type.slice(type.lastIndexOf("/") + 1);
}

/** `metallb.io/v1beta1` */
export function apiVersionOf(type: string): string {
  return type.slice(0, type.lastIndexOf("/"));
}

function pathOf(type: string, namespace?: string): string {
  return collectionPath(apiVersionOf(type), pluralOf(kindOf(type)), namespace);
}

/** Orders the versions of one kind: v1beta2 after v1beta1, v1 after both. */
function ageOf(type: string): number {
  const [, major = "0", stage, minor = "0"] = /\/v(\d+)(?:(alpha|beta)(\d+))?\//.exec(`/${type}`) ?? [];
  return Number(major) * 10_000 + (stage === undefined ? 2000 : stage === "beta" ? 1000 : 0) + Number(minor);
}
