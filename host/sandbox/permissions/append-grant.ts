/** Adds to a grants file what somebody answered for good. What is there stays as it is, comments too: the new entries come behind it. */

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Permission } from "../../announcer.ts";
import { writeAtomically } from "../../cluster/manifests/atomic-write.ts";
import { parseYaml } from "../../cluster/manifests/yaml.ts";
import { type Binding, grantsLine } from "./grant-hint.ts";
import { parseGrants, readGrantsFile } from "./grants-file.ts";

export interface NewGrant {
  readonly plugin: string;
  /** Of `allow`; a denial holds for the name. */
  readonly binding: Binding;
  readonly allow: readonly Permission[];
  readonly deny: readonly Permission[];
}

/** Rejects, with the lines to add by hand, where the file is not a list that can go on, or cannot be written. */
export async function appendGrant(file: string, { plugin, binding, allow, deny }: NewGrant): Promise<void> {
  const entries = [
    ...(allow.length > 0 ? [grantsLine(plugin, binding, "allow", allow)] : []),
    ...(deny.length > 0 ? [grantsLine(plugin, undefined, "deny", deny)] : []),
  ];
  if (entries.length === 0) return;
  try {
    readGrantsFile(file); // whoever else can write it is not helped
    const before = readText(file);
    const after = appended(before, entries);
    if (!goesOn(before, after, entries)) throw new Error("it is not a list with one entry a line");
    parseGrants(after, file);
    await writeAtomically(file, after);
  } catch (error) {
    const lines = entries.map((entry) => `- ${entry}`).join(" and ");
    throw new Error(`Cannot add to grants file ${file}: ${(error as Error).message}; add ${lines}`, { cause: error });
  }
}

/** With the entries of a list that starts as the file's does. */
function appended(text: string, entries: readonly string[]): string {
  const indent = /^( *)- /m.exec(text)?.[1] ?? "";
  const start = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return `${start}${entries.map((entry) => `${indent}- ${entry}\n`).join("")}`;
}

/** Whether the new text says what the old one says, and then the entries. */
function goesOn(before: string, after: string, entries: readonly string[]): boolean {
  const [old, now, added] = [before, after, entries.map((entry) => `- ${entry}\n`).join("")].map((text) => parseYaml(text));
  if (!old?.ok || !now?.ok || !added?.ok) return false;
  return isDeepStrictEqual(now.value, [...((old.value ?? []) as unknown[]), ...(added.value as unknown[])]);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
