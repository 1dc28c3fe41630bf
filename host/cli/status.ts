/** `herald status`: what a running Herald does right now, by its own account. */

import { type AskTarget, NoAnswer } from "../announcer.ts";
import type { ReportStatus, RowStatus, Status } from "../observe/status.ts";
import { askControl } from "./ask-control.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { Shown, statusText } from "./status-text.ts";

const help = `
Usage: herald status [flags]

Asks the Herald that runs on this machine what it is doing: what it reads and
with how many problems, what each announcer was told, refused and reports, how
plugins are doing that are not built in, and what its packet programs answered.
It asks over a socket that only the user may use that Herald runs as, and root;
nothing is changed.

  --node NAME     where several run here: the one of this node
  --control PATH  its socket, where herald run was given --control
  --json          all of it as one JSON object: {"node", "version", "pid",
                  "isReady", "isDraining", "nowMs", "startedAtMs", "source", "reconciler",
                  "announcers", "plugins", "groups", "packets",
                  "rows": [{"announcer", "vip", "state", "isDesired", "isAnnounced", "links", "services",
                  "refusal", "standing"}],
                  "reports": [{"announcer", "key", "state"}]}

Exit code: 0; 1 where no Herald answers, with where it was looked for; 2 for
wrong flags.

  herald status
`;

export const status: Command = {
  name: "status",
  summary: "Say what the Herald that runs here is doing right now",
  help,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    node: { type: "string" },
    control: { type: "string" },
    json: { type: "boolean" },
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  const { json = false, ...target } = values;
  await (json ? printJson : printText)(target, io);
  return 0;
}

async function askStatus(target: AskTarget): Promise<Status> {
  for await (const row of askControl(target, { ask: "status" })) return row as Status;
  throw new NoAnswer("The Herald that was asked has no status");
}

async function printText(target: AskTarget, io: CommandIo): Promise<void> {
  const found = await askStatus(target);
  const rows = new Shown<RowStatus>(({ state, isDesired, refusal }) => state !== "told" || !isDesired || refusal !== undefined);
  for await (const row of askControl(target, { ask: "rows" })) rows.add(row as RowStatus);
  const reports = new Shown<ReportStatus>(() => true);
  for await (const row of askControl(target, { ask: "reports" })) reports.add(row as ReportStatus);
  io.stdout.write(statusText(found, rows, reports));
}

/** Written as it comes. */
async function printJson(target: AskTarget, io: CommandIo): Promise<void> {
  const found = await askStatus(target);
  io.stdout.write(JSON.stringify(found).slice(0, -1));
  for (const ask of ["rows", "reports"]) {
    io.stdout.write(`,"${ask}":[`);
    let separator = "";
    for await (const row of askControl(target, { ask })) {
      io.stdout.write(`${separator}${JSON.stringify(row)}`);
      separator = ",";
    }
    io.stdout.write("]");
  }
  io.stdout.write("}\n");
}
