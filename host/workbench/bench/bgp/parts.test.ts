/** Parts of `herald bench bgp` that need no network. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bgp } from "../../../packets/codec/bgp.ts";
import type { Cell } from "./cell.ts";
import { exabgpConfig, exabgpLines } from "./exabgp.ts";
import { createReport, type OnWire } from "./report.ts";
import { birdConfig, frrConfig, gobgpConfig, openbgpdConfig } from "./routers.ts";
import { addressOf, encodeChanges, writeChange, writeChanges } from "./routes.ts";
import { createSenders, senderNames } from "./senders.ts";
import { formatReport } from "./text.ts";

const parts = suite("bgp bench parts");
const speaker = { asNumber: 64_602, address: "192.0.2.2" };

/** Prefix → communities, and what was withdrawn. */
function read(chunks: readonly Uint8Array[]): { told: Map<string, string>; withdrawn: string[] } {
  const framer = bgp.createFramer();
  const told = new Map<string, string>();
  const withdrawn: string[] = [];
  for (const bytes of chunks.flatMap((chunk) => framer.push(chunk).messages)) {
    const { message } = bgp.decode(bytes);
    if (message?.type !== "update") throw new Error("It is no UPDATE");
    withdrawn.push(...message.withdrawnRoutes);
    for (const prefix of message.nlri) told.set(prefix, message.pathAttributes.communities?.join(" ") ?? "");
  }
  return { told, withdrawn };
}

parts("addressOf() counts through the octets", () => {
  assert.equal([0, 255, 256, 999_999].map(addressOf), ["10.0.0.0", "10.0.0.255", "10.0.1.0", "10.15.66.63"]);
});

parts("encodeChanges() tells every route once, with the tag of its set, and takes each back", () => {
  const table = { routes: 2500, sets: 7 };
  const { told } = read(encodeChanges(writeChanges(table, "added"), speaker));
  assert.is(told.size, 2500);
  for (const route of [0, 6, 7, 2499]) assert.is(told.get(`${addressOf(route)}/32`), `65000:${1 + (route % 7)}`);
  const { withdrawn } = read(encodeChanges(writeChanges(table, "removed"), speaker));
  assert.is(new Set(withdrawn).size, 2500);
  assert.equal([...read(encodeChanges(writeChange(3, 60_001), speaker)).told], [["10.0.0.3/32", "65000:60001"]]);
});

parts("exabgpLines() says the same in words", () => {
  const lines = [...exabgpLines("announce", { routes: 2500, sets: 2 })];
  const told = new Map<string, string>();
  for (const line of lines) {
    const [, community = "", prefixes = ""] = /^announce attributes .* community \[(.*)\] nlri (.*)$/.exec(line) ?? [];
    assert.ok(prefixes.split(" ").length <= 1000);
    for (const prefix of prefixes.split(" ")) told.set(prefix, community);
  }
  assert.equal([...told].sort(), [...read(encodeChanges(writeChanges({ routes: 2500, sets: 2 }, "added"), speaker)).told].sort());
  assert.match([...exabgpLines({ route: 1, tag: 9 }, { routes: 2, sets: 1 })].join(), /^announce route 10\.0\.0\.1\/32 .*\[65000:9\]$/);
});

parts("every router is told of the receiver and the feeder, and waits for both", () => {
  for (const [config, wait, times] of [
    [birdConfig(), /passive yes/g, 2],
    [frrConfig(), /neighbor \S+ passive/g, 2],
    [gobgpConfig(), /passive-mode = true/g, 2],
    [openbgpdConfig("/run/x"), / {2}passive/g, 2],
    [exabgpConfig("/relay"), /passive true/g, 1],
  ] as const) {
    assert.match(config, "192.0.2.1");
    assert.is(config.match(wait)?.length, times);
  }
});

parts("every sender comes or is missed by its package", () => {
  const { senders, notRun } = createSenders(senderNames, () => [], undefined);
  assert.equal([...senders, ...notRun].map(({ name }) => name).sort(), senderNames.filter((name) => name !== "herald").sort());
  for (const { reason } of notRun) assert.match(reason, /^not installed \(apt-get install \w+\)$/);
});

const none = { withdrawMs: null, cpuMs: 1, receiverCpuMs: 1, messages: 1, loadedBytes: 1e6, peakBytes: 2e6, failure: null };

function cell(contender: string, round: number, announceMs: number | null, more: Partial<Cell> = {}): OnWire["cells"][number] {
  return { ...none, routes: 1_000_000, sets: 1, changeMs: [], contender, round, announceMs, ...more };
}

const codec = [{ routes: 1_000_000, sets: 1, encodeNs: [3, 3, 5], packNs: [9], equalMs: [21], changedMs: [50] }];
const options = { rounds: 2, sizes: [1_000_000], senders: [], limitSeconds: 20, full: true };

parts("createReport() compares inside rounds, and misses what is missed", () => {
  const cells = [
    cell("herald", 0, 100, { changeMs: [1, 1, 9] }),
    cell("gobgp", 0, 90),
    cell("frr", 0, 200),
    cell("exabgp", 0, null, { failure: "Cannot bench: the receiver was silent for 20 s" }),
    cell("replay", 0, 300),
    cell("herald", 1, 1000, { changeMs: [1] }),
    cell("gobgp", 1, 900),
    cell("frr", 1, 2000),
  ];
  const report = createReport(options, codec, { cells, notRun: [{ name: "bird", reason: "not installed" }] });
  assert.equal(
    report.targets.map(({ found, isMet }) => [found, isMet]),
    [
      ["3.00 ns", true],
      ["21.0 ms", false],
      ["111.1 %", false],
      ["50.0 %", true],
      ["it did not finish", null],
      ["1.00 ms", true],
    ],
  );
  assert.equal(
    report.figures.filter(({ what }) => what.startsWith("From Established")).map(({ of, values }) => [of, values]),
    [
      ["herald", [100, 1000]],
      ["gobgp", [90, 900]],
      ["frr", [200, 2000]],
      ["exabgp", [null]],
      ["replay", [300]],
    ],
  );
  assert.equal(report.summaries[0]?.changeMs, { p50: 1, p99: 9, count: 4 });
  assert.match(report.notes.join(), "The receiver may have been the limit for gobgp");
  const text = formatReport(report);
  for (const wanted of [
    "> 20 s",
    "exabgp: Cannot bench: the receiver was silent",
    "bird: not run: not installed",
    "1,000,000 routes, 1 attribute set",
  ])
    assert.ok(text.includes(wanted), wanted);
});

parts.run();
