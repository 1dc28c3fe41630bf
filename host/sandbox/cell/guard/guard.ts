/**
 * What runs in a plugin's process, and the only code there that is trusted: built as `dist/plugin-guard.mjs`, given to Node on its standard input, so that the
 * process needs to read no file at all.
 *
 * It takes what it needs for itself (the pipe, timers, clocks), takes away what nobody needs, and locks the realm down: from then on the built-in objects are
 * frozen, and code in a compartment has nothing but what it is given. Line 0 of the pipe is its own: the host sends a plugin's code there in pieces and has it
 * loaded, each in a compartment of its own with pure things only. The compartment's `default` goes, with the line of that plugin, to the bridge, which
 * makes a Context of the one and an Announcer of the other.
 *
 * The guard is where credits, timers and lines of the log are held, since a plugin never has the pipe. An error that nobody caught ends the process: its last
 * words are one line on standard error, which gets through also where the pipe is full. When the host goes, the pipe ends, and so does this.
 */

import { Socket } from "node:net";
import "ses";
import { provideModule } from "../../../packets/wasm.ts";
import { servePlugin } from "../../bridge/serve-plugin.ts";
import type { Channel, Plain } from "../channel.ts";
import { packError } from "../errors.ts";
import type { Line } from "../line.ts";
import { Wire } from "../wire.ts";
import { createCompartment } from "./compartment.ts";
import { lastWords } from "./last-words.ts";
import { lentCodecs } from "./lent-codecs.ts";
import { LentTime } from "./lent-time.ts";
import { stackReader } from "./stacks.ts";
import { takeAway } from "./take-away.ts";

/** The standard streams come before it. */
const PIPE_FD = 3;

interface Resident {
  readonly line: Line;
  readonly time: LentTime;
}

const { exit } = process;
const pipe = new Socket({ fd: PIPE_FD, readable: true, writable: true });
const residents = new Map<number, Resident>();
const parts = new Map<number, Uint8Array[]>();
const decoder = new TextDecoder();

process.on("uncaughtException", (error) => end("uncaught", packError(error, stackOf(error))));
process.on("unhandledRejection", (error) => end("uncaught", packError(error, stackOf(error))));
// Told to all processes of a group or a unit, they are meant for the host, which has the plugin stop in good order.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
// Without the other end there is nothing to live for.
for (const event of ["end", "close", "error"]) pipe.on(event, () => exit(0));

const lent = takeAway();
const stackOf = stackReader();
lockdown({
  ...{ overrideTaming: "moderate", errorTaming: "safe", stackFiltering: "concise" },
  // What nobody caught is told by this file.
  ...{ errorTrapping: "none", unhandledRejectionTrapping: "none", reporting: "none" },
});

const wire = new Wire(pipe, (reason) => end("fault", reason));
const own = wire.open(0, { stackOf });
own.serve({
  ping: () => true,
  module: (name, bytes) => provideModule(name as string, bytes as Uint8Array),
  code: (number, bytes) => {
    const known = parts.get(number as number) ?? [];
    known.push(bytes as Uint8Array);
    parts.set(number as number, known);
  },
  load: (number, label) => load(number as number, label as string),
  unload: (number) => unload(number as number),
});
own.tell("ready", []);

async function load(number: number, label: string): Promise<void> {
  const time = new LentTime(lent);
  const line = wire.open(number, { stackOf });
  residents.set(number, { line, time });
  const say = (level: string, text: string): void => own.tell("say", [number, level, text]);
  const code = joined(parts.get(number) ?? []);
  parts.delete(number);
  const definition = createCompartment(label, lent, say).evaluate(`${code}\n//# sourceURL=${label}`) as { default?: unknown };
  if (definition?.default === undefined) throw new TypeError("it has no default export");
  const channel: Channel = {
    call: (method, args, timeoutMs) => line.call(method, args, timeoutMs),
    tell: (method, args) => line.tell(method, args),
    serve: (methods) => line.serve(methods),
    onEnd: (call) => line.onEnd(call),
  };
  await servePlugin(channel, definition.default, { clock: time.clock, random: lent.random, harden, stackOf, codec: lentCodecs });
}

function unload(number: number): void {
  const resident = residents.get(number);
  if (resident === undefined) return;
  residents.delete(number);
  resident.time.close();
  wire.close(resident.line, new Error("The plugin was unloaded"));
}

function end(kind: "uncaught" | "fault", what: Plain): void {
  lastWords({ kind, what });
  exit(1);
}

function joined(pieces: readonly Uint8Array[]): string {
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
}
