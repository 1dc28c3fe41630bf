import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClusterObjects } from "./cluster-objects.ts";
import { parseDocument } from "./manifests/parse-document.ts";
import { Standalone } from "./manifests/standalone.ts";
import type { ClusterObject } from "./objects/project.ts";
import { Store } from "./store.ts";

const objects = suite("cluster-objects");

function read(text: string): ClusterObject {
  const { found, problems } = parseDocument(text);
  assert.equal(problems, []);
  return found[0]?.object as ClusterObject;
}

function service(name: string, more = ""): ClusterObject {
  return read(`{apiVersion: v1, kind: Service, metadata: {name: ${name}}${more}}`);
}

function slice(name: string, of: string, endpoints: string): ClusterObject {
  return read(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${of}}}
endpoints: [${endpoints}]
`);
}

function pool(name: string, ...addresses: readonly string[]): ClusterObject {
  return read(
    `{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: ${name}}, spec: {addresses: [${addresses.join(", ")}]}}`,
  );
}

function blocksInForce(store: Store): Record<string, number> {
  return Object.fromEntries([...store.snapshot().pools].map(([name, { blocks }]) => [name, blocks.length]));
}

objects("slices of a Service are merged, and follow their label", () => {
  const store = new Store();
  const all = new ClusterObjects(store);
  all.put(slice("s-1", "web", "{addresses: [10.0.0.1], nodeName: a}"));
  all.put(slice("s-2", "web", "{addresses: [10.0.0.1], nodeName: a}, {addresses: [10.0.0.2], nodeName: b, conditions: {ready: false}}"));
  assert.equal(store.snapshot().endpoints.get("default/web"), [
    { nodeName: "a", servable: true },
    { nodeName: "b", servable: false },
  ]);
  all.put(slice("s-2", "other", "{addresses: [10.0.0.2], nodeName: b}"));
  assert.equal(store.snapshot().endpoints.get("default/web"), [{ nodeName: "a", servable: true }]);
  assert.equal(store.snapshot().endpoints.get("default/other"), [{ nodeName: "b", servable: true }]);
  all.remove({ kind: "EndpointSlice", key: "default/s-1" });
  assert.equal([...store.snapshot().endpoints.keys()], ["default/other"]);
});

objects("what a speaker says of itself is part of its node's fact, in whatever order both come", () => {
  const store = new Store();
  const all = new ClusterObjects(store);
  const speaker = { links: ["eth0"], macs: ["02:00:00:00:00:01"], isLeaving: false, isSilent: false };
  const node = read("{apiVersion: v1, kind: Node, metadata: {name: a}}");
  const said = () => store.snapshot().nodes.get("a")?.speaker;
  all.setSpeaker("a", speaker);
  assert.is(store.snapshot().nodes.size, 0);
  all.put(node);
  assert.equal(said(), speaker);
  store.takeDirty();
  all.setSpeaker("a", { ...speaker });
  all.put(node);
  assert.is(store.takeDirty().all, false);
  all.setSpeaker("a", { ...speaker, isSilent: true });
  assert.is(store.takeDirty().all, true);
  assert.is(said()?.isSilent, true);
  all.remove({ kind: "Node", key: "a" });
  assert.is(store.snapshot().nodes.size, 0);
  all.setSpeaker("a", undefined);
  all.put(node);
  assert.ok(!("speaker" in (store.snapshot().nodes.get("a") ?? {})));
});

objects("a pod that moves from slice to slice marks nothing dirty", () => {
  const store = new Store();
  const all = new ClusterObjects(store);
  all.put(slice("s-1", "web", "{addresses: [10.0.0.1], nodeName: a}"));
  store.takeDirty();
  all.put(slice("s-2", "web", "{addresses: [10.0.0.1], nodeName: a}"));
  all.remove({ kind: "EndpointSlice", key: "default/s-1" });
  assert.is(store.takeDirty().services.size, 0);
});

objects("status goes before what the manifest carries, whichever comes first", () => {
  const carried = ", status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}";
  const store = new Store();
  const all = new ClusterObjects(store);
  const ingress = () => store.snapshot().services.get("default/web")?.ingress;
  all.put(service("web", carried));
  assert.equal(ingress(), ["192.0.2.1"]);
  all.setStatus("default/web", { vips: ["192.0.2.2"], pool: "home" });
  assert.equal(ingress(), ["192.0.2.2"]);
  assert.is(store.snapshot().services.get("default/web")?.annotations["metallb.io/ip-allocated-from-pool"], "home");
  all.put(service("web", `${carried}, spec: {type: LoadBalancer}`));
  assert.equal(ingress(), ["192.0.2.2"]);
  all.setStatus("default/web", { vips: [] });
  assert.equal(ingress(), [], "on record that it has none");
  assert.equal(store.snapshot().services.get("default/web")?.annotations, {});
  all.setStatus("default/web", undefined);
  assert.equal(ingress(), ["192.0.2.1"]);
  all.setStatus("default/later", { vips: ["192.0.2.9"] });
  assert.is(store.snapshot().services.has("default/later"), false, "a status alone makes no Service");
  all.put(service("later"));
  assert.equal(store.snapshot().services.get("default/later")?.ingress, ["192.0.2.9"]);
});

objects("pools that come together overlap in the order of names", () => {
  const store = new Store();
  const all = new ClusterObjects(store);
  all.put(pool("b", "192.0.2.0/28"));
  all.put(pool("a", "192.0.2.8-192.0.2.9"));
  all.put(pool("c", "192.0.2.128/28"));
  all.commit();
  assert.equal(blocksInForce(store), { a: 1, c: 1 });
  assert.equal(
    all.problems().map(({ object, path }) => `${object} ${path}`),
    ["IPAddressPool b spec.addresses[0]"],
  );
});

objects("a pool written later never takes the place of one in force", () => {
  const store = new Store();
  const all = new ClusterObjects(store);
  all.put(pool("home", "192.0.2.0/28"));
  all.commit();
  all.put(pool("a", "192.0.2.8/29", "198.51.100.0/29"));
  all.commit();
  assert.equal(blocksInForce(store), { home: 1 });
  assert.equal(all.problems(), [
    { object: "IPAddressPool a", path: "spec.addresses", found: "addresses of IPAddressPool home", expected: "addresses of no other pool" },
  ]);
  all.put(pool("home", "192.0.2.0/28", "203.0.113.0/29"));
  all.commit();
  assert.equal(blocksInForce(store), { home: 2 }, "one in force may still change");
  all.put(pool("a", "198.51.100.0/29"));
  all.commit();
  assert.equal(blocksInForce(store), { a: 1, home: 2 });
  assert.equal(all.problems(), []);
});

objects("a pool changed into another one stays as it was", () => {
  const store = new Store();
  const all = new ClusterObjects(store);
  all.put(pool("a", "192.0.2.0/28"));
  all.put(pool("b", "192.0.2.128/28"));
  all.commit();
  const before = store.snapshot().pools;
  all.put(pool("b", "192.0.2.0/29"));
  all.commit();
  assert.equal([...store.snapshot().pools], [...before]);
  assert.is(all.problems().length, 1);
  all.remove({ kind: "IPAddressPool", key: "a" });
  all.commit();
  assert.equal(blocksInForce(store), { b: 1 });
  assert.equal(all.problems(), []);
});

objects("two pools may swap their addresses in one change", () => {
  const store = new Store();
  const all = new ClusterObjects(store);
  all.put(pool("a", "192.0.2.0/28"));
  all.put(pool("b", "192.0.2.16/28"));
  all.commit();
  all.put(pool("a", "192.0.2.16/28"));
  all.put(pool("b", "192.0.2.0/28"));
  all.commit();
  assert.equal(all.problems(), []);
  assert.is(store.snapshot().pools.get("b")?.blocks[0]?.first, 0xc0000200n);
});

function standalone(node?: string) {
  const store = new Store();
  const all = new ClusterObjects(new Standalone(store, node));
  return { store, all };
}

objects("Standalone makes up this node where no manifest describes any", () => {
  const { store, all } = standalone("box");
  const names = () => [...store.snapshot().nodes.keys()].sort();
  assert.equal(names(), ["box"]);
  const other = read("{apiVersion: v1, kind: Node, metadata: {name: other}}");
  all.put(other);
  assert.equal(names(), ["other"], "a node that the others do not know would answer beside them");
  const described = read(
    "{apiVersion: v1, kind: Node, metadata: {name: box}, status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}}",
  );
  all.put(described);
  assert.equal(store.snapshot().nodes.get("box")?.addresses, ["192.0.2.11"]);
  all.remove(described);
  assert.equal(names(), ["other"]);
  all.remove(other);
  assert.equal(names(), ["box"]);
});

objects("Standalone makes up the namespaces in use where no manifest has any", () => {
  const { store, all } = standalone();
  const names = () => [...store.snapshot().namespaces.keys()].sort();
  all.put(service("web"));
  all.put(service("api, namespace: shop"));
  assert.equal(names(), ["default", "shop"]);
  assert.equal(store.snapshot().namespaces.get("shop")?.labels, { "kubernetes.io/metadata.name": "shop" });
  const said = read("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: sales}}}");
  all.put(said);
  assert.equal(names(), ["shop"], "one that is said means that all are said");
  all.remove(said);
  assert.equal(names(), ["default", "shop"]);
  all.remove({ kind: "Service", key: "shop/api" });
  assert.equal(names(), ["default"]);
});

objects("Standalone counts a Service without selector and slice as there, on every node", () => {
  const { store, all } = standalone("box");
  const nodes = () =>
    store
      .snapshot()
      .endpoints.get("default/web")
      ?.map(({ nodeName, servable }) => `${nodeName} ${servable}`);
  all.put(service("web"));
  assert.equal(nodes(), ["box true"]);
  all.put(read("{apiVersion: v1, kind: Node, metadata: {name: a}}"));
  assert.equal(nodes(), ["a true"]);
  const said = slice("s", "web", "{addresses: [10.0.0.1], nodeName: a, conditions: {ready: false}}");
  all.put(said);
  assert.equal(nodes(), ["a false"]);
  all.remove(said);
  assert.equal(nodes(), ["a true"]);
  all.put(service("web", ", spec: {selector: {app: web}}"));
  assert.is(nodes(), undefined);
  all.put(service("web"));
  all.remove({ kind: "Service", key: "default/web" });
  assert.is(nodes(), undefined);
});

objects("without Standalone nothing is made up", () => {
  const store = new Store();
  new ClusterObjects(store).put(service("web"));
  const { endpoints, nodes, namespaces } = store.snapshot();
  assert.equal([endpoints.size, nodes.size, namespaces.size], [0, 0, 0]);
});

objects.run();
