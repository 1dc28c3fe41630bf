/** BGP where the API server has a part in it: status objects, and a password in a Secret. What else routers learn is in `../cluster-wire`. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Router, routerNeeds, startRouter } from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import { BGP_STATUS, NODES, type NodeName, type SpeakerScene, type SpeakerStage, speakerTests } from "./speaker-stage.ts";

const bgp = suite("BGP in a cluster");
const behaves = speakerTests(bgp, import.meta.url, routerNeeds("bird"));

const OUR_AS = 64500;
const ROUTER_AS = 64501;
const ROUTER = "192.0.2.250";
/** Of node-a too: the router has a password for it. A kernel takes a password for all that one address sends. */
const GUARDED = "192.0.2.11";
const GUARDED_ROUTER = "192.0.2.251";
const PASSWORD = "sesame";
const VIP = "203.0.113.0";
const POOL = `${VIP}/28`;
const ADDRESSES: Readonly<Record<NodeName, string>> = { "node-a": "192.0.2.1", "node-b": "192.0.2.2", "node-c": "192.0.2.3" };

let started: Promise<Router> | undefined;

/** One for the file. */
function router({ network }: SpeakerStage): Promise<Router> {
  started ??= (async () => {
    network.addHost("router", `${ROUTER}/24`);
    network.ip("node-a", "address", "add", `${GUARDED}/24`, "dev", "eth0");
    network.ip("router", "address", "add", `${GUARDED_ROUTER}/24`, "dev", "eth0");
    const neighbor = (address: string, localAddress = ROUTER) => ({
      at: { address, localAddress },
      ...{ asNumber: OUR_AS, families: [4] as const, passive: true },
    });
    return startRouter("bird", (...command) => network.on("router", ...command), {
      asNumber: ROUTER_AS,
      routerId: ROUTER,
      neighbors: [...NODES.map((node) => neighbor(ADDRESSES[node])), { ...neighbor(GUARDED, GUARDED_ROUTER), password: PASSWORD }],
    });
  })();
  return started;
}

/** Waits until the router has a route to this prefix from exactly these nodes. */
function learns(stage: SpeakerStage, prefix: string, nodes: readonly NodeName[]): Promise<void> {
  return learnsFrom(
    stage,
    prefix,
    nodes.map((node) => ADDRESSES[node]),
  );
}

async function learnsFrom(stage: SpeakerStage, prefix: string, neighbors: readonly string[]): Promise<void> {
  const wanted = neighbors.join();
  let seen = "";
  const look = async (): Promise<true | undefined> => {
    const routes = (await (await router(stage)).routes()).filter((route) => route.prefix === prefix);
    seen = routes
      .map(({ from }) => from)
      .sort()
      .join();
    return seen === wanted || undefined;
  };
  await until(`route to ${prefix} from ${wanted || "nobody"}`, look, 40_000).catch((error: Error) => {
    throw new Error(`${error.message}: it comes from ${seen || "nobody"}`);
  });
}

async function writePeer(scene: SpeakerScene, name: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await router(scene.stage);
  const spec = { myASN: OUR_AS, peerASN: ROUTER_AS, peerAddress: ROUTER, ...more };
  await scene.configuration("metallb.io/v1beta2", "BGPPeer", name, spec);
}

async function writeAdvertisement(scene: SpeakerScene, name: string, spec: unknown = {}): Promise<void> {
  await scene.configuration("metallb.io/v1beta1", "BGPAdvertisement", name, spec);
}

async function begin(scene: SpeakerScene): Promise<void> {
  await scene.pool("routed", [POOL]);
  await writePeer(scene, "router");
}

behaves("every node announces a Service, and ServiceBGPStatus says to whom, until it is gone", async (scene, stage) => {
  await begin(scene);
  await writeAdvertisement(scene, "all");
  await scene.servedService("web");
  await learns(stage, `${VIP}/32`, NODES);
  const statuses = await scene.statuses(BGP_STATUS, "web", NODES.length);
  assert.equal(statuses.map(({ status }) => status.node).sort(), [...NODES]);
  for (const { status } of statuses) assert.equal(status.peers, ["router"]);
  await scene.deleteService("web");
  await learns(stage, `${VIP}/32`, []);
  await scene.statuses(BGP_STATUS, "web", 0);
});

behaves("an advertisement may be for some peers, and a peer's password is in a Secret", async (scene, stage) => {
  await begin(scene);
  await writePeer(scene, "guarded", {
    peerAddress: GUARDED_ROUTER,
    sourceAddress: GUARDED,
    passwordSecret: { name: "guarded" },
    nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "node-a" } }],
  });
  await writeAdvertisement(scene, "guarded", { peers: ["guarded"] });
  await scene.servedService("web");
  await scene.has("web", VIP);
  await learns(stage, `${VIP}/32`, []);
  await scene.admin.apply({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/basic-auth",
    metadata: { name: "guarded", namespace: scene.cluster.namespace },
    stringData: { password: PASSWORD },
  });
  await learnsFrom(stage, `${VIP}/32`, [GUARDED]);
  await writeAdvertisement(scene, "guarded", { peers: ["router"] });
  await learns(stage, `${VIP}/32`, NODES);
});

bgp.run();
