/** Which nodes may own a VIP by what their speakers say of themselves, and by being cordoned. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { indexPlan, type PlanOptions, planService } from "./plan.ts";
import type { Advertisement, AnnouncerFact, NodeFact, ServiceFact, SpeakerFact } from "./vocabulary.ts";

const candidates = suite("candidates");

const VIP = "192.0.2.10";
const ANNOUNCERS: readonly AnnouncerFact[] = [
  { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } },
  { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4] } },
];
const speaker = (parts: Partial<SpeakerFact> = {}): Partial<NodeFact> => ({
  speaker: { links: ["eth0"], macs: [], isLeaving: false, isSilent: false, ...parts },
});
const silent = speaker({ isSilent: true });

interface Cluster {
  readonly parts?: Partial<Advertisement>;
  readonly options?: PlanOptions;
  readonly service?: Partial<ServiceFact>;
  /** Where endpoints are; else everywhere. */
  readonly endpoints?: string;
}

/** `arp cba`, then `a speakerSilent`, with nodes a, b, c; by MetalLB's vectors the order is c, b, a. What bgp has is told where it is not all. */
function show(nodes: readonly [Partial<NodeFact>, Partial<NodeFact>, Partial<NodeFact>], cluster: Cluster = {}): string {
  const { parts = {}, options = {}, service = {}, endpoints } = cluster;
  const snapshot = {
    services: new Map([["default/web", serviceFact("web", { ingress: [VIP], ...service })]]),
    endpoints: new Map(
      endpoints === undefined ? [] : [["default/web", [...endpoints].map((name) => ({ nodeName: `node-${name}`, servable: true }))]],
    ),
    nodes: new Map(nodes.map((each, at) => nodeFact(`node-${"abc"[at]}`, each)).map((node) => [node.name, node])),
    pools: new Map([["home", poolFact("home", ["192.0.2.0/24"])]]),
    advertisements: [advertisementFact("l2", parts), advertisementFact("bgp", { ...parts, kind: "BGPAdvertisement" })],
  };
  const { claims, refused } = planService(indexPlan(snapshot, ANNOUNCERS, rankOracle, options), snapshot, "default/web");
  const short = (name: string) => name.replace("node-", "");
  return [
    ...claims.map(({ via, rank }) => `${via} ${rank.map(short).join("")}`),
    ...refused.map(({ via, node, reason }) => `${via === "arp" ? "" : `${via} `}${short(node)} ${reason}`),
  ]
    .filter((line) => line !== "bgp abc")
    .join(", ");
}

candidates("a node whose speaker nothing is known of is one", () => {
  assert.is(show([{}, {}, {}]), "arp cba");
  assert.is(show([{}, speaker(), {}]), "arp cba");
});

candidates("a node whose speaker leaves is none, for routes it is", () => {
  assert.is(show([{}, {}, speaker({ isLeaving: true })]), "arp ba, c speakerLeaving");
});

candidates("a node whose speaker is silent is none, unless all others are too", () => {
  assert.is(show([{}, {}, silent]), "arp ba, c speakerSilent");
  assert.is(show([silent, speaker(), silent]), "arp b, a speakerSilent, c speakerSilent");
  assert.is(show([silent, silent, silent]), "arp cba");
  assert.is(show([silent, speaker({ isLeaving: true }), silent]), "arp ca, b speakerLeaving", "who leaves is not heard of for long");
});

candidates("all others means those that reach the Service", () => {
  const local = { service: { externalTrafficPolicy: "Local" }, endpoints: "ac" } as const;
  assert.is(show([silent, {}, silent], local), "arp ca, bgp ac, b noLocalEndpoints, bgp b noLocalEndpoints");
  assert.is(show([silent, {}, {}], local), "arp c, bgp ac, b noLocalEndpoints, a speakerSilent, bgp b noLocalEndpoints");
});

candidates("a silent node keeps the weight that it is preferred by", () => {
  const parts = { preferences: [{ weight: 1, selector: { matchLabels: { x: "1" } } }] };
  const preferred = { ...silent, labels: { x: "1" } };
  assert.is(show([preferred, silent, silent], { parts }), "arp acb");
});

candidates("a node needs one of the interfaces that advertisements list, or any", () => {
  const none = speaker({ links: [] });
  const other = speaker({ links: ["eth1", "eth2"] });
  assert.is(show([none, other, speaker()]), "arp cb, a noUsableInterface");
  assert.is(show([none, other, {}], { parts: { interfaces: ["eth0"] } }), "arp c, a noListedInterface, b noListedInterface");
  assert.is(show([none, other, speaker()], { parts: { interfaces: ["eth0", "eth2"] } }), "arp cb, a noListedInterface");
});

candidates("where no node has one of them, that is said by the owner", () => {
  const other = speaker({ links: ["eth1"] });
  const parts = { interfaces: ["eth7"] };
  assert.is(show([other, other, other], { parts }), "arp cba");
  assert.is(show([other, other, speaker({ links: ["eth7"], isLeaving: true })], { parts }), "arp ba, c speakerLeaving");
  const none = speaker({ links: [] });
  assert.is(show([none, none, none]), "arp cba");
});

candidates("a cordoned node is one, unless a flag says otherwise", () => {
  const cordoned = { isUnschedulable: true } as const;
  assert.is(show([{}, {}, cordoned]), "arp cba");
  assert.is(show([{}, {}, cordoned], { options: { honorCordon: true } }), "arp ba, bgp ab, c nodeCordoned, bgp c nodeCordoned");
});

candidates("a drained node is none, for routes neither; a speaker may know better of its own", () => {
  const draining = { isDraining: true } as const;
  const without = "arp ba, bgp ab, c nodeDraining, bgp c nodeDraining";
  assert.is(show([{}, {}, draining]), without);
  assert.is(show([{}, {}, draining], { options: { isDrained: () => false } }), "arp cba");
  assert.is(show([{}, {}, {}], { options: { isDrained: ({ name }) => name.endsWith("c") } }), without);
});

candidates.run();
