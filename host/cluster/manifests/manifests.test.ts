import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Store } from "../store.ts";
import { type ManifestsOptions, ManifestsSource } from "./manifests.ts";
import { SETTLE_MS } from "./unfinished.ts";

const manifests = suite("manifests");

const directories: string[] = [];
const sources: ManifestsSource[] = [];

manifests.after.each(() => {
  for (const source of sources.splice(0)) source.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function service(name: string, port: number | string = 80): string {
  return `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec:\n  ports:\n  - port: ${port}\n`;
}

function directory(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "manifests-"));
  directories.push(path);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

async function open(path: string, options: Partial<ManifestsOptions> = {}) {
  const store = new Store();
  const source = await ManifestsSource.open({ path, follow: true, ...options }, store);
  sources.push(source);
  const ports = () =>
    Object.fromEntries(
      [...store.snapshot().services].map(([key, { ports: list }]) => [key.slice("default/".length), list[0]?.port]).sort(),
    );
  return {
    store,
    source,
    ports,
    has: (expected: Readonly<Record<string, number>>) => JSON.stringify(ports()) === JSON.stringify(expected),
  };
}

async function until(what: () => boolean, withinMs = 10_000): Promise<number> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > withinMs) throw new Error(`Waited ${withinMs} ms for ${what}`);
    await delay(1);
  }
  return performance.now() - start;
}

/** Fails where `what` does not hold all the time. */
function always(what: () => boolean, forMs: number): Promise<void> {
  const watching = (async () => {
    const start = performance.now();
    while (performance.now() - start < forMs) {
      assert.ok(what(), String(what));
      await delay(1);
    }
  })();
  // It may fail before the test comes to wait for it.
  watching.catch(() => undefined);
  return watching;
}

manifests("open() reads *.yaml, *.yml and *.json of a directory, and nothing below it or hidden", async () => {
  const path = directory({
    "a.yaml": service("a"),
    "b.yml": service("b"),
    "c.json": '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c"}, "spec": {"ports": [{"port": 80}]}}',
    "d.txt": service("d"),
    ".e.yaml": service("e"),
    "f.yaml~": service("f"),
    "g.YAML": service("g"),
  });
  mkdirSync(join(path, "below"));
  writeFileSync(join(path, "below", "h.yaml"), service("h"));
  const { ports, source } = await open(path, { follow: false });
  assert.equal(ports(), { a: 80, b: 80, c: 80 });
  assert.equal(source.problems(), []);
  assert.is(source.isComplete(), true);
});

manifests("open() reads one file, whatever its name", async () => {
  const path = directory({ web: service("web"), "other.yaml": service("other") });
  const { has, ports } = await open(join(path, "web"));
  assert.equal(ports(), { web: 80 });
  writeFileSync(join(path, "web"), service("web", 81));
  await until(() => has({ web: 81 }));
});

manifests("open() says what is wrong with the path", async () => {
  const path = join(directory(), "nothing");
  try {
    await open(path);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, `Cannot read manifests at ${path}: ENOENT, expected a directory or a file`);
  }
});

manifests("of one changed document in a 100 KB file only that is parsed, and it takes little more than reading the file", async () => {
  const texts = Array.from({ length: 1000 }, (_, at) => `${service(`s-${at}`)}# ${"x".repeat(20)}\n`);
  const path = directory({ "all.yaml": texts.join("") });
  const { source, store } = await open(path);
  assert.is(source.parsedDocuments, 1000);
  // The least that anybody could do: wait for the event, read the file.
  let bare = 0;
  const watcher = watch(path, () => void readFile(join(path, "all.yaml")).then(() => (bare ||= performance.now())));
  const tookMs: number[] = [];
  const bareMs: number[] = [];
  for (let round = 0; round < 30; round++) {
    const port = 1000 + round;
    texts[round * 7] = `${service(`s-${round * 7}`, port)}# ${"x".repeat(20)}\n`;
    let arrived = 0;
    bare = 0;
    store.takeDirty();
    const close = store.onDirty(() => {
      arrived = performance.now();
    });
    const text = texts.join("");
    const start = performance.now();
    writeFileSync(join(path, "all.yaml"), text);
    await until(() => arrived > 0 && bare > 0);
    tookMs.push(arrived - start);
    bareMs.push(bare - start);
    close();
    assert.equal([...store.takeDirty().services], [`default/s-${round * 7}`]);
  }
  watcher.close();
  assert.is(source.parsedDocuments, 1030);
  const [took, least] = [tookMs, bareMs].map((list) => list.sort((a, b) => a - b)[15] as number) as [number, number];
  assert.ok(took < 10 || took < 4 * least, `p50 is ${took.toFixed(1)} ms, that of reading alone ${least.toFixed(1)} ms`);
});

manifests("a file saved by rename, as editors do, is followed", async () => {
  const path = directory({ "a.yaml": service("web") });
  const { has } = await open(path);
  for (let port = 81; port < 90; port++) {
    writeFileSync(join(path, ".a.yaml.swp"), service("web", port));
    renameSync(join(path, ".a.yaml.swp"), join(path, "a.yaml"));
    await until(() => has({ web: port }));
  }
});

manifests("a file moved away and written anew, as editors with backups do, is never missed", async () => {
  const path = directory({ "a.yaml": service("web") });
  const { has } = await open(path);
  const flicker = always(() => has({ web: 80 }) || has({ web: 81 }), 5 * SETTLE_MS);
  renameSync(join(path, "a.yaml"), join(path, "a.yaml~"));
  await delay(SETTLE_MS / 4);
  writeFileSync(join(path, "a.yaml"), service("web", 81));
  await until(() => has({ web: 81 }));
  await flicker;
});

manifests("a half-written file changes nothing until it is whole", async () => {
  const before = service("one") + service("two") + service("three");
  const after = service("one", 81) + service("two", 82) + service("three", 83);
  const path = directory({ "a.yaml": before });
  const { has, source } = await open(path);
  const flicker = always(() => has({ one: 80, three: 80, two: 80 }) || has({ one: 81, three: 83, two: 82 }), 600);
  truncateSync(join(path, "a.yaml"), 0);
  for (let at = 0; at < after.length; at += 40) {
    appendFileSync(join(path, "a.yaml"), after.slice(at, at + 40));
    await delay(3);
  }
  await until(() => has({ one: 81, three: 83, two: 82 }));
  await flicker;
  assert.equal(source.problems(), []);
});

manifests("a file left half written for good is believed, and its broken document told", async () => {
  const path = directory({ "a.yaml": service("one") + service("two") });
  const { has, source } = await open(path);
  writeFileSync(join(path, "a.yaml"), `${service("one", 81)}---\nkind: Ser`);
  await until(() => has({ one: 81, two: 80 }));
  assert.equal(
    source.problems().map(({ file, line, found }) => [file, line, found]),
    [[join(path, "a.yaml"), 9, "nothing"]],
  );
});

manifests("an object deleted from a file, and a file deleted, are gone after a moment", async () => {
  const path = directory({ "a.yaml": service("one") + service("two"), "b.yaml": service("three") });
  const { has } = await open(path);
  writeFileSync(join(path, "a.yaml"), service("one"));
  await until(() => has({ one: 80, three: 80 }));
  unlinkSync(join(path, "b.yaml"));
  await until(() => has({ one: 80 }));
});

manifests("broken YAML is told by path and line, and heals", async () => {
  const path = directory({ "a.yaml": service("one") + service("two") });
  const { has, source } = await open(path);
  let calls = 0;
  source.onProblems(() => calls++);
  writeFileSync(join(path, "a.yaml"), `${service("one", 81)}---\nkind: Service\nmetadata: {name: [\nspec: {}\n`);
  await until(() => source.problems().length === 1);
  assert.equal(
    source.problems().map(({ file, line, object, expected }) => ({ file, line, object, expected })),
    [{ file: join(path, "a.yaml"), line: 11, object: "document", expected: "valid YAML" }],
  );
  assert.ok(has({ one: 81, two: 80 }));
  assert.is(source.isComplete(), false);
  assert.is(calls, 1);
  writeFileSync(join(path, "a.yaml"), service("one", 81) + service("two", 82));
  await until(() => has({ one: 81, two: 82 }));
  assert.equal(source.problems(), []);
  assert.is(calls, 2);
});

manifests("what is no file of manifests is told, and nothing hangs on it", async () => {
  const path = directory({
    "a.yaml": service("web"),
    "binary.yaml": Uint8Array.from({ length: 4096 }, (_, at) => (at * 7) % 256),
    "huge.yaml": `${"# nothing but comment\n".repeat(800_000)}`,
  });
  mkdirSync(join(path, "directory.yaml"));
  execFileSync("mkfifo", [join(path, "pipe.yaml")]);
  symlinkSync(join(path, "nowhere"), join(path, "link.yaml"));
  const { ports, source } = await open(path, { follow: false });
  assert.equal(ports(), { web: 80 });
  assert.equal(
    source.problems().map(({ file, found }) => [file.slice(path.length + 1), found]),
    [
      ["binary.yaml", "bytes that are no UTF-8 text"],
      ["directory.yaml", "a directory"],
      ["huge.yaml", "more than 16 MiB"],
      ["link.yaml", "a link that leads nowhere"],
      ["pipe.yaml", "a pipe, socket or device"],
    ],
  );
});

manifests("a file that turns into something unreadable keeps its objects", async () => {
  const path = directory({ "a.yaml": service("web") });
  const { has, source } = await open(path);
  unlinkSync(join(path, "a.yaml"));
  mkdirSync(join(path, "a.yaml"));
  await until(() => source.problems().length === 1);
  await always(() => has({ web: 80 }), 3 * SETTLE_MS);
  rmSync(join(path, "a.yaml"), { recursive: true });
  writeFileSync(join(path, "a.yaml"), service("web", 81));
  await until(() => has({ web: 81 }) && source.problems().length === 0);
});

manifests("a ConfigMap's swap of ..data is one change", async () => {
  const path = directory();
  const publish = (version: string, files: Readonly<Record<string, string>>) => {
    mkdirSync(join(path, version));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, version, name), text);
    symlinkSync(version, join(path, "..data_tmp"));
    renameSync(join(path, "..data_tmp"), join(path, "..data"));
  };
  publish("..1", { "a.yaml": service("one"), "b.yaml": service("two") });
  for (const name of ["a.yaml", "b.yaml"]) symlinkSync(join("..data", name), join(path, name));
  const { has } = await open(path);
  assert.ok(has({ one: 80, two: 80 }));
  const flicker = always(() => has({ one: 80, two: 80 }) || has({ one: 81, two: 82 }), 3 * SETTLE_MS);
  publish("..2", { "a.yaml": service("one", 81), "b.yaml": service("two", 82) });
  rmSync(join(path, "..1"), { recursive: true });
  const tookMs = await until(() => has({ one: 81, two: 82 }));
  await flicker;
  assert.ok(tookMs < 800, `took ${tookMs.toFixed(0)} ms: only the poll saw it`);
});

manifests("a directory that is gone leaves everything as it was, and is followed again when it is back", async () => {
  const path = join(directory(), "manifests");
  mkdirSync(path);
  writeFileSync(join(path, "a.yaml"), service("one") + service("two"));
  const { has, source } = await open(path);
  rmSync(path, { recursive: true });
  await until(() => !source.isComplete());
  await always(() => has({ one: 80, two: 80 }), 1200);
  assert.is(source.problems()[0]?.object, "directory");
  mkdirSync(path);
  writeFileSync(join(path, "a.yaml"), service("one", 81));
  await until(() => has({ one: 81 }));
  assert.equal(source.problems(), []);
  // The events come from the new directory now.
  await delay(50);
  writeFileSync(join(path, "a.yaml"), service("one", 82));
  assert.ok((await until(() => has({ one: 82 }))) < 800);
});

manifests("changes without an event are seen by the poll", async () => {
  const elsewhere = directory({ "real.yaml": service("web") });
  const path = directory();
  symlinkSync(join(elsewhere, "real.yaml"), join(path, "a.yaml"));
  const { has } = await open(path);
  await delay(2 * SETTLE_MS);
  // Same size, and the time stamp of before: only the change time tells.
  const old = new Date(Date.now() - 60_000);
  writeFileSync(join(elsewhere, "real.yaml"), service("web", 81));
  utimesSync(join(elsewhere, "real.yaml"), old, old);
  await until(() => has({ web: 81 }));
});

manifests("two writes within one tick of the file system's clock are both seen", async () => {
  const path = directory({ "a.yaml": service("web") });
  const { has } = await open(path);
  for (let round = 0; round < 20; round++) {
    writeFileSync(join(path, "a.yaml"), service("web", 81));
    await delay(round % 3);
    writeFileSync(join(path, "a.yaml"), service("web", 82));
    await until(() => has({ web: 82 }));
  }
});

manifests("close() lets go: nothing changes any more, and nothing keeps the process", async () => {
  const path = directory({ "a.yaml": service("web") });
  const script = `
    import { ManifestsSource } from ${JSON.stringify(new URL("./manifests.ts", import.meta.url).href)};
    import { Store } from ${JSON.stringify(new URL("../store.ts", import.meta.url).href)};
    const source = await ManifestsSource.open({ path: ${JSON.stringify(path)}, follow: true }, new Store());
    source.close();
  `;
  execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { timeout: 10_000 });
  const { source, has } = await open(path);
  source.close();
  writeFileSync(join(path, "a.yaml"), service("web", 81));
  await always(() => has({ web: 80 }), 3 * SETTLE_MS);
});

manifests("ignored() counts the kinds that are left alone", async () => {
  const path = directory({ "a.yaml": "{apiVersion: apps/v1, kind: Deployment}\n---\n{apiVersion: apps/v1, kind: Deployment}\n" });
  const { source } = await open(path, { follow: false });
  assert.equal([...source.ignored()], [["Deployment", 2]]);
});

manifests("ManifestsSource says that this box is none of the Nodes, as long as it is so", async () => {
  const path = directory({ "nodes.yaml": "{apiVersion: v1, kind: Node, metadata: {name: a}}" });
  const { source, store } = await open(path, { node: "box" });
  const [problem, ...others] = source.problems();
  assert.equal(others, []);
  assert.is(problem?.object, "Node box");
  assert.is(problem?.found, "only a");
  assert.equal([...store.snapshot().nodes.keys()], ["a"]);
  writeFileSync(join(path, "box.yaml"), "{apiVersion: v1, kind: Node, metadata: {name: box}}");
  await until(() => source.problems().length === 0);
  assert.equal([...store.snapshot().nodes.keys()].sort(), ["a", "box"]);
});

manifests.run();
