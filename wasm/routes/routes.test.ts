/** Module `routes` at its boundary: no imports, every argument an answer, memory that grows in `reserve` only. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CHANGE_BYTES, ROW_BYTES } from "../../host/packets/route-row.ts";
import { loadModule } from "../../host/packets/wasm.ts";

interface RoutesExports {
  readonly memory: WebAssembly.Memory;
  readonly ROWS: WebAssembly.Global;
  readonly BATCH_MAX: WebAssembly.Global;
  readonly ROW_BYTES: WebAssembly.Global;
  readonly CHANGE_BYTES: WebAssembly.Global;
  readonly KEYS_MAX: WebAssembly.Global;
  readonly TABLES_MAX: WebAssembly.Global;
  readonly keyCapacity: WebAssembly.Global;
  readonly [name: string]: unknown;
}

type Call = (...parameters: number[]) => number;

const LOWEST_STATUS = -8;
const OK = 0;
const BAD_TABLE = -1;
const BAD_COUNT = -2;
const BAD_ROW = -3;
const FULL = -4;
const TOO_MANY_TABLES = -5;
const TOO_LARGE = -6;

const module = loadModule("routes");
const MODULE = suite("routes module");

function start() {
  const wasm = new WebAssembly.Instance(module).exports as unknown as RoutesExports;
  const call = (name: string, ...parameters: number[]) => (wasm[name] as Call)(...parameters);
  /** Writes one row from hex (family, prefix length, prefix …), the rest zero, with attribute set 1. */
  const writeRow = (hex: string, at = 0) => {
    const row = Buffer.from(wasm.memory.buffer, wasm.ROWS.value + at * ROW_BYTES, ROW_BYTES);
    row.fill(0).write(hex.replaceAll(" ", ""), "hex");
    row.writeUInt32LE(1, 36);
  };
  return { wasm, call, writeRow };
}

MODULE("the module imports nothing, and its sizes are those of the host", () => {
  assert.is(WebAssembly.Module.imports(module).length, 0);
  const { wasm } = start();
  assert.is(wasm.ROW_BYTES.value, ROW_BYTES);
  assert.is(wasm.CHANGE_BYTES.value, CHANGE_BYTES);
});

MODULE("before the first reserve() every call has an answer", () => {
  const { call, writeRow } = start();
  writeRow("04200000 0a000001");
  assert.is(call("openDesired"), TOO_MANY_TABLES);
  for (const name of ["put", "remove", "touch"]) assert.is(call(name, 0, 1), BAD_TABLE);
  assert.is(call("diff", 0, 1, 0), BAD_TABLE);
  assert.is(call("reserve", 0, 1), OK);
  assert.is(call("openDesired"), 0);
  assert.is(call("openDesired"), TOO_MANY_TABLES);
});

MODULE("put() takes each prefix in one spelling only", () => {
  const { call, writeRow } = start();
  call("reserve", 64, 1);
  const table = call("openDesired");
  const good = [
    "04000000",
    "04200000 ffffffff",
    "04010000 80",
    "04180000 0a0000",
    "06000000",
    "0680ffff".replace("ffff", "0000") + "ff".repeat(16),
    "06400000 20010db8 00000001",
    "06410000 20010db8 00000001 80",
  ];
  const bad = [
    "00000000",
    "05000000",
    "04210000",
    "06810000",
    "04200100 0a000001",
    "04180000 0a000001",
    "04200000 0a000001 01",
    "06400000 20010db8 00000001 80",
    "06410000 20010db8 00000001 40",
    "063f0000 20010db8 00000001",
    "04000000 00000000 00000000 00000000 00000001",
  ];
  for (const row of good) {
    writeRow(row);
    assert.is(call("put", table, 1), OK, row);
  }
  for (const row of bad) {
    writeRow(row);
    assert.is(call("put", table, 1), BAD_ROW, row);
  }
  assert.is(call("rowCount", table), good.length);
});

MODULE("put() takes no row of a batch that has a bad one", () => {
  const { call, writeRow } = start();
  call("reserve", 64, 1);
  const table = call("openDesired");
  writeRow("04200000 0a000001", 0);
  writeRow("09200000 0a000002", 1);
  assert.is(call("put", table, 2), BAD_ROW);
  assert.is(call("rowCount", table), 0);
  assert.is(call("put", table, 0), BAD_COUNT);
  assert.is(call("put", table, 1025), BAD_COUNT);
});

MODULE("memory grows in reserve() only, and the limits are statuses", () => {
  const { wasm, call, writeRow } = start();
  assert.is(call("reserve", wasm.KEYS_MAX.value + 1, 1), TOO_LARGE);
  assert.is(call("reserve", 1, wasm.TABLES_MAX.value + 1), TOO_LARGE);
  assert.is(call("reserve", 0xffffffff, 0xffffffff), TOO_LARGE);
  assert.is(call("reserve", wasm.KEYS_MAX.value, wasm.TABLES_MAX.value), TOO_LARGE);
  assert.is(call("reserve", 64, 1), OK);
  const { buffer } = wasm.memory;
  const table = call("openDesired");
  for (let n = 0; n < 64; n++) {
    writeRow(`04200000 0a0000${n.toString(16).padStart(2, "0")}`);
    assert.is(call("put", table, 1), OK);
  }
  writeRow("04200000 0b000001");
  assert.is(call("put", table, 1), FULL);
  assert.is(wasm.memory.buffer, buffer);
  assert.is(call("reserve", 65, 0), OK);
  assert.is(wasm.keyCapacity.value, 128);
  writeRow("04200000 0b000001");
  assert.is(call("put", table, 1), OK);
  assert.is(call("rowCount", table), 65);
});

MODULE("no sequence of calls with any arguments makes it trap", () => {
  const small = fc.oneof(fc.nat(5), fc.nat(1100), fc.integer());
  const names = [
    "openDesired",
    "openTold",
    "close",
    "put",
    "remove",
    "touch",
    "touchAll",
    "doubtAll",
    "get",
    "rowCount",
    "diff",
    "reserve",
  ];
  const noise = fc.tuple(fc.constantFrom(4, 4, 6, 5), fc.constantFrom(0, 8, 32, 128, 200), fc.nat(7), fc.constantFrom(0, 1, 2, 0xffffffff));
  const step = fc.tuple(fc.constantFrom(...names), small, small, fc.nat(1), noise);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
      const { wasm, call } = start();
      call("reserve", 64, 4);
      for (const [name, a, b, c, [family, prefixLength, prefix, attributes]] of steps) {
        const row = Buffer.from(wasm.memory.buffer, wasm.ROWS.value, ROW_BYTES).fill(0);
        row.set([family, prefixLength, 0, 0, prefix << 5]);
        row.writeUInt32LE(attributes, 36);
        const status = name === "reserve" ? call(name, a & 0x1ff, b & 7) : call(name, a, b, c);
        assert.ok(status >= LOWEST_STATUS, `${name} answered ${status}`);
        assert.ok(name === "reserve" || status <= 1024);
      }
    }),
    { numRuns: 400 },
  );
});

MODULE("seed() may be called at any time", () => {
  const { wasm, call, writeRow } = start();
  const seed = wasm["seed"] as (value: bigint) => void;
  seed(1n);
  call("reserve", 64, 1);
  const table = call("openDesired");
  for (let n = 0; n < 60; n++) {
    writeRow(`04200000 0a0000${n.toString(16).padStart(2, "0")}`);
    call("put", table, 1);
    seed(BigInt(n) * 0x123456789abcdefn);
  }
  for (let n = 0; n < 60; n++) {
    writeRow(`04200000 0a0000${n.toString(16).padStart(2, "0")}`);
    assert.is(call("get", table), 1);
  }
});

MODULE.run();
