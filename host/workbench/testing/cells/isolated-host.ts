/** A host that opens a cell, says what user that has, and ends it. With `demand`: it must be one of its own. */

import { readFileSync } from "node:fs";
import { openCell } from "../../../sandbox/cell/cell.ts";

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
try {
  const cell = await openCell({ log, uid: 52_300, demandOwnUid: process.argv.includes("demand") });
  const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${cell.pid}/status`, "utf8"))?.[1];
  const caps = /^CapEff:\s+(\S+)/m.exec(readFileSync(`/proc/${cell.pid}/status`, "utf8"))?.[1];
  await cell.close();
  process.stdout.write(`${cell.isolation} ${uid} closed${/^0+$/.test(caps ?? "") ? "" : ` with capabilities ${caps}`}\n`);
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
