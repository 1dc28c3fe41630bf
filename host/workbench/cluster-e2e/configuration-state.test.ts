/**
 * What controller and speakers say of the configuration: of MetalLB's end-to-end suite `configurationstate.go`, with its words where it compares
 * them, and what `webhooks.go` has refused that needs more than one object. Herald says all that is wrong at once, and goes on with the rest.
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeNode } from "../api-server/objects.ts";
import { STATE } from "./scene.ts";
import { NODES, type NodeName, type SpeakerScene, speakerTests } from "./speaker-stage.ts";

const state = suite("configuration state");
const behaves = speakerTests(state, import.meta.url);

const PEER = "metallb.io/v1beta2";
const LIMIT_MS = 20_000;

type Component = "controller" | NodeName;

/** Waits until a component says this, or that all is well; `text`: the whole of it, with MetalLB's prefix left out. */
async function says(scene: SpeakerScene, component: Component, text?: string | RegExp): Promise<void> {
  const name = `${scene.cluster.namespace}/${component === "controller" ? component : `speaker-${component}`}`;
  const fits = (said: string): boolean => {
    if (text === undefined) return said === "";
    return typeof text === "string" ? said === `configuration error: ${text}` : text.test(said);
  };
  await scene.admin.until(
    STATE,
    name,
    String(text ?? "Valid"),
    ({ status }) => status.result === (text === undefined ? "Valid" : "Invalid") && fits(status.errorSummary ?? ""),
    LIMIT_MS,
  );
}

async function allSay(scene: SpeakerScene, text?: string | RegExp): Promise<void> {
  for (const node of NODES) await says(scene, node, text);
}

async function writePeer(scene: SpeakerScene, name: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const peerAddress = `192.0.2.${200 + name.length}`;
  await scene.configuration(PEER, "BGPPeer", name, { myASN: 64500, peerASN: 64501, peerAddress, ...more });
}

const onNode = (node: NodeName) => ({ nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": node } }] });

behaves("of a configuration that is right all say Valid", async (scene) => {
  await scene.pool("local", ["192.0.2.10-192.0.2.12"]);
  await scene.l2Advertisement("all");
  await writePeer(scene, "peer");
  await scene.configuration("metallb.io/v1beta1", "BGPAdvertisement", "all", {});
  await says(scene, "controller");
  await allSay(scene);
});

behaves("a Secret of the wrong type is told by the speaker of the peer's node alone, until it is repaired", async (scene) => {
  await writePeer(scene, "peer", { passwordSecret: { name: "secret" }, ...onNode("node-a") });
  const metadata = { name: "secret", namespace: scene.cluster.namespace };
  const secret = { apiVersion: "v1", kind: "Secret", metadata, stringData: { password: "sesame" } };
  await scene.admin.apply({ ...secret, type: "Opaque" });
  await says(scene, "node-a", /^configuration error: .*peer.* secret type mismatch on "metallb-system"\/"secret"/s);
  await says(scene, "node-b");
  await says(scene, "node-c");
  await scene.admin.delete("v1/Secret", `${metadata.namespace}/secret`);
  await scene.admin.apply({ ...secret, type: "kubernetes.io/basic-auth" });
  await says(scene, "node-a");
});

behaves(
  "a BFD profile that is missing is told until it is there, and again when it is deleted; the controller is content",
  async (scene) => {
    await writePeer(scene, "peer", { bfdProfile: "fast" });
    const missing = "peer peer referencing non existing bfd profile fast";
    await allSay(scene, missing);
    await scene.configuration("metallb.io/v1beta1", "BFDProfile", "fast", {});
    await allSay(scene);
    await scene.admin.delete("metallb.io/v1beta1/BFDProfile", `${scene.cluster.namespace}/fast`);
    await allSay(scene, missing);
    await says(scene, "controller");
  },
);

behaves("a community's name that nothing gives is told until a Community gives it", async (scene) => {
  await scene.pool("local", ["192.0.2.10-192.0.2.12"]);
  await scene.configuration("metallb.io/v1beta1", "BGPAdvertisement", "named", { communities: ["vpn"] });
  await allSay(scene, /invalid community "vpn" in BGP advertisement/);
  await scene.configuration("metallb.io/v1beta1", "Community", "names", { communities: [{ name: "vpn", value: "64500:1" }] });
  await allSay(scene);
});

behaves("of two bad peers both are told, and each only until it is repaired", async (scene) => {
  await writePeer(scene, "a", { bfdProfile: "fast" });
  await writePeer(scene, "bb", { bfdProfile: "slow" });
  await allSay(scene, /peer a .*fast.*peer bb .*slow/s);
  await writePeer(scene, "a");
  await allSay(scene, "peer bb referencing non existing bfd profile slow");
  await writePeer(scene, "bb");
  await allSay(scene);
});

behaves("peers with one address collide on a node that is both's, and on no other", async (scene) => {
  const peerAddress = "192.0.2.200";
  await writePeer(scene, "a", { peerAddress, nodeSelectors: [{ matchLabels: { rack: "1" } }] });
  await writePeer(scene, "b", { peerAddress });
  await allSay(scene);
  await writeNode(scene.admin, "node-a", { addresses: ["192.0.2.1"], labels: { rack: "1" } });
  await says(scene, "node-a", /already exists/);
  await says(scene, "node-b");
  await writeNode(scene.admin, "node-a", { addresses: ["192.0.2.1"] });
  await allSay(scene);
});

behaves("an aggregate longer than its pool is told", async (scene) => {
  await scene.pool("local", ["192.0.2.16/28"]);
  await scene.configuration("metallb.io/v1beta1", "BGPAdvertisement", "wide", { aggregationLength: 26 });
  await allSay(scene, /BGPAdvertisement wide|invalid aggregation length 26/);
  await scene.configuration("metallb.io/v1beta1", "BGPAdvertisement", "wide", { aggregationLength: 28 });
  await allSay(scene);
});

behaves("a community's name that two Communities give is told", async (scene) => {
  await scene.configuration("metallb.io/v1beta1", "Community", "one", { communities: [{ name: "vpn", value: "64500:1" }] });
  await scene.configuration("metallb.io/v1beta1", "Community", "two", { communities: [{ name: "vpn", value: "64500:2" }] });
  await allSay(scene, /duplicate definition of community/);
  await scene.admin.delete("metallb.io/v1beta1/Community", `${scene.cluster.namespace}/two`);
  await allSay(scene);
});

behaves("what was said is said again when the objects are deleted", async (scene) => {
  await writePeer(scene, "peer", { bfdProfile: "fast" });
  const missing = "peer peer referencing non existing bfd profile fast";
  await allSay(scene, missing);
  for (const { metadata } of await scene.admin.list(STATE, scene.cluster.namespace)) {
    await scene.admin.delete(STATE, `${metadata.namespace}/${metadata.name}`);
  }
  await allSay(scene, missing);
  await says(scene, "controller");
  const [first] = await scene.admin.list(STATE, scene.cluster.namespace);
  assert.ok(first?.metadata["labels"]["metallb.io/component-type"]);
});

state.run();
