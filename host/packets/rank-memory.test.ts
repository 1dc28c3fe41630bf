/** The memory of ranks: whatever has come and gone, what it says is what ranking all anew says, and it says it with few digests. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Candidate } from "../rules/rank.ts";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { Ranker } from "./rank.ts";
import { changeBetween } from "./rank-change.ts";
import { RankModule } from "./rank-module.ts";
import { loadModule } from "./wasm.ts";

const MEMORY = suite("Ranker");
const seed = testSeed();
const random = randomFrom(seed);

const named = (count: number, from = 0): Candidate[] =>
  Array.from({ length: count }, (_, at) => ({ name: `node-${from + at}`, weight: 0 }));
const vipsOf = (count: number) => Array.from({ length: count }, (_, at) => `192.0.2.${at}`);

/** Asks for all of them twice: what is given once is not remembered. */
function askAll(ranker: Ranker, vips: readonly string[], candidates: readonly Candidate[], most = 4): void {
  for (const _ of [1, 2]) for (const vip of vips) ranker.rank(vip, candidates, most);
}

function digestsOf(ranker: Ranker, work: () => void): number {
  const before = ranker.counts().digests;
  work();
  return ranker.counts().digests - before;
}

/** Some nodes leave, some come, some get another weight. */
function changed(candidates: readonly Candidate[], next: () => string): readonly Candidate[] {
  const kind = random(8);
  const at = random(candidates.length);
  if (kind === 0) return candidates.map((candidate, place) => (place === at ? { ...candidate, weight: random(3) } : candidate));
  if (kind === 1) return [...candidates];
  if (kind === 2) return candidates.filter(() => random(3) > 0);
  if (kind <= 4 && candidates.length > 2) return candidates.filter((_, place) => place !== at);
  return [...candidates, ...Array.from({ length: 1 + random(6) }, () => ({ name: next(), weight: random(6) === 0 ? 1 : 0 }))];
}

MEMORY("rank() is as from scratch after any sequence of joins, leaves and weights", () => {
  for (let trial = 0; trial < 6; trial++) {
    const ranker = new Ranker();
    let count = 0;
    const next = () => `node-${count++}`;
    let candidates: readonly Candidate[] = Array.from({ length: 30 + random(30) }, () => ({ name: next(), weight: 0 }));
    const others = candidates.slice(0, 40);
    for (let step = 0; step < 40; step++) {
      candidates = changed(candidates, next);
      const asks = [...vipsOf(5), ...vipsOf(5)].filter(() => random(4) > 0);
      for (const vip of asks) {
        const most = [undefined, 1 + random(9), 4][random(3)];
        const asked = random(9) === 0 ? others : candidates;
        const what = `seed ${seed}, trial ${trial}, step ${step}, ${vip}, ${most} of ${asked.length}`;
        assert.equal(ranker.rank(vip, asked, most), rankOracle(vip, asked, most), what);
      }
    }
  }
});

MEMORY("rank() computes no digest for what it was asked before", () => {
  const ranker = new Ranker();
  const candidates = named(200);
  askAll(ranker, vipsOf(20), candidates);
  assert.is(
    digestsOf(ranker, () => askAll(ranker, vipsOf(20), candidates)),
    0,
  );
  const same = candidates.map((candidate) => ({ ...candidate }));
  ranker.rank("192.0.2.0", same, 4);
  assert.is(
    digestsOf(ranker, () => askAll(ranker, vipsOf(20), same)),
    0,
    "another array of the same",
  );
});

MEMORY("rank() computes one digest a VIP for a node that comes, and none for one that goes far behind", () => {
  const ranker = new Ranker();
  const candidates = named(200);
  const vips = vipsOf(50);
  askAll(ranker, vips, candidates);
  const more = [...candidates, ...named(1, 200)];
  ranker.rank("192.0.2.0", more, 4);
  assert.is(
    digestsOf(ranker, () => askAll(ranker, vips, more)),
    vips.length,
  );
  const last = vips.map((vip) => rankOracle(vip, more).slice(8));
  const gone = more.find(({ name }) => last.every((names) => names.includes(name)))?.name;
  assert.type(gone, "string");
  const less = more.filter(({ name }) => name !== gone);
  ranker.rank("192.0.2.0", less, 4);
  assert.is(
    digestsOf(ranker, () => askAll(ranker, vips, less)),
    0,
  );
});

MEMORY("rank() ranks anew what has lost more nodes than it keeps in reserve", () => {
  const ranker = new Ranker();
  let candidates: readonly Candidate[] = named(100);
  askAll(ranker, ["192.0.2.1"], candidates);
  for (let step = 1; step <= 12; step++) {
    const [owner] = rankOracle("192.0.2.1", candidates);
    candidates = candidates.filter(({ name }) => name !== owner);
    askAll(ranker, ["192.0.2.1"], candidates);
    assert.equal(ranker.rank("192.0.2.1", candidates, 4), rankOracle("192.0.2.1", candidates, 4), `${step} gone`);
  }
});

MEMORY("rank() remembers a bounded number of VIPs, and none whose candidates are long gone", () => {
  const ranker = new Ranker();
  const candidates = named(40);
  askAll(ranker, ["192.0.2.1", "192.0.2.2"], candidates);
  for (let step = 1; step <= 70; step++) askAll(ranker, ["192.0.2.1"], named(40, step));
  assert.is(ranker.counts().vips, 1);
  for (let vip = 0; vip < 66_000; vip++) ranker.rank(`2001:db8::${vip.toString(16)}`, candidates, 4);
  assert.ok(ranker.counts().vips <= 65_536);
});

MEMORY("rank() is the same with and without SIMD", () => {
  const [plain, wide] = ["rank", "rank-simd"].map((name) => new Ranker(new RankModule(loadModule(name))));
  const candidates = Array.from({ length: 300 }, (_, at) => ({ name: `n${"x".repeat(at % 200)}${at}`, weight: at % 7 === 0 ? 1 : 0 }));
  for (const vip of ["10.0.0.1", "2001:db8:1234:5678:9abc:def0:1234:5678", "x".repeat(64)]) {
    for (const most of [undefined, 1, 5]) assert.equal(plain?.rank(vip, candidates, most), wide?.rank(vip, candidates, most));
  }
});

MEMORY("changeBetween() names who went, who came, and who has another weight", () => {
  const before = named(10);
  const after = [...before.slice(1), { name: "new", weight: 2 }].map((each) => (each.name === "node-5" ? { ...each, weight: 1 } : each));
  const change = changeBetween(before, after);
  assert.equal([...(change?.gone ?? [])].sort(), ["node-0", "node-5"]);
  assert.equal(change?.came, [
    { name: "node-5", weight: 1 },
    { name: "new", weight: 2 },
  ]);
  assert.is.not(changeBetween(before, named(10, 5)), undefined, "half is new");
  assert.is(changeBetween(before, named(10, 6)), undefined, "more than half");
});

MEMORY.run();
