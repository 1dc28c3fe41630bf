import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClusterObjects } from "../../host/cluster/cluster-objects.ts";
import { ManifestSet } from "../../host/cluster/manifests/manifest-set.ts";
import { Standalone } from "../../host/cluster/manifests/standalone.ts";
import { Store } from "../../host/cluster/store.ts";
import { Translated } from "../../host/cluster/translated.ts";
import type { RouteTerms } from "./advertisement.ts";
import type { BgpConfig } from "./config.ts";
import { translation } from "./translation.ts";

const translate = suite("BGP translation");

const SEED = 20_260_102;

function open() {
  const store = new Store();
  const translated = new Translated(store, [{ name: "bgp", translation }], "box");
  const objects = new ClusterObjects(new Standalone(translated, "box"), translated);
  const manifests = new ManifestSet(objects, translated.readers);
  const put = (file: string, text: string | undefined) => {
    manifests.put(file, text);
    objects.commit();
  };
  const problems = () => manifests.problems((file) => file).map(({ object, path }) => `${object} ${path}`);
  const peers = () => (translated.config("bgp") as BgpConfig).peers.map(({ name }) => name);
  const communities = (name: string) =>
    (store.snapshot().advertisements.find((fact) => fact.name === name)?.attributes[name] as RouteTerms | undefined)?.communities;
  const result = () => ({ config: translated.config("bgp"), advertisements: store.snapshot().advertisements, problems: problems() });
  return { put, problems, peers, communities, result };
}

const peer = (spec: string, version = "v1beta2", name = "tor") =>
  `{apiVersion: metallb.io/${version}, kind: BGPPeer, metadata: {name: ${name}}, spec: {myASN: 64512, peerASN: 64513, ${spec}}}`;
const secret = (type: string, password: string) =>
  `{apiVersion: v1, kind: Secret, metadata: {name: md5}, type: ${type}, stringData: {password: "${password}"}}`;
const pool = (name: string, address: string, labels = "") =>
  `{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: ${name}, labels: {${labels}}}, spec: {addresses: [${address}]}}`;
const community = (name: string, alias: string, value: string) =>
  `{apiVersion: metallb.io/v1beta1, kind: Community, metadata: {name: ${name}}, spec: {communities: [{name: ${alias}, value: "${value}"}]}}`;
const advertisement = (name: string, spec: string) =>
  `{apiVersion: metallb.io/v1beta1, kind: BGPAdvertisement, metadata: {name: ${name}}, spec: {${spec}}}`;
const profile = (name: string, spec = "") =>
  `{apiVersion: metallb.io/v1beta1, kind: BFDProfile, metadata: {name: ${name}}, spec: {${spec}}}`;

translate("two peers at one address stand in each other's way on a node that has both, and on no other", () => {
  const { put, peers, problems } = open();
  const node = (name: string, rack: string) => `{apiVersion: v1, kind: Node, metadata: {name: ${name}, labels: {rack: "${rack}"}}}`;
  put("nodes.yaml", `${node("box", "1")}\n---\n${node("other", "2")}`);
  put("a.yaml", peer('peerAddress: 192.0.2.1, nodeSelectors: [{matchLabels: {rack: "2"}}]', "v1beta2", "a"));
  put("b.yaml", peer("peerAddress: 192.0.2.1", "v1beta2", "b"));
  assert.equal([peers(), problems()], [["b"], []]);
  put("nodes.yaml", `${node("box", "2")}\n---\n${node("other", "2")}`);
  assert.equal([peers(), problems()], [["a"], ["BGPPeer b spec.peerAddress"]]);
});

translate("a peer is there once its Secret is right, and no longer", () => {
  const { put, peers, problems } = open();
  put("peer.yaml", peer("peerAddress: 192.0.2.1, passwordSecret: {name: md5}"));
  const wrong = ["BGPPeer tor spec.passwordSecret.name"];
  assert.equal([peers(), problems()], [[], wrong]);
  put("secret.yaml", secret("Opaque", "hush"));
  assert.equal([peers(), problems()], [[], wrong]);
  put("secret.yaml", secret("kubernetes.io/basic-auth", ""));
  assert.equal([peers(), problems()], [[], wrong]);
  put("secret.yaml", secret("kubernetes.io/basic-auth", "hush"));
  assert.equal([peers(), problems()], [["tor"], []]);
  put("secret.yaml", undefined);
  assert.equal([peers(), problems()], [[], wrong]);
});

translate("a password is in no problem and no advertisement", () => {
  const { put, result } = open();
  put("a.yaml", peer("peerAddress: 192.0.2.1, passwordSecret: {name: md5}, password: hush"));
  put("b.yaml", peer("peerAddress: 192.0.2.2, password: 4711", "v1beta2", "number"));
  put("c.yaml", secret("kubernetes.io/basic-auth", "hush"));
  put("d.yaml", `${secret("kubernetes.io/basic-auth", "hush")}: {`);
  const { problems } = result();
  assert.is(problems.length, 3);
  assert.not.match(JSON.stringify(result()), /hush|4711/);
});

translate("both versions are one peer; a wrong edit leaves the last good one", () => {
  const { put, result, problems } = open();
  put("a.yaml", peer("peerAddress: 192.0.2.1", "v1beta1"));
  const before = result().config;
  put("a.yaml", peer("peerAddress: 192.0.2.1"));
  assert.is(result().config, before, "no news");
  put("a.yaml", peer("peerAddress: nonsense"));
  assert.equal([result().config, problems()], [before, ["BGPPeer tor spec.peerAddress"]]);
});

translate("an advertisement keeps its communities when their Community goes", () => {
  const { put, communities, problems } = open();
  put("pool.yaml", pool("p", "192.0.2.0/28"));
  put("a.yaml", advertisement("all", "communities: [web]"));
  assert.equal([communities("all"), problems()], [undefined, ["BGPAdvertisement all spec.communities[0]"]]);
  put("c.yaml", community("names", "web", "65000:1"));
  assert.equal([communities("all"), problems()], [["65000:1"], []]);
  put("c.yaml", undefined);
  assert.equal([communities("all"), problems()], [["65000:1"], ["BGPAdvertisement all spec.communities[0]"]]);
  put("c.yaml", community("names", "web", "65000:2"));
  assert.equal([communities("all"), problems()], [["65000:2"], []]);
});

translate("what is wrong with a peer is told on the nodes that it selects", () => {
  const { put, problems } = open();
  const node = (labels: string) => `{apiVersion: v1, kind: Node, metadata: {name: box, labels: {${labels}}}}`;
  put("node.yaml", node("rack: b"));
  put("peer.yaml", peer("peerAddress: 192.0.2.1, bfdProfile: none, nodeSelectors: [{matchLabels: {rack: a}}]"));
  assert.equal(problems(), []);
  put("node.yaml", node("rack: a"));
  assert.equal(problems(), ["BGPPeer tor spec.bfdProfile"]);
});

/** Each file has a few texts that it may have, or is not there. Communities that are named are always given, as their loss has a memory. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  "names.yaml": [community("names", "web", "65000:1"), community("names", "web", "65000:2")],
  "a.yaml": [
    peer("peerAddress: 192.0.2.1"),
    peer("peerAddress: 192.0.2.1, bfdProfile: fast", "v1beta1"),
    peer("interface: eth0, peerAddress: null"),
  ],
  "b.yaml": [peer("peerAddress: 192.0.2.1", "v1beta2", "alter"), peer("peerAddress: 192.0.2.2, bfdProfile: slow", "v1beta2", "zwei")],
  "c.yaml": [peer("peerAddress: 192.0.2.3, passwordSecret: {name: md5}, nodeSelectors: [{matchLabels: {rack: a}}]", "v1beta2", "guarded")],
  "secret.yaml": [secret("kubernetes.io/basic-auth", "x"), secret("Opaque", "x")],
  "profiles.yaml": [profile("fast"), profile("slow", "echoMode: true")],
  "home.yaml": [pool("home", "192.0.2.0/28"), pool("home", "192.0.2.0/29", "kind: lab")],
  "lab.yaml": [pool("lab", "198.51.100.0/24", "kind: lab"), pool("lab", "2001:db8::/64")],
  "one.yaml": [advertisement("one", "communities: [web], localPref: 5"), advertisement("one", "localPref: 6, ipAddressPools: [home]")],
  "two.yaml": [advertisement("two", "aggregationLength: 24"), advertisement("two", "ipAddressPoolSelectors: [{matchLabels: {kind: lab}}]")],
  "node.yaml": [
    "{apiVersion: v1, kind: Node, metadata: {name: box, labels: {rack: a}}}",
    "{apiVersion: v1, kind: Node, metadata: {name: other}}",
  ],
};

const edit = fc.constantFrom(...Object.keys(FILES)).chain((file) => {
  const texts = FILES[file] as readonly string[];
  return fc.constantFrom(...texts, ...(file === "names.yaml" ? [] : [undefined])).map((text) => ({ file, text }));
});

translate("any order of edits ends where a fresh start would", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 25 }), (edits) => {
      const start = { file: "names.yaml", text: FILES["names.yaml"]?.[0] };
      const lived = open();
      const last = new Map<string, string | undefined>();
      for (const { file, text } of [start, ...edits]) {
        lived.put(file, text);
        last.set(file, text);
      }
      const fresh = open();
      for (const [file, text] of [...last].reverse()) if (text !== undefined) fresh.put(file, text);
      assert.equal(lived.result(), fresh.result());
    }),
    { numRuns: 150, seed: SEED },
  );
});

translate.run();
