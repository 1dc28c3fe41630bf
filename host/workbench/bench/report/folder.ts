/** The folder of a report: made before anything is measured, so that nobody waits for what cannot be written. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../../cli/command.ts";
import { visible } from "../../../observe/log.ts";
import type { Collected } from "./collected.ts";
import { createPage } from "./page.ts";

/** More than any run of all benches has written, raw measurements and page together. */
const ROOM_BYTES = 64 * 2 ** 20;

/** Throws UsageError where a report cannot be written there, or something else already is. */
export function prepareFolder(folder: string): void {
  try {
    makeEmpty(folder);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < ROOM_BYTES)
      throw new Error(`its disk has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB left, expected ${ROOM_BYTES / 2 ** 20}`);
    // Quotas and read-only disks show only here.
    const probe = join(folder, ".probe");
    writeWhole(probe, "x".repeat(4096));
    rmSync(probe);
  } catch (error) {
    throw new UsageError(`Cannot write a report to ${visible(folder)}: ${visible((error as Error).message)}`);
  }
}

function makeEmpty(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (readdirSync(folder).length > 0) throw new Error("it is not empty, expected a new folder");
  }
}

/** Each file is whole or as it was. */
export function writeReport(folder: string, collected: Collected): void {
  replace(join(folder, "report.json"), `${JSON.stringify(collected)}\n`);
  replace(join(folder, "index.html"), createPage(collected));
}

function replace(file: string, content: string): void {
  writeWhole(`${file}.part`, content);
  renameSync(`${file}.part`, file);
}

function writeWhole(file: string, content: string): void {
  const handle = openSync(file, "w");
  try {
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
