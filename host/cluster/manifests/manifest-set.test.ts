import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ClusterObjects } from "../cluster-objects.ts";
import { Store } from "../store.ts";
import { ManifestSet } from "./manifest-set.ts";

const set = suite("manifest-set");

const SEED = 20_260_104;

function open() {
  const store = new Store();
  const objects = new ClusterObjects(store);
  const manifests = new ManifestSet(objects);
  return {
    store,
    manifests,
    put(name: string, text: string | undefined) {
      manifests.put(name, text);
      objects.commit();
    },
    ports: () =>
      Object.fromEntries([...store.snapshot().services].map(([key, { ports }]) => [key.slice("default/".length), ports[0]?.port])),
    problems: () => manifests.problems((name) => name).map(({ file, line, object, path }) => `${file}:${line} ${object} ${path}`.trim()),
  };
}

function service(name: string, port: number | string = 80): string {
  return `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec:\n  ports:\n  - port: ${port}\n`;
}

set("only a changed document is parsed again", () => {
  const { put, manifests, ports, store } = open();
  const texts = Array.from({ length: 500 }, (_, at) => service(`s-${at}`));
  put("a.yaml", texts.join(""));
  assert.is(manifests.parsedDocuments, 500);
  store.takeDirty();
  texts[250] = service("s-250", 81);
  put("a.yaml", texts.join(""));
  assert.is(manifests.parsedDocuments, 501);
  assert.equal([...store.takeDirty().services], ["default/s-250"]);
  assert.is(ports()["s-250"], 81);
  put("a.yaml", `# a comment before all\n${texts.slice().reverse().join("")}`);
  assert.is(manifests.parsedDocuments, 501, "moving documents is no change");
  put("a.yaml", texts.slice(1).join(""));
  assert.is(manifests.parsedDocuments, 501);
  assert.is("s-0" in ports(), false);
  assert.equal([...store.takeDirty().services], ["default/s-0"]);
});

set("lines of problems follow when documents move", () => {
  const { put, problems } = open();
  put("a.yaml", service("bad", "x"));
  assert.equal(problems(), ["a.yaml:7 Service default/bad spec.ports[0].port"]);
  put("a.yaml", service("new") + service("bad", "x"));
  assert.equal(problems(), ["a.yaml:14 Service default/bad spec.ports[0].port"]);
});

set("a wrong object stays as it was, and its neighbors change", () => {
  const { put, ports, problems } = open();
  put("a.yaml", service("one") + service("two"));
  put("a.yaml", service("one", "x") + service("two", 82));
  assert.equal(ports(), { one: 80, two: 82 });
  assert.is(problems().length, 1);
  put("a.yaml", service("one", "x") + service("two", 82) + service("new", "y"));
  assert.equal(ports(), { one: 80, two: 82 }, "one that was never right is not there");
  put("a.yaml", service("one", 81) + service("two", 82) + service("new", 83));
  assert.equal(ports(), { one: 81, two: 82, new: 83 });
  assert.equal(problems(), []);
});

set("what is in a document that cannot be made out stays, until it can", () => {
  const { put, ports, problems, manifests } = open();
  put("a.yaml", service("one") + service("two") + service("three"));
  put("a.yaml", `${service("one")}---\nkind: [\n${service("three", 81)}`);
  assert.equal(ports(), { one: 80, two: 80, three: 81 });
  assert.equal(problems(), ["a.yaml:9 document"]);
  assert.is(manifests.isComplete(), false);
  put("a.yaml", `---\nkind: [\n${service("three", 81)}`);
  assert.equal(ports(), { one: 80, two: 80, three: 81 }, "nobody knows which of the two the broken one is");
  put("a.yaml", service("two", 82) + service("three", 81));
  assert.equal(ports(), { two: 82, three: 81 });
  assert.is(manifests.isComplete(), true);
});

set("an object without a usable name keeps what was there", () => {
  const { put, ports, manifests } = open();
  put("a.yaml", service("one") + service("two"));
  put("a.yaml", service("one") + service("T_wo"));
  assert.equal(ports(), { one: 80, two: 80 });
  assert.is(manifests.isComplete(), false);
  put("a.yaml", service("one") + service("too"));
  assert.equal(ports(), { one: 80, too: 80 });
});

set("a file that cannot be read keeps what was there", () => {
  const { put, ports, manifests, problems } = open();
  put("a.yaml", service("one"));
  manifests.refuse("a.yaml", { found: "EIO", expected: "a file that can be read" });
  assert.equal(ports(), { one: 80 });
  assert.is(manifests.isComplete(), false);
  assert.equal(problems(), ["a.yaml:1 file"]);
  put("a.yaml", service("one"));
  assert.is(manifests.isComplete(), true);
  manifests.refuse("a.yaml", { found: "EIO", expected: "a file that can be read" });
  put("a.yaml", undefined);
  assert.equal(ports(), {});
  assert.is(manifests.isComplete(), true);
});

set("of an object in two places the first counts, and the second comes after it", () => {
  const { put, ports, problems } = open();
  put("b.yaml", service("web", 81) + service("other"));
  assert.equal(problems(), []);
  put("a.yaml", service("web", 80));
  assert.equal(ports(), { web: 80, other: 80 });
  assert.equal(problems(), ["b.yaml:4 Service default/web metadata.name"]);
  put("a.yaml", service("web", "x"));
  assert.equal(ports(), { web: 80, other: 80 }, "also where the first is wrong");
  put("a.yaml", undefined);
  assert.equal(ports(), { web: 81, other: 80 });
  assert.equal(problems(), []);
  put("b.yaml", service("web", 81) + service("web", 82) + service("web", 81));
  assert.equal(ports(), { web: 81 });
  assert.equal(problems(), ["b.yaml:11 Service default/web metadata.name", "b.yaml:18 Service default/web metadata.name"]);
});

set("a pool that overlaps is told with its file and line", () => {
  const { put, problems } = open();
  const pool = (name: string, range: string) =>
    `---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: ${name}}\nspec:\n  addresses:\n  - ${range}\n`;
  put("a.yaml", pool("home", "192.0.2.0/28"));
  put("b.yaml", pool("lab", "192.0.2.8/29"));
  assert.equal(problems(), ["b.yaml:7 IPAddressPool lab spec.addresses[0]"]);
  put("b.yaml", pool("lab", "192.0.2.16/29"));
  assert.equal(problems(), []);
});

set("a file with too many documents is refused whole", () => {
  const { put, ports, problems } = open();
  put("a.yaml", service("one"));
  put("a.yaml", "---\na\n".repeat(100_001));
  assert.equal(problems(), ["a.yaml:1 file"]);
  assert.equal(ports(), { one: 80 });
});

set("very many documents of one object end soon", () => {
  const { put, ports, problems } = open();
  const start = performance.now();
  put("a.yaml", Array.from({ length: 20_000 }, (_, at) => service("web", at + 1)).join(""));
  assert.equal(ports(), { web: 1 });
  assert.is(problems().length, 100);
  put("a.yaml", service("web", 20_000));
  assert.equal(ports(), { web: 20_000 });
  assert.ok(performance.now() - start < 10_000);
});

/** A few edits of a file, some of which leave it broken. */
const mutation = fc.record({
  at: fc.nat(),
  length: fc.nat(12),
  insert: fc.constantFrom(
    "",
    "x",
    " ",
    "\n",
    "{",
    "]",
    '"',
    "'",
    "&a ",
    "*a",
    ": ",
    "- ",
    "---\n",
    "...\n",
    "|\n",
    "\t",
    "\u0000",
    "<<: ",
    "%",
  ),
});

set("no mutation of one document throws, or touches the objects of others", () => {
  const others = ["before", "after"];
  fc.assert(
    fc.property(fc.array(fc.array(mutation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (edits) => {
      const { put, ports, manifests } = open();
      put("a.yaml", service("before") + service("victim") + service("after"));
      for (const mutations of edits) {
        let text = service("victim").slice("---\n".length);
        for (const { at, length, insert } of mutations) {
          const from = at % (text.length + 1);
          text = text.slice(0, from) + insert + text.slice(from + length);
        }
        put("a.yaml", `${service("before")}---\n${text}\n${service("after")}`);
        // The mutation may have made the victim a second "before" or "after"; the first counts, so not even that shows.
        for (const name of others) assert.is(ports()[name], 80, JSON.stringify(text));
      }
      put("a.yaml", service("before") + service("victim", 81) + service("after"));
      assert.equal(ports(), { before: 80, victim: 81, after: 80 });
      assert.equal(
        manifests.problems((name) => name),
        [],
      );
    }),
    { seed: SEED, numRuns: 1500 },
  );
});

set("whatever the order of edits, the end is that of a fresh start", () => {
  const name = fc.constantFrom("one", "two", "three", "four");
  const text = fc
    .array(fc.tuple(name, fc.constantFrom<number | string>(80, 81, "x")), { maxLength: 4 })
    .map((list) => list.map((entry) => service(...entry)).join(""));
  const edit = fc.tuple(fc.constantFrom("a.yaml", "b.yaml", "c.yaml"), fc.option(text, { nil: undefined }));
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
      const edited = open();
      const last = new Map<string, string | undefined>();
      for (const [file, content] of edits) {
        edited.put(file, content);
        last.set(file, content);
      }
      // Only texts without a wrong object: what was right before stays in force, so wrong ones have a history.
      for (const [file, content] of last) edited.put(file, content?.replaceAll("port: x", "port: 82"));
      const fresh = open();
      for (const [file, content] of last) if (content !== undefined) fresh.put(file, content.replaceAll("port: x", "port: 82"));
      assert.equal(edited.ports(), fresh.ports());
      assert.equal(edited.problems(), fresh.problems());
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

set.run();
