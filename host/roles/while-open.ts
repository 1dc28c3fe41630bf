/** Work that is only done while nobody else does it. */

import type { Gate, GatePart } from "../cluster/kubernetes/coexistence/gate.ts";

/** Starts the work whenever the gate is open and ends it whenever that closes, one after the other. Resolves to what ends both, after the first look. */
export async function whileOpen(gate: Gate, part: GatePart, start: () => Promise<() => Promise<void>>): Promise<() => Promise<void>> {
  let stop: (() => Promise<void>) | undefined;
  let isEnded = false;
  const look = async (): Promise<void> => {
    const isWanted = gate.isOpen(part) && !isEnded;
    if (isWanted === (stop !== undefined)) return;
    if (isWanted) stop = await start();
    else {
      const last = stop;
      stop = undefined;
      await last?.();
    }
  };
  let last = look();
  const close = gate.onChange(() => {
    last = last.then(look);
  });
  await last;
  return async () => {
    isEnded = true;
    close();
    await last.then(look);
  };
}
