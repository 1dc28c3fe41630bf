/** The order in which nodes should own a VIP, computed by module `rank`. */

import type { RankNodes } from "../rules/rank.ts";
import { loadModule } from "./wasm.ts";

interface RankExports {
  readonly memory: WebAssembly.Memory;
  readonly NAME: WebAssembly.Global;
  readonly NAME_MAX: WebAssembly.Global;
  readonly VIP: WebAssembly.Global;
  readonly VIP_MAX: WebAssembly.Global;
  readonly CANDIDATES: WebAssembly.Global;
  readonly CANDIDATE_BYTES: WebAssembly.Global;
  readonly NODES_MAX: WebAssembly.Global;
  setNode(index: number, length: number): number;
  rank(vipLength: number, count: number): number;
}

/**
 * Makes a ranking function with a module of its own, which remembers node names by index so that a call writes eight
 * bytes a candidate. Throws RangeError on a name, a VIP or a number of candidates that the module has no room for.
 */
export function createRank(): RankNodes {
  const wasm = new WebAssembly.Instance(loadModule("rank")).exports as unknown as RankExports;
  const bytes = Buffer.from(wasm.memory.buffer);
  const base = wasm.CANDIDATES.value;
  const stride = wasm.CANDIDATE_BYTES.value;
  const indexes = new Map<string, number>();
  const names: string[] = [];

  function writeText(what: string, text: string, at: number, most: number): number {
    const length = Buffer.byteLength(text);
    if (length === 0 || length > most)
      throw new RangeError(`Cannot rank ${what} ${JSON.stringify(text)}: ${length} bytes, expected 1 to ${most}`);
    return bytes.write(text, at, "utf8");
  }

  function indexOf(name: string): number {
    const known = indexes.get(name);
    if (known !== undefined) return known;
    const index = names.length;
    wasm.setNode(index, writeText("node", name, wasm.NAME.value, wasm.NAME_MAX.value));
    indexes.set(name, index);
    names.push(name);
    return index;
  }

  return (vip, candidates) => {
    const most = wasm.NODES_MAX.value;
    if (candidates.length > most) throw new RangeError(`Cannot rank ${candidates.length} nodes for ${vip}: expected at most ${most}`);
    // Names of nodes that are gone are forgotten all at once, when there may be no room for new ones.
    if (names.length + candidates.length > most && candidates.some(({ name }) => !indexes.has(name))) {
      indexes.clear();
      names.length = 0;
    }
    candidates.forEach(({ name, weight }, at) => {
      bytes.writeUInt32LE(indexOf(name), base + at * stride);
      bytes.writeUInt32LE(weight, base + at * stride + 4);
    });
    wasm.rank(writeText("VIP", vip, wasm.VIP.value, wasm.VIP_MAX.value), candidates.length);
    return candidates.map((_, at) => names[bytes.readUInt32LE(base + at * stride)] as string);
  };
}
