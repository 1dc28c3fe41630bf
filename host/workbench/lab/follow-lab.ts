/** `herald lab`: shows the table, and every change of it, until the user lets go. */

import type { Ground } from "./ground.ts";
import type { LabIo } from "./io.ts";
import type { LabRun } from "./run-on-ground.ts";
import { cellsOf } from "./table-text.ts";
import type { Trial } from "./trial.ts";

/** Never rejects; resolves to the exit code. */
export async function followLab(trial: Trial, ground: Ground, { manifests, place, letGo }: LabRun, io: LabIo): Promise<number> {
  const show = (): void => {
    const rows = trial.view.rows.map(({ result, complaint, isPending }) => ({ cells: cellsOf(result, isPending), complaint, isPending }));
    const wrong = rows.flatMap(({ complaint, isPending }) => (isPending ? [] : (complaint ?? [])));
    io.screen.show({ rows, complaints: [...place.problems(), ...wrong], hints: hints(manifests, ground) });
  };
  place.onProblems(show);
  trial.onChange(show);
  await letGo;
  return 0;
}

function hints(manifests: string, { wire, hints: own }: Ground): string[] {
  const connection = wire === "kernel" ? " REACHED: who took its connection." : "";
  return [
    `MAC: what the client${wire === "kernel" ? "'s kernel" : ""} learned by ARP.${connection}`,
    `Try: edit a file in ${manifests}, and watch the table follow`,
    ...own.map((line) => `     ${line}`),
    "Ctrl-C ends the lab, and leaves nothing behind.",
  ];
}
