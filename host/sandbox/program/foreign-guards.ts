/** What stands between a plugin that is not built in and the wire, whichever way its frames take. */

import type { FrameMatch } from "../../packets/filter.ts";
import { FrameGuard } from "../../packets/guarded/frame-guard.ts";
import type { GuardedLease } from "../../packets/guarded/guarded-packets.ts";
import { ROW_BYTES } from "../../packets/program.ts";
import { compileProgram, type WasmModule } from "../../packets/wasm.ts";
import type { HostedPlugin } from "../hosted.ts";
import { NeedsChange } from "../needs-change.ts";
import type { AssignedAddresses } from "./assigned-addresses.ts";
import { openProgram, type ProgramHost, type ProgramPort } from "./program-port.ts";
import { writeAddress } from "./program-rows.ts";

/** For frames that are sent from TypeScript; few plugins do, so the guard is made for the first. */
export function guardFrames(assigned: AssignedAddresses): Pick<FrameGuard, "problemOf"> {
  let guard: FrameGuard | undefined;
  const make = (): FrameGuard => {
    const made = new FrameGuard();
    assigned.watch((addresses, isAssigned) => {
      for (const address of addresses) {
        const row = new Uint8Array(ROW_BYTES);
        writeAddress(row, address);
        isAssigned ? made.assign(row) : made.free(row);
      }
    });
    return made;
  };
  return { problemOf: (...frame) => (guard ??= make()).problemOf(...frame) };
}

export interface ForeignProgramHost extends Omit<ProgramHost, "service" | "members" | "guard"> {
  readonly guardedPackets: (() => Promise<GuardedLease>) | undefined;
  readonly assigned: AssignedAddresses;
  readonly onLost: (reason: string) => void;
}

/** Loads the program that a plugin brought with it into the guarded worker. Rejects with the reason where it may not run. */
export async function openForeignProgram(
  { program, foreign }: Pick<HostedPlugin, "program" | "foreign">,
  name: string,
  match: FrameMatch | undefined,
  { guardedPackets, assigned, onLost, ...host }: ForeignProgramHost,
): Promise<ProgramPort> {
  if (foreign?.program === undefined) throw new Error(`it names the packet program ${JSON.stringify(program)}, which did not come with it`);
  if (guardedPackets === undefined) throw new Error("it has a packet program, and there is no guarded packet worker here");
  const module = compile(foreign.program);
  const { service, release } = await guardedPackets();
  try {
    return await openProgram(name, module, match, { ...host, service, guard: { service, assigned, onLost, release } });
  } catch (error) {
    await release();
    throw error;
  }
}

function compile(bytes: Uint8Array): WasmModule {
  try {
    return compileProgram(bytes);
  } catch (error) {
    throw new NeedsChange((error as Error).message, { cause: error });
  }
}
