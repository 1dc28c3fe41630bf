/** What a Service asks of the allocator: families, a pool, addresses, and with whom it would share. */

import { type Address, familyName, formatAddress, parseAddress } from "./addresses.ts";
import { readAnnotation, SERVICE_ANNOTATIONS } from "./annotations.ts";
import type { Family, ServiceFact } from "./vocabulary.ts";

const NO_POOLS: readonly string[] = Object.freeze([]);

/** A message for people, and the word that MetalLB uses for it in its events and logs. */
export interface Said {
  readonly reason: string;
  readonly message: string;
}

/** What it takes for two Services to be at one address. */
export interface SharingTerms {
  /** Services whose group is equal and not undefined may share. */
  readonly group: string | undefined;
  /** `TCP/80`; no port twice at one address. */
  readonly ports: readonly string[];
}

/** All that a Service asks for. */
export interface Demand {
  /** One, or two with the primary first. */
  readonly families: readonly Family[];
  /** With two families: one alone is better than nothing (PreferDualStack). */
  readonly oneIsEnough: boolean;
  readonly terms: SharingTerms;
  /** Names of the pools asked for: none, one or two. */
  readonly pools: readonly string[];
  /** The addresses asked for, one of each family; empty: any. */
  readonly addresses: readonly Address[];
  /** Why the request makes no sense; then it asks for no pool and no address. */
  readonly nonsense?: string;
}

/** Is this a Service whose status is ours to write? `loadBalancerClass` as in the flag `--lb-class`, empty by default. */
export function isOurClass(service: ServiceFact, loadBalancerClass: string | undefined): boolean {
  return (service.loadBalancerClass ?? "") === (loadBalancerClass ?? "");
}

/** The sharing key; empty: shares with nobody. */
export function readSharingKey(service: ServiceFact): string {
  return readAnnotation(service.annotations, SERVICE_ANNOTATIONS.sharingKey);
}

/** Reads a Service; where not even its families are clear, says why. */
export function readDemand(service: ServiceFact): Demand | Said {
  const requested = readRequest(service);
  const families = readFamilies(service, typeof requested === "string" ? [] : requested);
  if ("reason" in families) return families;
  const basics = { families, oneIsEnough: service.ipFamilyPolicy === "PreferDualStack", terms: readSharingTerms(service) };
  const pools = readPools(service);
  const nonsense = typeof requested === "string" ? requested : (checkRequest(requested, families) ?? checkPools(pools));
  return nonsense === undefined
    ? { ...basics, pools, addresses: requested as readonly Address[] }
    : { ...basics, pools: [], addresses: [], nonsense };
}

/**
 * The families of the cluster IPs.
 *
 * Deviation: MetalLB refuses a Service without cluster IPs. A box without Kubernetes has none; there `ipFamilies`
 * counts, else the addresses asked for, else IPv4, and a dual-stack policy adds the other family.
 */
function readFamilies(service: ServiceFact, requested: readonly Address[]): readonly Family[] | Said {
  const { clusterIPs, ipFamilies, ipFamilyPolicy } = service;
  if (clusterIPs.length === 0) {
    const given = ipFamilies.length > 0 ? ipFamilies : requested.map(({ family }) => family);
    const primary = given[0] ?? 4;
    return ipFamilyPolicy === "SingleStack" && given.every((family) => family === primary) ? [primary] : withOther(primary);
  }
  const families = clusterIPs.map((text) => parseAddress(text)?.family).filter((family) => family !== undefined);
  if (new Set(families).size < clusterIPs.length) {
    const message = `Service has cluster IPs ${clusterIPs.join(", ")}, expected one address or one of each family`;
    return { reason: "noclusterIPsIPFamily", message };
  }
  if (ipFamilyPolicy === "RequireDualStack" && families.length < 2) {
    const message = `Service requires dual stack and has only cluster IP ${clusterIPs[0]}, expected two`;
    return { reason: "not enough clusterips", message };
  }
  // Deviation: with one cluster IP, MetalLB gives a PreferDualStack Service a second address and takes it back, in
  // turns. The second would lead nowhere, so it is never given.
  return families.length === 2 ? withOther(ipFamilies[0] ?? 4) : families;
}

function withOther(primary: Family): readonly Family[] {
  return primary === 4 ? [4, 6] : [6, 4];
}

function checkRequest(addresses: readonly Address[], families: readonly Family[]): string | undefined {
  const asked = addresses.map(({ family }) => family);
  const fits = asked.length === families.length && families.every((family) => asked.includes(family));
  if (asked.length === 0 || fits) return undefined;
  const wanted = families.map((family) => `one ${familyName(family)} address`).join(" and ");
  return `Service asks for ${addresses.map(formatAddress).join(", ")}, expected ${wanted}, as its families are`;
}

/** Beyond MetalLB: two pools, one for each family. Most Services name none, and share the one empty list. */
function readPools({ annotations }: ServiceFact): readonly string[] {
  const text = readAnnotation(annotations, SERVICE_ANNOTATIONS.pool);
  return text === "" ? NO_POOLS : [...new Set(text.split(",").map((name) => name.trim()))];
}

function checkPools(names: readonly string[]): string | undefined {
  return names.length > 2 ? `Service asks for pools ${names.join(", ")}, expected one or two` : undefined;
}

function readSharingTerms(service: ServiceFact): SharingTerms {
  const key = readSharingKey(service);
  const ports = service.ports.map(({ protocol, port }) => `${protocol}/${port}`);
  return { group: key === "" ? undefined : JSON.stringify([key, backendKey(service)]), ports };
}

/**
 * Services with policy Local answer only where their endpoints are, so they share only with those that have the same
 * endpoints. An empty selector counts as policy Cluster, as in MetalLB.
 */
function backendKey({ externalTrafficPolicy, selector = {} }: ServiceFact): string {
  if (externalTrafficPolicy === "Cluster") return "";
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
}

/** The addresses asked for, in the order IPv4, IPv6; or what is wrong. */
function readRequest(service: ServiceFact): readonly Address[] | string {
  const listed = readAnnotation(service.annotations, SERVICE_ANNOTATIONS.addresses);
  const single = service.loadBalancerIP ?? "";
  if (listed === "" && single === "") return [];
  if (listed !== "" && single !== "") {
    return `Service has both annotation loadBalancerIPs (${listed}) and spec.loadBalancerIP (${single}), expected one of them`;
  }
  const texts = (listed || single).split(",").map((text) => text.trim());
  const addresses = texts.map(parseAddress);
  const bad = addresses.indexOf(undefined);
  if (bad >= 0) return `Service asks for "${texts[bad]}", expected an IP address`;
  const known = (addresses as Address[]).sort((a, b) => a.family - b.family);
  if (new Set(known.map(({ family }) => family)).size < known.length) {
    return `Service asks for ${known.map(formatAddress).join(", ")}, expected at most one address of each family`;
  }
  return known;
}
