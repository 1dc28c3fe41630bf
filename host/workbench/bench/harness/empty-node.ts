/** The memory that every program on Node pays. */
import { Child, START_LIMIT_MS } from "./child.ts";
import { readResidentBytes } from "./machine.ts";

/** Resident memory of a Node that does nothing. */
export async function measureEmptyNode(): Promise<number> {
  const child = new Child("an empty Node", [process.execPath, "-e", "process.stdout.write('ready\\n'); setInterval(() => {}, 60_000)"]);
  try {
    await child.next(START_LIMIT_MS);
    return readResidentBytes(child.pid);
  } finally {
    await child.stop();
  }
}
