/** What plugins import as `herald`: one module, built beside the program, so that a shipped Herald needs none of its sources. */

import { readFile } from "node:fs/promises";
import { hashOf } from "./pin.ts";

export interface ContractModule {
  readonly code: string;
  readonly hash: string;
}

/** The bundle lies beside it, the sources three folders below `dist/`. */
const PLACES = ["./announcer.mjs", "../../../dist/announcer.mjs"].map((place) => new URL(place, import.meta.url));

let module: Promise<ContractModule> | undefined;

/** Rejects where it was not built. */
export function contractModule(): Promise<ContractModule> {
  return (module ??= readContract());
}

async function readContract(): Promise<ContractModule> {
  for (const place of PLACES) {
    const code = await readFile(place, "utf8").catch(() => undefined);
    if (code !== undefined) return { code, hash: hashOf(code) };
  }
  throw new Error("Cannot find announcer.mjs, which plugins import as herald: expected it beside the program, built by node build.mjs");
}
