/** How much memory another process has. */

import { readFileSync } from "node:fs";

const PAGE_BYTES = 4096;

/** Resident, without what it shares with others, such as the code of Node; nothing where that cannot be read. proc(5) "statm". */
export function memoryOf(pid: number): { readonly memoryBytes?: number } {
  try {
    const [, resident = "", shared = ""] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
    const pages = Number(resident) - Number(shared);
    return Number.isInteger(pages) ? { memoryBytes: pages * PAGE_BYTES } : {};
  } catch {
    return {};
  }
}
