/** The memory that every program on Node pays. */
import { Child } from "./child.ts";
import { readResidentBytes } from "./machine.ts";

/** A busy small board takes its time. */
const START_TIMEOUT_MS = 40_000;

/** Resident memory of a Node that does nothing. */
export async function measureEmptyNode(): Promise<number> {
  const child = new Child("an empty Node", [process.execPath, "-e", "process.stdout.write('ready\\n'); setInterval(() => {}, 60_000)"]);
  try {
    await child.next(START_TIMEOUT_MS);
    return readResidentBytes(child.pid);
  } finally {
    await child.stop();
  }
}
