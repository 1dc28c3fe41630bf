import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ServiceStatus, StatusChanges } from "../service-status.ts";
import { AllocationsFile } from "./allocations.ts";
import { changeAllocations, formatAllocations, parseAllocations } from "./allocations-text.ts";
import { writeAtomically } from "./atomic-write.ts";

const allocations = suite("allocations");

const SEED = 20_260_105;
const HEAD = "apiVersion: herald.dev/v1alpha1\nkind: Allocations\nallocations:\n";
const WEB = '- {service: "default/web", vips: ["192.0.2.10"], pool: "home"}\n';
const API = '- {service: "default/api", vips: ["192.0.2.11", "2001:db8::11"]}\n';

let directory = "";
let path = "";
const files: AllocationsFile[] = [];
allocations.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), "allocations-"));
  path = join(directory, "allocations.yaml");
});
allocations.after.each(() => {
  for (const file of files.splice(0)) file.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(follow = false) {
  const told: Record<string, readonly string[] | undefined> = {};
  const calls = {
    setStatus: (key: string, status: ServiceStatus | undefined) => void (told[key] = status?.vips),
    onProblems: () => undefined,
  };
  const file = new AllocationsFile(path, calls);
  files.push(file);
  await file.start(follow);
  return { file, told, problems: () => file.problems().map(({ line, found }) => `${line}: ${found}`) };
}

async function until(what: () => boolean, withinMs = 10_000): Promise<void> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > withinMs) throw new Error(`Waited ${withinMs} ms for ${what}`);
    await delay(1);
  }
}

const changes = (...entries: readonly (readonly [string, ServiceStatus | undefined])[]) => new Map(entries);

/** All in one turn, as a controller does it. */
async function put(file: AllocationsFile, changes: StatusChanges): Promise<void> {
  await Promise.all(Array.from(changes, (change) => file.write(...change)));
}

allocations("formatAllocations() writes YAML, one line a Service, sorted", () => {
  const records = new Map<string, ServiceStatus>([
    ["default/web", { vips: ["192.0.2.10"], pool: "home" }],
    ["default/api", { vips: ["192.0.2.11", "2001:db8::11"] }],
    ["default/none", { vips: [] }],
  ]);
  const text = formatAllocations(records);
  assert.ok(text.endsWith(`allocations:\n${API}- {service: "default/none", vips: []}\n${WEB}`));
  assert.equal(load(text), {
    apiVersion: "herald.dev/v1alpha1",
    kind: "Allocations",
    allocations: [
      { service: "default/api", vips: ["192.0.2.11", "2001:db8::11"] },
      { service: "default/none", vips: [] },
      { service: "default/web", vips: ["192.0.2.10"], pool: "home" },
    ],
  });
});

allocations("changeAllocations() gives the text that formatAllocations() would give afterwards", () => {
  // Few and short names, so that changes meet records, and names begin with others.
  const service = fc.stringMatching(/^[ab-]{1,2}\/[ab.!-]{1,3}$/);
  const status = fc.record({ vips: fc.array(fc.ipV4(), { maxLength: 2 }) }, { noNullPrototype: true });
  const records = fc.array(fc.tuple(service, status), { maxLength: 30 });
  const edits = fc.array(fc.tuple(service, fc.option(status, { nil: undefined })), { maxLength: 10 });
  fc.assert(
    fc.property(records, edits, (before, changed) => {
      const after = new Map<string, ServiceStatus | undefined>([...before, ...changed]);
      const kept = new Map([...after].filter(([, value]) => value !== undefined));
      assert.is(changeAllocations(formatAllocations(new Map(before)), new Map(changed)), formatAllocations(kept));
    }),
    { numRuns: 500, seed: SEED },
  );
});

allocations("parseAllocations() gives back what was written, and takes a person's YAML too", () => {
  const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?$/);
  const status = fc.record({ vips: fc.array(fc.ipV4(), { maxLength: 2 }), pool: name }, { requiredKeys: ["vips"], noNullPrototype: true });
  const entry = fc.tuple(
    fc.tuple(name, name).map((parts) => parts.join("/")),
    status as fc.Arbitrary<ServiceStatus>,
  );
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const records = new Map(entries);
      const { records: read, bad } = parseAllocations(formatAllocations(records));
      assert.equal(bad, []);
      assert.equal([...read].sort(), [...records].sort());
    }),
    { seed: SEED, numRuns: 300 },
  );
  const byHand = `# mine\r\n${HEAD}\n  - { "service": default/web,  vips: [ 192.0.2.10 ] } # the old one\r\n- {service: "default/api", vips: ['2001:DB8:0::11'], pool: home}`;
  assert.equal(
    [...parseAllocations(byHand).records],
    [
      ["default/web", { vips: ["192.0.2.10"] }],
      ["default/api", { vips: ["2001:db8::11"], pool: "home" }],
    ],
  );
});

allocations("parseAllocations() tells garbage by line, and keeps the good lines", () => {
  const garbage = [
    "- {service: default/x, vips: [nothing]}",
    "- {service: x, vips: [192.0.2.1]}",
    "- {vips: [192.0.2.1]}",
    "- {service: a/b, vips: 192.0.2.1}",
    "- {service: a/b, vips: [192.0.2.1], pool: 7}",
    "- {service: a/b, vips: [",
    "- [a]",
    "kind Allocations",
    '- {service: "default/web", vips: ["192.0.2.99"], pool: "home"}',
    "- &a {service: *a}",
    '- {service: "a/\u0007", vips: []}',
    "x".repeat(10_000),
  ];
  const { records, bad } = parseAllocations(HEAD + WEB + garbage.map((line) => `${line}\n`).join("") + API);
  assert.equal([...records.keys()], ["default/web", "default/api"]);
  assert.equal(records.get("default/web")?.vips, ["192.0.2.10"]);
  assert.equal(
    bad.map(({ line }) => line),
    garbage.map((_, at) => at + 5),
  );
  assert.is(bad[8]?.expected, "no second line for default/web");
  assert.is(bad[11]?.found, `${"x".repeat(80)}…`);
});

allocations("write() makes the file, and remembers only what is written", async () => {
  const { file, told } = await open();
  assert.equal(file.problems(), []);
  await put(file, changes(["default/web", { vips: ["192.0.2.10"], pool: "home" }], ["default/api", { vips: [] }]));
  assert.equal(told, { "default/web": ["192.0.2.10"], "default/api": [] });
  assert.ok(readFileSync(path, "utf8").includes(WEB));
  await put(file, changes(["default/api", undefined]));
  assert.is(told["default/api"], undefined);
  assert.equal([...file.records().keys()], ["default/web"]);
  rmSync(directory, { recursive: true });
  const error = await put(file, changes(["default/web", undefined])).catch((reason: Error) => reason);
  assert.match((error as Error).message, `Cannot write ${path}: the directory does not exist`);
  assert.equal([...file.records().keys()], ["default/web"]);
  assert.equal(told["default/web"], ["192.0.2.10"]);
});

allocations("write() keeps the mode, and leaves no other file", async () => {
  writeFileSync(path, HEAD + WEB);
  chmodSync(path, 0o600);
  const { file } = await open();
  await Promise.all(Array.from({ length: 20 }, (_, at) => put(file, changes([`default/s-${at}`, { vips: [`192.0.2.${at}`] }]))));
  assert.is(file.records().size, 21);
  assert.is(parseAllocations(readFileSync(path, "utf8")).records.size, 21);
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.equal(readdirSync(directory), ["allocations.yaml"]);
});

allocations("prepare() removes what a killed writer left", async () => {
  writeFileSync(join(directory, ".allocations.yaml.tmp"), "half");
  const { file } = await open();
  await file.prepare();
  assert.equal(readdirSync(directory), []);
});

allocations("write() keeps a copy of what it could not understand", async () => {
  const broken = `${HEAD}${WEB}- {service: default/api, vips: [\n`;
  writeFileSync(path, broken);
  const { file, problems } = await open();
  assert.equal(problems(), ["5: - {service: default/api, vips: ["]);
  assert.equal([...file.records().keys()], ["default/web"]);
  await put(file, changes(["default/new", { vips: ["192.0.2.12"] }]));
  assert.is(readFileSync(`${path}.bad`, "utf8"), broken);
  assert.equal([...file.records().keys()].sort(), ["default/new", "default/web"]);
  assert.equal(problems(), []);
});

allocations("write() keeps a copy of a file that is no text", async () => {
  const bytes = Uint8Array.from([0xff, 0xfe, 0x00, 0x80]);
  writeFileSync(path, bytes);
  const { file, problems } = await open();
  assert.equal(problems(), ["1: bytes that are no UTF-8 text"]);
  await put(file, changes(["default/web", { vips: ["192.0.2.10"] }]));
  assert.equal([...readFileSync(`${path}.bad`)], [...bytes]);
  assert.equal(problems(), []);
});

allocations("write() refuses where there is something that it can neither read nor keep", async () => {
  mkdirSync(path);
  const { file } = await open();
  const error = await put(file, changes(["default/web", { vips: ["192.0.2.10"] }])).catch((reason: Error) => reason);
  assert.match((error as Error).message, `cannot be kept as ${path}.bad`);
  assert.ok(statSync(path).isDirectory());
});

allocations("write() does not undo an edit by hand that came just before", async () => {
  writeFileSync(path, HEAD + WEB);
  const { file } = await open();
  writeFileSync(path, HEAD + WEB + API);
  await put(file, changes(["default/new", { vips: ["192.0.2.12"] }]));
  assert.equal([...file.records().keys()].sort(), ["default/api", "default/new", "default/web"]);
});

allocations("write() does not undo an edit by hand that came after a write of its own", async () => {
  for (const [way, edit] of Object.entries({
    "in place": (text: string) => writeFileSync(path, text),
    "by rename": (text: string) => {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    },
  })) {
    const { file } = await open();
    await put(file, changes(["default/web", { vips: ["192.0.2.10"], pool: "home" }]));
    edit(`# by hand\n${HEAD}${API}${WEB}`);
    await put(file, changes(["default/new", { vips: ["192.0.2.12"] }]));
    assert.equal([...file.records().keys()].sort(), ["default/api", "default/new", "default/web"], way);
    await put(file, changes(["default/new", undefined], ["default/api", undefined]));
    assert.is(readFileSync(path, "utf8"), formatAllocations(new Map([["default/web", { vips: ["192.0.2.10"], pool: "home" }]])), way);
  }
});

allocations("a speaker follows the file", async () => {
  const speaker = await open(true);
  const controller = await open();
  await put(controller.file, changes(["default/web", { vips: ["192.0.2.10"], pool: "home" }]));
  await until(() => speaker.told["default/web"]?.[0] === "192.0.2.10");
  await put(controller.file, changes(["default/web", { vips: ["192.0.2.11"], pool: "home" }]));
  await until(() => speaker.told["default/web"]?.[0] === "192.0.2.11");
  await put(controller.file, changes(["default/web", undefined]));
  await until(() => speaker.told["default/web"] === undefined);
});

allocations("a speaker keeps what it knows while the file is gone, empty, half written or garbage", async () => {
  writeFileSync(path, HEAD + API + WEB);
  const { told, problems } = await open(true);
  const same = async () => {
    for (let round = 0; round < 60; round++) {
      assert.equal(told, { "default/web": ["192.0.2.10"], "default/api": ["192.0.2.11", "2001:db8::11"] });
      await delay(5);
    }
  };
  unlinkSync(path);
  await same();
  assert.equal(problems(), ["1: nothing"]);
  writeFileSync(path, HEAD + API + WEB);
  await until(() => problems().length === 0);
  writeFileSync(path, `${HEAD + API}- {service: "default/we`);
  await same();
  assert.equal(problems(), ['5: - {service: "default/we']);
  writeFileSync(path, HEAD + API + WEB);
  await until(() => problems().length === 0);
  truncateSync(path, 0);
  await delay(20);
  writeFileSync(path, HEAD + API + WEB);
  await same();
});

allocations("the writer puts back a file that was deleted", async () => {
  writeFileSync(path, HEAD + WEB);
  const { file, problems } = await open(true);
  await file.prepare();
  unlinkSync(path);
  await until(() => existsSync(path));
  await until(() => problems().length === 0);
  assert.ok(readFileSync(path, "utf8").includes(WEB));
});

allocations("10,000 entries take little more time than their bytes and their YAML alone", async () => {
  const { file } = await open();
  await put(
    file,
    new Map(Array.from({ length: 10_000 }, (_, at) => [`default/service-${at}`, { vips: [`10.1.${at >> 8}.${at & 255}`], pool: "home" }])),
  );
  const text = readFileSync(path, "utf8");
  const times = { read: [] as number[], yaml: [] as number[], write: [] as number[], bytes: [] as number[] };
  const measure = async (what: keyof typeof times, work: () => unknown) => {
    const start = performance.now();
    await work();
    times[what].push(performance.now() - start);
  };
  for (let round = 0; round < 7; round++) {
    await measure("read", () => parseAllocations(text));
    await measure("yaml", () => load(text));
    await measure("write", () => put(file, changes(["default/service-7", { vips: [`10.2.0.${round}`], pool: "home" }])));
    await measure("bytes", async () => {
      JSON.stringify([...file.records()]);
      await writeAtomically(join(directory, "other"), text);
    });
  }
  const [read, yaml, write, bytes] = Object.values(times).map((list) => list.sort((a, b) => a - b)[3] as number) as [
    number,
    number,
    number,
    number,
  ];
  assert.ok(read < 50 || read < 3 * yaml, `read in ${read.toFixed(1)} ms, as YAML in ${yaml.toFixed(1)} ms`);
  assert.ok(write < 30 || write < 5 * bytes, `written in ${write.toFixed(1)} ms, the bytes alone in ${bytes.toFixed(1)} ms`);
});

allocations.run();
