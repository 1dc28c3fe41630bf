import { suite } from "uvu";
import * as assert from "uvu/assert";
import { closeObject, openObject, type Translation } from "../announcer.ts";
import { advertisementFact, nodeFact, poolFact } from "../workbench/testing/facts.ts";
import { ClusterObjects } from "./cluster-objects.ts";
import { ManifestSet } from "./manifests/manifest-set.ts";
import { Standalone } from "./manifests/standalone.ts";
import { Store } from "./store.ts";
import { Translated } from "./translated.ts";

const translated = suite("translated");

/** Each Route is an advertisement; the config is all that a translation is told. */
function toy() {
  const calls = { count: 0 };
  const translation: Translation = {
    read: {
      "metallb.io/v1/Route": (object) => {
        const reading = openObject("Route", object);
        if (reading.spec?.["bad"] !== undefined)
          reading.problems.push({ object: reading.object, path: "spec.bad", found: "it", expected: "no" });
        return closeObject(reading, reading.spec ?? {});
      },
    },
    translate({ node, objects, pools, nodes, secrets, before }) {
      calls.count += 1;
      const routes = [...objects("Route")];
      return {
        config: { node: node?.name, routes, pools: [...pools.keys()], nodes: [...nodes.keys()], secrets: [...secrets.values()] },
        advertisements: routes.map(([name]) => advertisementFact(name, { kind: "Route", attributes: { before: before.length } })),
        problems: routes.filter(([, spec]) => "odd" in (spec as object)).map(([name]) => problem(name)),
      };
    },
  };
  return { translation, calls };
}

const problem = (name: string) => ({ object: `Route ${name}`, path: "spec.odd", found: "it", expected: "nothing odd" });

function open(node?: string) {
  const { translation, calls } = toy();
  const store = new Store();
  const all = new Translated(store, [{ name: "toy", translation }], node);
  const objects = new ClusterObjects(new Standalone(all, node), all);
  const manifests = new ManifestSet(objects, all.readers);
  const offered: unknown[] = [];
  all.onConfig((plugin) => offered.push([plugin, all.config(plugin)]));
  const put = (file: string, text: string | undefined) => {
    manifests.put(file, text);
    objects.commit();
  };
  const config = () => all.config("toy") as Readonly<Record<string, unknown>>;
  const advertised = () => store.snapshot().advertisements.map(({ kind, name }) => `${kind} ${name}`);
  return { store, all, objects, manifests, offered, put, config, advertised, calls };
}

const route = (name: string, spec = "{}") => `---\n{apiVersion: metallb.io/v1, kind: Route, metadata: {name: ${name}}, spec: ${spec}}\n`;
const secret = (password: string) =>
  `{apiVersion: v1, kind: Secret, metadata: {name: s}, type: kubernetes.io/basic-auth, stringData: {password: ${password}}}`;

translated("objects become advertisements in the store and a config, and go again", () => {
  const { put, config, advertised, offered } = open();
  put("a.yaml", route("one") + route("two", "{x: 1}"));
  assert.equal(advertised(), ["Route one", "Route two"]);
  assert.equal(config()["routes"], [
    ["one", {}],
    ["two", { x: 1 }],
  ]);
  put("a.yaml", route("two", "{x: 2}"));
  assert.equal(advertised(), ["Route two"]);
  assert.equal(config()["routes"], [["two", { x: 2 }]]);
  put("a.yaml", undefined);
  assert.equal([advertised(), config()["routes"], offered.length], [[], [], 3]);
});

translated("translate() is asked only where something changed for it", () => {
  const { put, calls, offered } = open();
  put("a.yaml", route("one"));
  put("b.yaml", "{apiVersion: v1, kind: Service, metadata: {name: web}}");
  put("b.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: web}}");
  put("a.yaml", `# moved\n${route("one")}`);
  assert.is(calls.count, 1);
  put("b.yaml", "{apiVersion: v1, kind: Node, metadata: {name: n}}");
  put("b.yaml", "{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: p}, spec: {addresses: [192.0.2.0/28]}}");
  put("c.yaml", secret("x"));
  assert.is(calls.count, 4);
  put("c.yaml", secret("y"));
  assert.equal([calls.count, offered.length], [5, 4], "the new password changes no config");
});

translated("translate() sees nodes with the one that is made up, and pools in force, in order", () => {
  const { put, config } = open("box");
  assert.equal(config(), undefined);
  const pool = (name: string, addresses: string) =>
    `---\n{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: ${name}}, spec: {addresses: [${addresses}]}}\n`;
  put("p.yaml", pool("z", "192.0.2.0/28") + pool("m", "198.51.100.0/28"));
  assert.equal([config()["node"], config()["nodes"], config()["pools"]], ["box", ["box"], ["m", "z"]]);
  put("q.yaml", pool("a", "192.0.2.0/30"));
  assert.equal(config()["pools"], ["m", "z"], "an overlapping newcomer is in force nowhere");
  put("n.yaml", "{apiVersion: v1, kind: Node, metadata: {name: other}}");
  assert.equal([config()["node"], config()["nodes"]], [undefined, ["other"]]);
});

translated("configOn() is the config of whichever node, and changes nothing", () => {
  const { put, all, offered } = open();
  put("n.yaml", "{apiVersion: v1, kind: Node, metadata: {name: one}}");
  put("a.yaml", route("r"));
  const before = offered.length;
  const { node, routes } = all.configOn("toy", "one") as Readonly<Record<string, unknown>>;
  assert.equal([node, routes], ["one", [["r", {}]]]);
  assert.is((all.configOn("toy", "another") as Readonly<Record<string, unknown>>)["node"], undefined);
  assert.is(all.configOn("unknown", "one"), undefined);
  assert.is(offered.length, before);
});

translated("a wrong object blocks no other, and its last good version stays", () => {
  const { put, config, manifests } = open();
  put("a.yaml", route("one", "{x: 1}"));
  put("a.yaml", route("one", "{bad: 1}") + route("two"));
  assert.equal(config()["routes"], [
    ["one", { x: 1 }],
    ["two", {}],
  ]);
  assert.equal(
    manifests.problems((file) => file).map(({ file, line, object, path }) => [file, line, object, path]),
    [["a.yaml", 2, "Route one", "spec.bad"]],
  );
});

translated("problems of objects among themselves have file and line, and are bounded", () => {
  const { put, manifests } = open();
  put("a.yaml", `${route("one")}---\napiVersion: metallb.io/v1\nkind: Route\nmetadata: {name: two}\nspec:\n  odd: 1\n`);
  assert.equal(
    manifests.problems((file) => file),
    [{ ...problem("two"), file: "a.yaml", line: 8 }],
  );
  put("a.yaml", Array.from({ length: 3000 }, (_, at) => route(`r${at}`, "{odd: 1}")).join(""));
  assert.is(manifests.problems((file) => file).length, 1000);
});

translated("translate() is given what it gave before", () => {
  const { put, store } = open();
  put("a.yaml", route("one") + route("two"));
  put("a.yaml", route("one"));
  assert.equal(
    store.snapshot().advertisements.map(({ attributes }) => attributes),
    [{ before: 2 }],
  );
});

translated("secrets tell who watches, with a revision that changes with the password and says nothing of it", () => {
  const { put, all, config } = open();
  const seen: (string | undefined)[] = [];
  const close = all.secrets.watch("s", () => seen.push(all.secrets.get("s")?.revision));
  all.secrets.watch("t", () => seen.push("of another name"));
  put("a.yaml", secret("first"));
  put("a.yaml", secret("second"));
  put("b.yaml", route("one"));
  put("a.yaml", undefined);
  assert.equal(seen, ["1", "2", undefined]);
  close();
  put("a.yaml", secret("third"));
  assert.equal([seen.length, all.secrets.get("s")?.password], [3, "third"]);
  assert.equal(config()["secrets"], [{ name: "s", type: "kubernetes.io/basic-auth", hasPassword: true }]);
});

translated("other translators take over what those of their names gave, and what nobody gives any more is gone", () => {
  const { put, all, advertised, offered, objects } = open();
  const { translation } = toy();
  put("a.yaml", route("one") + route("two"));
  offered.length = 0;
  const only = (name: string): Translation => ({
    read: translation.read,
    translate: ({ objects, before }) => ({
      config: [name, before.length],
      advertisements: [...objects("Route").keys()]
        .filter((route) => route === name)
        .map((route) => advertisementFact(route, { kind: "Route" })),
      problems: [],
    }),
  });
  all.setTranslators([
    { name: "toy", translation: only("two") },
    { name: "other", translation: only("one") },
  ]);
  assert.equal([advertised(), offered], [["Route one", "Route two"], []], "not before the end of a batch");
  objects.commit();
  assert.equal(advertised(), ["Route one", "Route two"]);
  assert.equal(offered, [
    ["toy", ["two", 2]],
    ["other", ["one", 0]],
  ]);
  all.setTranslators([{ name: "other", translation: only("none") }]);
  objects.commit();
  assert.equal([advertised(), all.config("toy"), all.config("other")], [[], undefined, ["none", 1]]);
});

translated("an advertisement may go from a later translator to an earlier one", () => {
  const store = new Store();
  let giver = "late";
  const part = (name: string) => ({
    name,
    translation: {
      read: {},
      translate: () => ({ config: undefined, problems: [], advertisements: giver === name ? [advertisementFact("a")] : [] }),
    },
  });
  const all = new Translated(store, [part("early"), part("late")]);
  all.commit();
  giver = "early";
  all.replace("nodes", "n", nodeFact("n"));
  all.commit();
  assert.is(store.snapshot().advertisements.length, 1);
});

translated("a fact for the store goes through", () => {
  const store = new Store();
  const all = new Translated(store);
  all.replace("nodes", "n", nodeFact("n"));
  all.replace("pools", "p", poolFact("p", ["192.0.2.0/28"]));
  all.replace("advertisements", "L2Advertisement a", advertisementFact("a"));
  all.commit();
  const { nodes, pools, advertisements } = store.snapshot();
  assert.equal([[...nodes.keys()], [...pools.keys()], advertisements.length, all.problems()], [["n"], ["p"], 1, []]);
});

translated.run();
