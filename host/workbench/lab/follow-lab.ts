/** `herald lab`: shows the table, and every change of it, until the user lets go. */

import type { Ground } from "./ground.ts";
import type { LabIo } from "./io.ts";
import type { LabRun } from "./run-on-ground.ts";
import { tablesOf } from "./tables.ts";
import type { Trial, View } from "./trial.ts";

/** Of routes on a wire in memory. */
export const NO_SESSIONS = "NEXT HOPS: not tried, as BGP needs TCP, which is not there in memory.";

/** Never rejects; resolves to the exit code. */
export async function followLab(trial: Trial, ground: Ground, { manifests, place, letGo }: LabRun, io: LabIo): Promise<number> {
  const show = (): void => {
    const { view } = trial;
    const wrong = [...view.rows, ...view.routes].flatMap(({ complaint, isPending }) => (isPending ? [] : (complaint ?? [])));
    io.screen.show({ tables: tablesOf(view), complaints: [...place.problems(), ...wrong], hints: hints(view, manifests, ground) });
  };
  place.onProblems(show);
  trial.onChange(show);
  await letGo;
  return 0;
}

function hints({ routes }: View, manifests: string, { wire, hints: own }: Ground): string[] {
  const connection = wire === "kernel" ? " REACHED: who took its connection." : "";
  const learned = wire === "kernel" ? "NEXT HOPS: what the router learned by BGP, and forwards to." : NO_SESSIONS;
  return [
    `MAC: what the client${wire === "kernel" ? "'s kernel" : ""} learned by ARP or NDP.${connection}`,
    ...(routes.length > 0 ? [learned] : []),
    `Try: edit a file in ${manifests}, and watch the table follow`,
    ...own.map((line) => `     ${line}`),
    "Ctrl-C ends the lab, and leaves nothing behind.",
  ];
}
