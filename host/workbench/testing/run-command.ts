/** Runs a command in this process, or the whole program in another, and gives what came of it. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Command, runCommand } from "../../cli/command.ts";

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export async function runHere(command: Command, ...args: readonly string[]): Promise<Outcome> {
  const text = { out: "", err: "" };
  const code = await runCommand(command, args, {
    stdin: (async function* () {})(),
    stdout: { write: (piece) => (text.out += piece) },
    stderr: { write: (piece) => (text.err += piece) },
  });
  return { code, ...text };
}

export interface ProgramOptions {
  /** A command line that starts another: `["setpriv", "--bounding-set=-all"]`. */
  readonly through?: readonly string[];
  /** Sends `signal`, default SIGTERM, when standard output has this, and `meanwhile` has come to its end. */
  readonly stopAt?: string;
  readonly signal?: "SIGTERM" | "SIGKILL";
  readonly meanwhile?: () => Promise<void>;
  /** Closes standard output at once, as `| true` does. */
  readonly deaf?: boolean;
}

const LIMIT_MS = 20_000;
const project = fileURLToPath(new URL("../../..", import.meta.url));

/** `herald ARGS`, from the sources. What takes longer than 20 s is killed, and has the code null. */
export async function runProgram(args: readonly string[], options: ProgramOptions = {}): Promise<Outcome> {
  const { through = [], stopAt, signal = "SIGTERM", meanwhile = async () => {}, deaf = false } = options;
  const [file = "", ...rest] = [...through, process.execPath, "--import", "tsx", `${project}host/main.ts`, ...args];
  const child = spawn(file, rest, { cwd: project, stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS, killSignal: "SIGKILL" });
  if (deaf) child.stdout.destroy();
  const text = { out: "", err: "" };
  let use: Promise<void> | undefined;
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text.out += piece;
    if (stopAt === undefined || use !== undefined || !text.out.includes(stopAt)) return;
    use = meanwhile().finally(() => child.kill(signal));
    use.catch(() => {}); // thrown below
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (text.err += piece));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  await use;
  return { code, ...text };
}
