/**
 * Where Herald behaves otherwise than MetalLB with this very configuration. Each check looks at one thing and gives nothing where the
 * configuration has none of it. What is the same everywhere, or nowhere to be seen, is not said.
 */

import type { PluginDefinition } from "../../announcer.ts";
import { problemText } from "../../observe/problem-text.ts";
import { readSharingKey } from "../../rules/demand.ts";
import type { ServiceFact } from "../../rules/vocabulary.ts";
import { bgpDifferences } from "./bgp-differences.ts";
import type { Installation } from "./installation.ts";
import { linkDifferences } from "./link-differences.ts";
import { listOf, type RawObjects, rawOf, textOf } from "./objects.ts";
import type { Difference } from "./report.ts";
import type { World } from "./world.ts";

export interface Scene {
  readonly objects: RawObjects;
  readonly world: World;
  readonly installation: Installation;
  readonly plugins: readonly PluginDefinition[];
}

type Check = (scene: Scene) => readonly Difference[];

const CHECKS: readonly Check[] = [
  refusedObjects,
  otherNamespaces,
  linkDifferences,
  bgpDifferences,
  otherBalancers,
  strictArp,
  sharedAddresses,
  poolOrder,
  memberlist,
  sickNodes,
  loadBalancerClass,
];

const LEVELS: readonly Difference["level"][] = ["blocks", "differs", "note"];

/** The most serious first. */
export function findDifferences(scene: Scene): readonly Difference[] {
  const found = CHECKS.flatMap((check) => check(scene));
  return LEVELS.flatMap((level) => found.filter((difference) => difference.level === level));
}

function refusedObjects({ world: { problems } }: Scene): Difference[] {
  if (problems.length === 0) return [];
  return problems.map((problem) => ({
    ...{ level: "blocks", about: "An object that Herald does not take", objects: [problem.object] },
    metallb: "takes it, or refuses all of its configuration because of it",
    herald: problemText(problem),
    advice: "Mend it before the change; until then Herald goes on without it, and all the others count.",
  }));
}

function otherNamespaces({ objects, installation: { namespace } }: Scene): Difference[] {
  const kinds = ["IPAddressPool", "L2Advertisement", "BGPAdvertisement", "BGPPeer"];
  const elsewhere = kinds
    .flatMap((kind) => objects.all(kind))
    .filter((object) => object.namespace !== namespace && object.namespace !== "");
  if (elsewhere.length === 0) return [];
  return [
    {
      ...{ level: "note", about: "Resources in other namespaces" },
      objects: elsewhere.map(({ kind, namespace: where, name }) => `${kind} ${where}/${name}`),
      metallb: `reads ${namespace} only`,
      herald: "the same",
    },
  ];
}

function otherBalancers({ objects, installation: { lbClass } }: Scene): Difference[] {
  const svcLb = objects.all("DaemonSet").filter(({ labels }) => "svccontroller.k3s.cattle.io/svcname" in labels);
  if (svcLb.length === 0 || lbClass !== undefined) return [];
  return [
    {
      ...{ level: "blocks", about: "ServiceLB of k3s", objects: svcLb.map(({ namespace, name }) => `DaemonSet ${namespace}/${name}`) },
      metallb: "fights with it over the status of Services",
      herald: "gives out and announces nothing as long as it is there",
      advice: "Restart each k3s server with --disable=servicelb.",
    },
  ];
}

function strictArp({ objects }: Scene): Difference[] {
  const config = textOf(rawOf(objects.get("ConfigMap", "kube-system", "kube-proxy")?.whole["data"])["config.conf"]);
  if (!/^mode:\s*["']?ipvs/m.test(config) || /^\s+strictARP:\s*true/m.test(config)) return [];
  return [
    {
      ...{ level: "blocks", about: "IPVS without strictARP", objects: ["ConfigMap kube-system/kube-proxy"] },
      metallb: "announces, while the kernel of every node answers for every address, too",
      herald: "announces nothing at layer 2 on such a node",
      advice: "Set ipvs.strictARP to true in that ConfigMap, and run: kubectl -n kube-system rollout restart daemonset kube-proxy",
    },
  ];
}

function sharedAddresses({ world: { before } }: Scene): Difference[] {
  const users = new Map<string, string[]>();
  for (const { key, ingress } of before.services.values()) for (const vip of ingress) users.set(vip, [...(users.get(vip) ?? []), key]);
  const shared = [...users].filter(([, keys]) => keys.length > 1);
  if (shared.length === 0) return [];
  const keyless = shared.flatMap(([, keys]) => keys).filter((key) => isKeyless(before.services.get(key)));
  return [
    {
      ...{ level: keyless.length > 0 ? "blocks" : "note", about: "Addresses that Services share" },
      objects: shared.map(([vip, keys]) => `${vip} of ${keys.sort().join(", ")}`),
      metallb: "lets Services with the same key share, on one node, with separate ports",
      herald: keyless.length > 0 ? `the same; without a key: ${keyless.join(", ")}` : "the same",
    },
  ];
}

function isKeyless(service: ServiceFact | undefined): boolean {
  return service === undefined || readSharingKey(service) === "";
}

function poolOrder({ world: { before } }: Scene): Difference[] {
  const open = [...before.pools.values()].filter(({ autoAssign, allocation }) => autoAssign && allocation === undefined);
  if (open.length < 2) return [];
  return [
    {
      ...{ level: "note", about: "Which pool a new Service gets", objects: open.map(({ name }) => `IPAddressPool ${name}`) },
      metallb: "takes any of them, at random",
      herald: "takes the first by name that has room; Services that have an address keep it",
    },
  ];
}

function memberlist({ objects, installation: { namespace } }: Scene): Difference[] {
  const secrets = objects.all("Secret").filter((secret) => secret.namespace === namespace && /(^|-)memberlist$/.test(secret.name));
  const config = objects.get("ConfigMap", namespace, "metallb-memberlist-config");
  const found = [...secrets, ...(config === undefined ? [] : [config])];
  if (found.length === 0) return [];
  return [
    {
      ...{ level: "note", about: "Membership of speakers", objects: found.map(({ kind, name }) => `${kind} ${namespace}/${name}`) },
      metallb: "speakers gossip on port 7946, with that key",
      herald: "has no gossip and needs neither the key nor the port",
      advice: "Delete them when MetalLB is gone for good.",
    },
  ];
}

function sickNodes({ objects, installation: { speakerNodes } }: Scene): Difference[] {
  const isReady = (status: unknown) =>
    listOf(rawOf(status)["conditions"]).some((one) => rawOf(one)["type"] === "Ready" && rawOf(one)["status"] === "True");
  const sick = objects.all("Node").filter(({ status }) => listOf(status["conditions"]).length > 0 && !isReady(status));
  const without = objects.all("Node").filter(({ name }) => speakerNodes?.has(name) === false);
  return [
    ...(sick.length === 0
      ? []
      : [
          {
            ...({ level: "note", about: "Nodes that are not Ready", objects: sick.map(({ name }) => `Node ${name}`) } as const),
            metallb: "minds only whether its speaker there still gossips",
            herald: "minds only NetworkUnavailable and the label exclude-from-external-load-balancers: such a node keeps what it owns",
          },
        ]),
    ...(without.length === 0
      ? []
      : [
          {
            ...({ level: "differs", about: "Nodes without a speaker", objects: without.map(({ name }) => `Node ${name}`) } as const),
            metallb: "elects among nodes with a running speaker",
            herald: "ranks every Node that advertisements select, so a speaker has to run on each of them",
            advice: "Let Herald's DaemonSet run there, or leave these nodes out by nodeSelectors in the advertisements.",
          },
        ]),
  ];
}

function loadBalancerClass({ world: { before }, installation: { lbClass } }: Scene): Difference[] {
  const others = [...before.services.values()].filter(({ type, loadBalancerClass: own }) => type === "LoadBalancer" && own !== lbClass);
  if (others.length === 0) return [];
  return [
    {
      ...{ level: "note", about: "Services of another loadBalancerClass", objects: others.map(({ key }) => `Service ${key}`).sort() },
      metallb: "leaves them alone",
      herald: "the same, with the same --lb-class",
    },
  ];
}
