/** Finds and compiles WebAssembly modules: Herald's own as they are, those of others with fuel in them. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type FuelLimits, injectFuel } from "./fuel/inject-fuel.ts";

/** For folders that hand modules on and never look inside. */
export type WasmModule = WebAssembly.Module;

const modules = new Map<string, WasmModule>();
const provided = new Map<string, Uint8Array>();

/** Compiles `dist/wasm/NAME.wasm`, once a process, or what was provided in its place. Throws where the module was not built. */
export function loadModule(name: string): WasmModule {
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(provided.get(name) ?? moduleBytes(name));
    modules.set(name, module);
  }
  return module;
}

/** What `loadModule` compiles. */
export function moduleBytes(name: string): Uint8Array {
  return readFileSync(find(name));
}

/** Gives a module's bytes to a process that can read no file. */
export function provideModule(name: string, bytes: Uint8Array): void {
  provided.set(name, bytes);
}

/** Compiles a packet program that nobody has read. Throws one line with the reason where it may not run. */
export function compileProgram(bytes: Uint8Array, limits?: FuelLimits): WasmModule {
  return new WebAssembly.Module(injectFuel(bytes, limits));
}

/** Herald's own module with fuel in it, to measure what that costs. */
export function loadWithFuel(name: string, limits?: FuelLimits): WasmModule {
  return compileProgram(readFileSync(find(name)), limits);
}

/** The bundle lies beside `wasm/`, the sources two folders below `dist/`. */
function find(name: string): string {
  const places = [`./wasm/${name}.wasm`, `../../dist/wasm/${name}.wasm`].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new Error(`Cannot find WebAssembly module ${name}: expected ${places.join(" or ")}, built by node build.mjs wasm`);
  return found;
}
