/** `herald lab --once`: waits until every VIP is as it should be, or will not be any more, and gives the verdict. */

import { NO_SESSIONS } from "./follow-lab.ts";
import type { Ground } from "./ground.ts";
import type { LabIo } from "./io.ts";
import type { LabRun } from "./run-on-ground.ts";
import type { Table } from "./screen.ts";
import { lineOf, widthsOf } from "./table-text.ts";
import { tablesOf } from "./tables.ts";
import type { Trial, View } from "./trial.ts";

/** A slow board must have started three Nodes by then. */
const TIMEOUT_MS = 15_000;

/** Resolves to the exit code. */
export async function judgeLab(trial: Trial, { wire }: Ground, { json, manifests, place }: LabRun, io: LabIo): Promise<number> {
  await settle(trial);
  const { view } = trial;
  const { rows, routes } = view;
  const isEmpty = rows.length + routes.length === 0;
  if (json) io.write(`${JSON.stringify({ wire, services: rows.map(resultOf), routes: routes.map(resultOf) })}\n`);
  else if (!isEmpty) io.write(`\n${tablesOf(view, true).map(textOf).join("\n")}\n`);
  const complaints = [...place.problems(), ...[...rows, ...routes].flatMap(({ complaint }) => complaint ?? [])];
  if (isEmpty) complaints.push(`There is no Service of type LoadBalancer in ${manifests}`);
  for (const complaint of complaints) io.complain(complaint);
  if (complaints.length > 0) return 1;
  for (const line of verdict(view, wire)) io.say(line);
  return 0;
}

function resultOf<Result>({ result }: { readonly result: Result }): Result {
  return result;
}

function textOf({ columns, rows }: Table): string {
  const cells = rows.map((row) => row.cells);
  const widths = widthsOf(columns, cells);
  return [columns.heads, ...cells].map((row) => `${lineOf(row, widths)}\n`).join("");
}

function verdict({ rows, routes }: View, wire: Ground["wire"]): string[] {
  const proved = wire === "kernel" ? "and its connection reached that node" : "on a wire in memory";
  const learned = "Every route was learned from every node that should announce it, and the client's connection reached one of them.";
  return [
    ...(rows.length > 0 ? [`The client resolved every VIP to its owner's MAC, ${proved}.`] : []),
    ...(routes.length > 0 ? [wire === "kernel" ? learned : NO_SESSIONS] : []),
  ];
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
