/** Module `rank` with the names of nodes and the candidates of the last call in it. */

import type { Candidate } from "../rules/rank.ts";
import { loadModule, type WasmModule } from "./wasm.ts";

interface RankExports {
  readonly memory: WebAssembly.Memory;
  readonly NAME: WebAssembly.Global;
  readonly NAME_MAX: WebAssembly.Global;
  readonly VIP: WebAssembly.Global;
  readonly VIP_MAX: WebAssembly.Global;
  readonly CANDIDATES: WebAssembly.Global;
  readonly RANKED: WebAssembly.Global;
  readonly DIGESTS: WebAssembly.Global;
  readonly NODES_MAX: WebAssembly.Global;
  setNode(index: number, length: number): number;
  rank(vipLength: number, count: number, most: number): number;
}

/** A candidate with the part of its digest that nearly always decides. */
export interface Ranked extends Candidate {
  /** The first 53 bits of its SHA-256 with the VIP. */
  readonly key: number;
}

const MOST = 0xffffffff;

/** With SIMD where this CPU has it: every x86-64 and arm64 does, 32-bit ARM only with NEON. */
export function loadRankModule(): WasmModule {
  try {
    return loadModule("rank-simd");
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return loadModule("rank");
    throw error;
  }
}

/**
 * Ranks with a module instance of its own. Node names are written once, and candidates where they are another array than in the call
 * before, so that a further VIP costs its digests and no more.
 */
export class RankModule {
  readonly #wasm: RankExports;
  readonly #bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #indexes = new Map<string, number>();
  #written: readonly Candidate[] = [];
  #digests = 0;

  constructor(module: WasmModule = loadRankModule()) {
    this.#wasm = new WebAssembly.Instance(module).exports as unknown as RankExports;
    const { buffer } = this.#wasm.memory;
    this.#bytes = Buffer.from(buffer);
    this.#words = new Uint32Array(buffer);
  }

  /** How many were computed until now. */
  get digests(): number {
    return this.#digests;
  }

  /**
   * The first `most` of the candidates. An array is read once; it must not change afterwards. Throws RangeError on a name, a VIP or a number
   * of candidates that the module has no room for.
   */
  rank(vip: string, candidates: readonly Candidate[], most = MOST): Ranked[] {
    if (candidates !== this.#written) this.#writeCandidates(vip, candidates);
    const { VIP, VIP_MAX, RANKED } = this.#wasm;
    this.#wasm.rank(this.#writeText("VIP", vip, VIP.value, VIP_MAX.value), candidates.length, most);
    this.#digests += candidates.length;
    return Array.from({ length: Math.min(most, candidates.length) }, (_, place) => {
      const at = this.#words[RANKED.value / 4 + place] as number;
      const { name, weight } = candidates[at] as Candidate;
      return { name, weight, key: this.#keyAt(at) };
    });
  }

  #writeCandidates(vip: string, candidates: readonly Candidate[]): void {
    const most = this.#wasm.NODES_MAX.value;
    if (candidates.length > most) throw new RangeError(`Cannot rank ${candidates.length} nodes for ${vip}: expected at most ${most}`);
    // Names of nodes that are gone are forgotten all at once, when there may be no room for new ones.
    if (this.#indexes.size + candidates.length > most && candidates.some(({ name }) => !this.#indexes.has(name))) this.#indexes.clear();
    this.#written = [];
    const base = this.#wasm.CANDIDATES.value / 4;
    for (const [at, { name, weight }] of candidates.entries()) {
      this.#words[base + 2 * at] = this.#indexOf(name);
      this.#words[base + 2 * at + 1] = weight;
    }
    this.#written = candidates;
  }

  #indexOf(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    const index = this.#indexes.size;
    const { NAME, NAME_MAX } = this.#wasm;
    this.#wasm.setNode(index, this.#writeText("node", name, NAME.value, NAME_MAX.value));
    this.#indexes.set(name, index);
    return index;
  }

  #writeText(what: string, text: string, at: number, most: number): number {
    const length = Buffer.byteLength(text);
    if (length === 0 || length > most)
      throw new RangeError(`Cannot rank ${what} ${JSON.stringify(text)}: ${length} bytes, expected 1 to ${most}`);
    return this.#bytes.write(text, at, "utf8");
  }

  /** The module stores the first eight bytes of a digest as a little-endian u64. */
  #keyAt(at: number): number {
    const word = this.#wasm.DIGESTS.value / 4 + 8 * at;
    return (this.#words[word + 1] as number) * 0x20_0000 + ((this.#words[word] as number) >>> 11);
  }
}
