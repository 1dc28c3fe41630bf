/** `herald lab --once`: waits until every VIP is as it should be, or will not be any more, and gives the verdict. */

import type { Ground } from "./ground.ts";
import type { LabIo } from "./io.ts";
import type { LabRun } from "./run-on-ground.ts";
import { cellsOf, HEADS, lineOf, widthsOf } from "./table-text.ts";
import type { Trial } from "./trial.ts";

/** A slow board must have started three Nodes by then. */
const TIMEOUT_MS = 15_000;

/** Resolves to the exit code. */
export async function judgeLab(trial: Trial, { wire }: Ground, { json, manifests, place }: LabRun, io: LabIo): Promise<number> {
  await settle(trial);
  const { rows } = trial.view;
  const results = rows.map(({ result }) => result);
  if (json) io.write(`${JSON.stringify({ wire, services: results })}\n`);
  else if (rows.length > 0) {
    const cells = results.map((result) => cellsOf(result, false));
    const widths = widthsOf(cells);
    io.write(`\n${[HEADS, ...cells].map((row) => `${lineOf(row, widths)}\n`).join("")}\n`);
  }
  const complaints = [...place.problems(), ...rows.flatMap(({ complaint }) => complaint ?? [])];
  if (rows.length === 0) complaints.push(`There is no Service of type LoadBalancer in ${manifests}`);
  for (const complaint of complaints) io.complain(complaint);
  if (complaints.length > 0) return 1;
  const proved = wire === "kernel" ? "and its connection reached that node" : "on a wire in memory";
  io.say(`The client resolved every VIP to its owner's MAC, ${proved}.`);
  return 0;
}

function settle(trial: Trial): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, TIMEOUT_MS);
    trial.onChange(() => {
      if (!trial.view.isSettled) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
