/** Finds and compiles WebAssembly modules: Herald's own as they are, those of others with fuel in them. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type FuelLimits, injectFuel } from "./fuel/inject-fuel.ts";

/** For folders that hand modules on and never look inside. */
export type WasmModule = WebAssembly.Module;

const modules = new Map<string, WasmModule>();

/** Compiles `dist/wasm/NAME.wasm`, once a process. Throws where the module was not built. */
export function loadModule(name: string): WasmModule {
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(find(name)));
    modules.set(name, module);
  }
  return module;
}

/** Compiles a packet program that nobody has read. Throws one line with the reason where it may not run. */
export function compileProgram(bytes: Uint8Array, limits?: FuelLimits): WasmModule {
  return new WebAssembly.Module(injectFuel(bytes, limits));
}

/** The bundle lies beside `wasm/`, the sources two folders below `dist/`. */
function find(name: string): string {
  const places = [`./wasm/${name}.wasm`, `../../dist/wasm/${name}.wasm`].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error(`Cannot find WebAssembly module ${name}: expected ${places.join(" or ")}, built by node build.mjs wasm`);
  return found;
}
