/** A process of `herald bench failover` that answers tasks, one JSON line each. */
import { createInterface } from "node:readline";

/** Says that it is ready, and answers until its standard input ends; then the process ends. */
export async function serveLines<Task>(handle: (task: Task) => unknown): Promise<void> {
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(handle(JSON.parse(line) as Task) ?? null)}\n`);
  }
  process.exit();
}
