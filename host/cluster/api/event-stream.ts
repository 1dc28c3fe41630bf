/** An open watch, as batches of events: what came together is one. */

import { JsonLines } from "./lines.ts";
import { type WatchEvent, watchEvent } from "./watch-event.ts";

/** Calls `end` once nothing has come for the time that `idleMs` says, asked anew at each batch. Throws `LineFault` where it is no watch. */
export async function* eventBatches(
  bytes: AsyncIterable<Uint8Array>,
  idleMs: () => number,
  end: (idleMs: number) => void,
): AsyncGenerator<Iterable<WatchEvent>> {
  const lines = new JsonLines();
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const ms = idleMs();
    clearTimeout(timer);
    timer = setTimeout(() => end(ms), ms);
  };
  try {
    wait();
    for await (const chunk of bytes) {
      yield events(lines, chunk);
      wait();
    }
  } finally {
    clearTimeout(timer);
  }
}

function* events(lines: JsonLines, chunk: Uint8Array): Generator<WatchEvent> {
  for (const value of lines.read(chunk)) yield watchEvent(value);
}
