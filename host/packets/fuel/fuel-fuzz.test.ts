/**
 * Fuel put into modules that were mutated at random: each is refused with a reason, or becomes a valid module that ends whatever is called.
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../../workbench/testing/random.ts";
import { FUEL, injectFuel } from "./inject-fuel.ts";

const FUZZ = suite("fuel fuzz");
const ROUNDS = 6000;
const FUEL_A_CALL = 200_000;

const sources = ["echo", "arp", "bfd"].map((name) => readFileSync(new URL(`../../../dist/wasm/${name}.wasm`, import.meta.url)));

/** Gives undefined where it was refused. */
function tryInjecting(module: Uint8Array): Uint8Array | undefined {
  try {
    return injectFuel(module, { mostPages: 256 });
  } catch (error) {
    assert.match((error as Error).message, /^Cannot run the packet program: it (has|is) /);
    return undefined;
  }
}

/** Calls all that can be called, with numbers; what traps is fine, what does not end is not. */
function exercise(module: Uint8Array): void {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  const fuel = exports[FUEL] as { value: number };
  for (const call of Object.values(exports)) {
    if (typeof call !== "function") continue;
    fuel.value = FUEL_A_CALL;
    try {
      call(0, 3, 7);
    } catch (error) {
      // A number in place of a BigInt is a TypeError, the end of the stack a RangeError.
      assert.ok(error instanceof WebAssembly.RuntimeError || error instanceof TypeError || error instanceof RangeError, String(error));
    }
  }
}

FUZZ("mutated modules are refused or end", () => {
  const random = randomFrom(testSeed());
  let sound = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const source = sources[random(sources.length)] as Uint8Array;
    const module = Uint8Array.from(source);
    // Most mutations in the data change nothing, so they go where the code is as a rule.
    for (let left = 1 + random(3); left > 0; left--) module[random(module.length)] = random(256);
    const injected = tryInjecting(random(20) === 0 ? module.slice(0, random(module.length)) : module);
    if (injected === undefined) continue;
    sound++;
    if (sound % 10 !== 0) continue;
    try {
      exercise(injected);
    } catch (error) {
      // Data beyond the memory, when the instance is made.
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    }
  }
  assert.ok(sound > ROUNDS / 50, `${sound} of ${ROUNDS} were still modules`);
});

FUZZ.run();
