/** Modules `rank` and `rank-simd` at their boundary: the order, the statuses, and that no argument can make them trap. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadModule } from "../../host/packets/wasm.ts";

interface RankExports {
  readonly memory: WebAssembly.Memory;
  readonly NAME: WebAssembly.Global;
  readonly VIP: WebAssembly.Global;
  readonly CANDIDATES: WebAssembly.Global;
  readonly RANKED: WebAssembly.Global;
  readonly DIGESTS: WebAssembly.Global;
  readonly NODES_MAX: WebAssembly.Global;
  setNode(index: number, length: number): number;
  rank(vipLength: number, count: number, most: number): number;
}

const BAD_NODE = -1;
const BAD_NAME = -2;
const BAD_VIP = -3;
const TOO_MANY = -4;
const UNKNOWN_NODE = -5;

const ALL = 0xffffffff;

function start(module: WebAssembly.Module) {
  const exports = new WebAssembly.Instance(module).exports as unknown as RankExports;
  const bytes = new Uint8Array(exports.memory.buffer);
  const words = new DataView(exports.memory.buffer);
  const write = (at: number, text: string) => Buffer.from(bytes.buffer).write(text, at, "utf8");
  return {
    ...exports,
    bytes,
    setName: (index: number, name: string) => exports.setNode(index, write(exports.NAME.value, name)),
    /** Positions in order, of candidates with these weights that are nodes 0, 1, … or `nodes`; at least the first `most` are right. */
    order(vip: string, weights: readonly number[], { nodes = [...weights.keys()], most = ALL } = {}) {
      weights.forEach((weight, at) => {
        words.setUint32(exports.CANDIDATES.value + at * 8, nodes[at] ?? 0, true);
        words.setUint32(exports.CANDIDATES.value + at * 8 + 4, weight, true);
      });
      const status = exports.rank(write(exports.VIP.value, vip), weights.length, most);
      return status < 0 ? status : weights.map((_, at) => words.getUint32(exports.RANKED.value + at * 4, true)).slice(0, most);
    },
    digestAt: (position: number) =>
      [0, 8, 16, 24]
        .map((at) =>
          words
            .getBigUint64(exports.DIGESTS.value + position * 32 + at, true)
            .toString(16)
            .padStart(16, "0"),
        )
        .join(""),
  };
}

function digest(name: string, vip: string): string {
  return createHash("sha256").update(`${name}#${vip}`).digest("hex");
}

for (const name of ["rank", "rank-simd"]) {
  const module = loadModule(name);
  const RANK = suite(name);

  RANK("the module imports nothing and cannot grow", () => {
    assert.is(WebAssembly.Module.imports(module).length, 0);
    const { memory } = start(module);
    assert.throws(() => memory.grow(1));
  });

  RANK("rank() orders as SHA-256 does, whatever the lengths of name and VIP", () => {
    const rank = start(module);
    const name = fc.string({ unit: fc.constantFrom(..."abcxyz019.-"), minLength: 1, maxLength: 253, size: "max" });
    const vip = fc.string({ unit: fc.constantFrom(..."0123456789abcdef.:"), minLength: 1, maxLength: 64, size: "max" });
    const nodes = fc.uniqueArray(fc.tuple(name, fc.nat(3)), { selector: ([text]) => text, minLength: 1, maxLength: 40, size: "max" });
    fc.assert(
      fc.property(nodes, vip, fc.nat(40), (candidates, text, most) => {
        for (const [at, [node]] of candidates.entries()) assert.is(rank.setName(at, node), 0);
        const wanted = candidates
          .map(([node, weight], at) => ({ at, weight, hash: digest(node, text) }))
          .sort((a, b) => b.weight - a.weight || (a.hash < b.hash ? -1 : 1));
        const weights = candidates.map(([, weight]) => weight);
        assert.equal(rank.order(text, weights).toString(), wanted.map(({ at }) => at).toString());
        assert.equal(
          rank.order(text, weights, { most }).toString(),
          wanted
            .slice(0, most)
            .map(({ at }) => at)
            .toString(),
        );
        for (const { at, hash } of wanted) assert.is(rank.digestAt(at), hash);
      }),
      { numRuns: 300 },
    );
  });

  RANK("rank() hashes every message length across the block boundaries", () => {
    const rank = start(module);
    for (let length = 1; length <= 253; length++) {
      const names = ["a", "b", "c"].map((letter) => letter.repeat(length));
      names.forEach((text, at) => void rank.setName(at, text));
      const wanted = [0, 1, 2].sort((a, b) => (digest(names[a] ?? "", "192.0.2.1") < digest(names[b] ?? "", "192.0.2.1") ? -1 : 1));
      assert.equal(rank.order("192.0.2.1", [0, 0, 0]), wanted, `names of ${length} bytes`);
    }
  });

  RANK("rank() compares weights as unsigned numbers, before hashes", () => {
    const rank = start(module);
    ["a", "b", "c"].forEach((text, at) => void rank.setName(at, text));
    assert.equal(rank.order("192.0.2.1", [1, 0xffffffff, 2]), [1, 2, 0]);
  });

  RANK("rank() holds all nodes that it says it holds", () => {
    const rank = start(module);
    const count = rank.NODES_MAX.value;
    const names = Array.from({ length: count }, (_, at) => `${"n".repeat(240)}${at}`);
    for (const [at, text] of names.entries()) assert.is(rank.setName(at, text), 0);
    const hashes = names.map((text) => digest(text, "2001:db8::10"));
    const wanted = [...names.keys()].sort((a, b) => ((hashes[a] ?? "") < (hashes[b] ?? "") ? -1 : 1));
    assert.equal(rank.order("2001:db8::10", Array(count).fill(7)), wanted);
  });

  RANK("bad arguments are statuses and change no candidate", () => {
    const rank = start(module);
    const count = rank.NODES_MAX.value;
    assert.is(rank.setNode(count, 1), BAD_NODE);
    assert.is(rank.setNode(0xffffffff, 1), BAD_NODE);
    assert.is(rank.setNode(0, 0), BAD_NAME);
    assert.is(rank.setNode(0, 254), BAD_NAME);
    rank.setName(0, "a");
    assert.is(rank.rank(0, 1, 1), BAD_VIP);
    assert.is(rank.rank(65, 1, 1), BAD_VIP);
    assert.is(rank.rank(1, count + 1, 1), TOO_MANY);
    assert.is(rank.order("192.0.2.1", [0, 0], { nodes: [0, 1] }), UNKNOWN_NODE);
    assert.is(rank.order("192.0.2.1", [0, 0], { nodes: [0, 0xffffffff] }), UNKNOWN_NODE);
    assert.equal(rank.order("192.0.2.1", []), []);
  });

  RANK("no arguments and no memory content make it trap", () => {
    const rank = start(module);
    const from = rank.NAME.value;
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        fc.integer(),
        fc.integer(),
        fc.uint8Array({ maxLength: 4096, size: "max" }),
        (a, b, c, d, noise) => {
          rank.bytes.set(noise, from);
          for (const status of [
            rank.setNode(a, b),
            rank.setNode(a & 0x3fff, b & 0x1ff),
            rank.rank(c, d, a),
            rank.rank(c & 0x7f, d & 0x3ff, b),
          ]) {
            assert.ok(status <= 0 && status >= UNKNOWN_NODE);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  RANK.run();
}
