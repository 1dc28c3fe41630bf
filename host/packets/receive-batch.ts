/** Frames that are asked for, a batch a call (recvmmsg): where there is no `receive-ring.ts`. */

import type { MessageVector } from "./layout.ts";
import type { Libc } from "./libc.ts";
import type { LoadedProgram } from "./program.ts";
import { MSG_DONTWAIT, MSG_TRUNC } from "./socket-numbers.ts";
import type { Receiver } from "./wire.ts";

/** `vector`: of the program's receive slots. */
export function receiveBatches(libc: Libc, fd: number, program: LoadedProgram, vector: MessageVector): Receiver {
  return {
    receive() {
      // Errors are states of the link (down, gone) that rtnetlink tells of, or "nothing there": none is worth a branch here.
      const count = libc.recvmmsg(fd, vector.address, vector.count, MSG_DONTWAIT | MSG_TRUNC, 0);
      for (let slot = 0; slot < count; slot++) program.setReceivedLength(slot, vector.length(slot));
      return Math.max(count, 0);
    },
    close() {},
  };
}
