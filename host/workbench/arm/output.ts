import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Some ten times as long as anything here takes on a machine that has nothing else to do. */
export const LIMIT_MS = 100_000;

/** What a command prints. Rejects, with what it said, where it fails. */
export async function output([file = "", ...args]: readonly string[]): Promise<string> {
  return (await promisify(execFile)(file, args, { timeout: LIMIT_MS })).stdout;
}
