/** `herald plugin bench`: what does it cost here? */

import { createLog } from "../../observe/log.ts";
import type { PluginCost } from "../../workbench/authoring/bench-plugin.ts";
import { type Command, type CommandIo, parseFlags } from "../command.ts";
import { readPath } from "./path.ts";

const help = `
Usage: herald plugin bench PATH [--json]

Measures a plugin in a process of its own, on a network in memory: how long it
takes to start, to take over 1, 100 and 10,000 addresses, and to answer a call;
its memory; and of a packet program the time a frame, with fuel.

  --json   {"openMs", "startMs", "applyMs", "callMicros", "memoryMb", "program"}

  herald plugin bench .
`;

export const bench: Command = { name: "plugin bench", summary: "Measure what it costs", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { json: { type: "boolean" } });
  const path = readPath(positionals);
  const { benchPlugin } = await import("../../workbench/authoring/bench-plugin.ts");
  const log = createLog({ level: "error", format: "text", write: (line) => io.stderr.write(line) });
  try {
    const cost = await benchPlugin(path, log);
    io.stdout.write(values.json ? `${JSON.stringify(cost)}\n` : textOf(cost));
    return 0;
  } catch (error) {
    io.stderr.write(`herald plugin bench: ${(error as Error).message}\n`);
    return 1;
  }
}

function textOf({ openMs, startMs, applyMs, callMicros, memoryMb, program }: PluginCost): string {
  const lines = [
    `its process      ${openMs.toFixed(0)} ms until it has told what it is`,
    `start            ${startMs.toFixed(1)} ms`,
    ...Object.entries(applyMs).map(([rows, tookMs]) => `apply ${rows.padEnd(10)} ${tookMs.toFixed(1)} ms`),
    `a call           ${callMicros.p50.toFixed(0)} µs (p99 ${callMicros.p99.toFixed(0)} µs)`,
    ...(memoryMb === undefined ? [] : [`memory           ${memoryMb.pss.toFixed(1)} MB (PSS; RSS ${memoryMb.rss.toFixed(1)} MB)`]),
    ...(program === undefined ? [] : [`a frame          ${program.frameNs.toFixed(1)} ns, at most ${program.fuelPerFrame} steps of fuel`]),
  ];
  return `${lines.join("\n")}\n`;
}
