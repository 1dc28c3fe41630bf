/** The same sessions from Herald's side, and what it has to announce: manifests, as a user would write them. */

import { ROUTERS, type RouterName } from "../bgp-peers/routers.ts";
import {
  asOf,
  BFD,
  HOLD_SECONDS,
  isWatched,
  keepsRoutes,
  LINK,
  NODE,
  NODE_AS,
  nodeAddress,
  PASSWORD,
  routerAddress,
  routerConnects,
  type SessionName,
  SHORT_HOLD_SECONDS,
  sessionsOf,
} from "./sessions.ts";

/** What is announced to all. */
export const ROUTE = "203.0.113.1/32";
export const ROUTE6 = "2001:db8:feed::1/128";
export const COMMUNITIES = ["65001:7", "65001:8"];
export const LARGE_COMMUNITIES = ["65001:1:2"];
export const MED = 50;
export const LOCAL_PREFERENCE = 150;
/** With the AS number more often in the path, and the number of its endpoints. */
export const WEIGHED_ROUTE = "198.51.100.1/32";
export const PREPENDED = 2;
/** More than fit into a message of 4,096 octets. */
export const MANY = 260;
export const MANY_PREFIX = "2001:db8:aaaa:";

const METADATA = { namespace: "metallb-system" };
const PROFILE = "quick";
const SECRET = "password";
const IPV6 = { ipFamilies: ["IPv6"] };

/** Nothing listens there. */
const DEAD_PORT = 1790;

export interface Edit {
  /** The peers of the sessions "restart" are looked for where they are not. */
  readonly isAway?: boolean;
}

/** One document a line. */
export function manifests(edit: Edit = {}): string {
  const objects = [
    { ...metallb("v1beta1", "BFDProfile", PROFILE), spec: profile() },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: SECRET, ...METADATA },
      type: "kubernetes.io/basic-auth",
      stringData: { password: PASSWORD },
    },
    {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: NODE },
      status: { addresses: [{ type: "InternalIP", address: nodeAddress("plain") }] },
    },
    ...ROUTERS.flatMap((router) => sessionsOf(router).map((session) => peer(router, session, edit))),
    {
      ...metallb("v1beta2", "BGPPeer", "frr-unnumbered"),
      spec: { myASN: NODE_AS, peerASN: asOf("frr"), interface: LINK, ...timers("plain") },
    },
    ...routes(),
  ];
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("---\n");
}

function metallb(version: string, kind: string, name: string, annotations: Readonly<Record<string, string>> = {}) {
  return { apiVersion: `metallb.io/${version}`, kind, metadata: { name, ...METADATA, annotations } };
}

function profile() {
  return { receiveInterval: BFD.intervalMs, transmitInterval: BFD.intervalMs, detectMultiplier: BFD.multiplier };
}

function timers(session: SessionName) {
  const seconds = session === "hold" ? SHORT_HOLD_SECONDS : HOLD_SECONDS;
  return { holdTime: `${seconds}s`, keepaliveTime: `${Math.floor(seconds / 3)}s` };
}

function peer(router: RouterName, session: SessionName, { isAway = false }: Edit) {
  const connects = routerConnects(router, session);
  const annotations: Record<string, string> = {};
  if (connects)
    annotations[session === "collision" ? "herald.dev/listen" : "herald.dev/passive"] = session === "collision" ? "179" : "true";
  return {
    ...metallb("v1beta2", "BGPPeer", `${router}-${session}`, annotations),
    spec: {
      myASN: session === "internal" ? asOf(router) : NODE_AS,
      peerASN: asOf(router),
      peerAddress: routerAddress(router, session),
      sourceAddress: nodeAddress(session),
      dualStackAddressFamily: true,
      ...timers(session),
      ...(session === "signed" ? { passwordSecret: { name: SECRET } } : {}),
      ...(keepsRoutes(session) ? { enableGracefulRestart: true } : {}),
      ...(isWatched(session) ? { bfdProfile: PROFILE } : {}),
      ...(session === "restart" && isAway ? { peerPort: DEAD_PORT } : {}),
    },
  };
}

function routes(): object[] {
  const pool = (name: string, ...addresses: readonly string[]) => ({ ...metallb("v1beta1", "IPAddressPool", name), spec: { addresses } });
  const weighedTerms = { "herald.dev/as-path-prepend": String(PREPENDED), "herald.dev/weigh-by-endpoints": "true" };
  const communities = [...COMMUNITIES, ...LARGE_COMMUNITIES.map((community) => `large:${community}`)];
  return [
    pool("plain", ROUTE, ROUTE6),
    pool("weighed", WEIGHED_ROUTE),
    pool("many", `${MANY_PREFIX}:/112`),
    {
      ...metallb("v1beta1", "BGPAdvertisement", "plain", { "herald.dev/med": String(MED) }),
      spec: { ipAddressPools: ["plain"], localPref: LOCAL_PREFERENCE, communities },
    },
    { ...metallb("v1beta1", "BGPAdvertisement", "weighed", weighedTerms), spec: { ipAddressPools: ["weighed"] } },
    {
      ...metallb("v1beta1", "BGPAdvertisement", "many"),
      spec: { ipAddressPools: ["many"], peers: ROUTERS.map((router) => `${router}-plain`) },
    },
    service("plain4", "plain"),
    service("plain6", "plain", IPV6),
    service("weighed", "weighed", { externalTrafficPolicy: "Local", selector: { app: "weighed" } }),
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "weighed", namespace: "default", labels: { "kubernetes.io/service-name": "weighed" } },
      addressType: "IPv4",
      endpoints: [1, 2, 3].map((at) => ({ addresses: [`10.244.0.${at}`], nodeName: NODE, conditions: { ready: true } })),
    },
    ...Array.from({ length: MANY }, (_, at) => service(`many-${at}`, "many", IPV6)),
  ];
}

/** Without a selector it counts as reachable everywhere. */
function service(name: string, poolName: string, more: object = {}) {
  const annotations = { "metallb.io/address-pool": poolName };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", annotations },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...more },
  };
}
