/** `herald bgp peers`: sessions of the Herald that runs here. */

import type { CommandIo, CommandTools } from "../../../host/announcer.ts";
import { UsageError } from "../../../host/announcer.ts";
import type { PeerRow } from "../inspect.ts";
import { ASK_FLAGS, table } from "./ask.ts";

export async function peers(args: readonly string[], io: CommandIo, tools: CommandTools): Promise<number> {
  const { values, positionals } = tools.parseFlags(args, ASK_FLAGS);
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  const rows: PeerRow[] = [];
  for await (const row of tools.ask({ ask: "announcer", name: "bgp", what: "peers" }, values)) {
    if (values.json) io.stdout.write(`${JSON.stringify(row)}\n`);
    else rows.push(row as PeerRow);
  }
  if (!values.json) io.stdout.write(rows.length === 0 ? "No BGP peers on this node.\n" : describe(rows));
  return 0;
}

function describe(rows: readonly PeerRow[]): string {
  const lines = rows.map((row) => [
    row.name,
    row.address ?? "not found yet",
    String(row.peerAs),
    row.state,
    row.uptimeSeconds === undefined ? "" : durationText(row.uptimeSeconds),
    row.holdTimeSeconds === undefined ? "" : `${row.holdTimeSeconds}/${Math.round(row.keepaliveSeconds ?? 0)} s`,
    String(row.prefixes),
    row.bfd ?? "",
  ]);
  const details = rows.flatMap(({ name, capabilities, lastError, lastErrorSecondsAgo = 0 }) => [
    ...(capabilities === undefined ? [] : [`${name}: both can ${capabilities.join(", ")}`]),
    ...(lastError === undefined ? [] : [`${name}: ${durationText(lastErrorSecondsAgo)} ago: ${lastError}`]),
  ]);
  const head = ["PEER", "ADDRESS", "AS", "STATE", "UP FOR", "HOLD/KEEPALIVE", "PREFIXES", "BFD"];
  return `${table(head, lines)}${details.length > 0 ? `\n${details.join("\n")}\n` : ""}`;
}

/** `3 d 4 h`, `5 m 6 s`. */
function durationText(seconds: number): string {
  const parts = [
    { unit: "d", amount: Math.floor(seconds / 86_400) },
    { unit: "h", amount: Math.floor(seconds / 3600) % 24 },
    { unit: "m", amount: Math.floor(seconds / 60) % 60 },
    { unit: "s", amount: seconds % 60 },
  ];
  const first = parts.findIndex(({ amount }) => amount > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(({ unit, amount }) => `${amount} ${unit}`).join(" ");
}
