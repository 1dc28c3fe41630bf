/** MetalLB's record against Herald's plan: which addresses would change, and which would move to another node. */

import type { PluginDefinition } from "../../announcer.ts";
import { formatAddress, parseAddress } from "../../rules/addresses.ts";
import { isOurClass } from "../../rules/demand.ts";
import type { ServiceFact, ServiceKey } from "../../rules/vocabulary.ts";
import { metalLbOwner } from "./election.ts";
import type { Installation } from "./installation.ts";
import { listOf, type RawObjects, textOf } from "./objects.ts";
import type { AddressChange, Move, Report, RouteChange } from "./report.ts";
import type { World } from "./world.ts";

export function compareAddresses({ before, allocations }: World, { lbClass }: Installation): Report["addresses"] {
  const ours = [...before.services.values()]
    .filter((service) => service.type === "LoadBalancer" && isOurClass(service, lbClass))
    .sort(byKey);
  const having = ours.filter(({ ingress }) => ingress.length > 0);
  const outcome = (service: ServiceFact) => {
    const { vips = [], refused, cleared } = allocations.get(service.key) ?? {};
    return { service: service.key, addresses: vips, reason: (cleared ?? refused)?.message ?? "" };
  };
  const changes: AddressChange[] = having.map((service) => {
    const { addresses, reason } = outcome(service);
    return { service: service.key, before: service.ingress, after: addresses, reason };
  });
  const wanting = ours.filter(({ ingress }) => ingress.length === 0).map(outcome);
  return {
    services: having.length,
    addresses: new Set(having.flatMap(({ ingress }) => ingress)).size,
    changes: changes.filter((change) => !isSameSet(change.before.map(canonical), change.after)),
    waiting: wanting.filter(({ addresses }) => addresses.length === 0).map(({ service, reason }) => ({ service, reason })),
    served: wanting.filter(({ addresses }) => addresses.length > 0).map(({ service, addresses }) => ({ service, addresses })),
  };
}

export function compareAnnouncements(
  objects: RawObjects,
  world: World,
  installation: Installation,
  plugins: readonly PluginDefinition[],
): Report["announcements"] {
  const layer2 = recordOf(objects, "ServiceL2Status");
  const bgp = recordOf(objects, "ServiceBGPStatus");
  const names = (from: "owner" | "every-node") => new Set(plugins.filter((plugin) => plugin.from === from).map(({ name }) => name));
  const [moves, owned] = findMoves(world, installation, layer2, names("owner"));
  const basis = world.before.nodes.size === 0 ? "none" : layer2.size + bgp.size > 0 ? "record" : "rule";
  return { layer2: owned, moves, bgp: bgp.size, routes: findRouteChanges(world, bgp, names("every-node")), basis };
}

/** The moves, and how many addresses were looked at. */
function findMoves(
  { before, claims, refusals }: World,
  installation: Installation,
  record: ReadonlyMap<ServiceKey, readonly string[]>,
  announcers: ReadonlySet<string>,
): [moves: Move[], looked: number] {
  const owners = new Map(claims.filter(({ via }) => announcers.has(via)).map(({ vip, rank }) => [vip, rank[0] as string]));
  const moves: Move[] = [];
  let looked = 0;
  for (const service of [...before.services.values()].sort(byKey)) {
    if (service.type !== "LoadBalancer" || !isOurClass(service, installation.lbClass)) continue;
    const owner = record.get(service.key)?.[0] ?? metalLbOwner(service, before, installation);
    if (owner === undefined) continue;
    for (const vip of service.ingress.map(canonical)) {
      looked += 1;
      const after = owners.get(vip) ?? null;
      if (after === owner) continue;
      const own = refusals.filter((one) => one.service === service.key && (one.vip === undefined || one.vip === vip));
      const refusal = own.find(({ reason }) => reason === "noAnnouncer") ?? own.find(({ via }) => announcers.has(via));
      moves.push({ vip, service: service.key, before: owner, after, reason: whyMoved(owner, after, installation, refusal?.reason) });
    }
  }
  return [moves, looked];
}

function whyMoved(before: string, after: string | null, { speakerNodes }: Installation, refusal: string | undefined): string {
  if (after === null)
    return refusal === "noAnnouncer" ? "no plugin of this Herald announces this family" : (refusal ?? "noMatchingAdvertisement");
  if (speakerNodes?.has(after) === false) return `no speaker of MetalLB runs on ${after}, so it never was a candidate`;
  return `by the rule of both it is ${after}; MetalLB says ${before}, which may be out of date`;
}

function findRouteChanges(
  { claims }: World,
  record: ReadonlyMap<ServiceKey, readonly string[]>,
  announcers: ReadonlySet<string>,
): RouteChange[] {
  const ours = new Map<ServiceKey, Set<string>>();
  for (const { via, services, rank } of claims) {
    if (!announcers.has(via)) continue;
    for (const service of services) ours.set(service, new Set([...(ours.get(service) ?? []), ...rank]));
  }
  return [...record].flatMap(([service, nodes]) => {
    const now = ours.get(service) ?? new Set<string>();
    const lost = nodes.filter((node) => !now.has(node));
    const gained = [...now].filter((node) => !nodes.includes(node)).sort();
    return lost.length + gained.length === 0 ? [] : [{ service, lost, gained }];
  });
}

/** Which nodes MetalLB says that it announces each Service from, sorted. */
function recordOf(objects: RawObjects, kind: string): ReadonlyMap<ServiceKey, readonly string[]> {
  const nodes = new Map<ServiceKey, readonly string[]>();
  for (const { status } of objects.all(kind)) {
    const [node, name, namespace] = [status["node"], status["serviceName"], status["serviceNamespace"]].map(textOf);
    const isEmpty = kind === "ServiceBGPStatus" && listOf(status["peers"]).length === 0;
    const key = `${namespace}/${name}`;
    if (node && name && !isEmpty) nodes.set(key, [...(nodes.get(key) ?? []), node].sort());
  }
  return nodes;
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text) => b.includes(text));
}

function byKey(a: ServiceFact, b: ServiceFact): number {
  return a.key < b.key ? -1 : 1;
}
