/** `herald explain`: why a Service is announced from where it is, or from nowhere. */

import { type AskTarget, NoAnswer, type PluginDefinition } from "../announcer.ts";
import type { SpeakerExplanation } from "../observe/explain.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";
import { askControl } from "./ask-control.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { conclude } from "./explain-conclusion.ts";
import { explainText } from "./explain-text.ts";
import type { Unconcluded } from "./explanation.ts";

const help = `
Usage: herald explain [NAMESPACE/]NAME [flags]

Says who answers at the addresses of a Service, and why: every condition in
order, for every node, with those that are not met, and the nodes in rank. By
default it asks the Herald that runs on this machine, which adds what only it
knows: what it is to each VIP group, since when and why, what its announcers
were told, what was answered and announced, the station that was last heard to
use an address, and its sessions to the other nodes that may answer.

  --manifests DIR     by these manifests (or one file): what would be, before
                      anything runs
  --allocations FILE  with those: addresses already given out
                      (default: DIR/allocations.yaml)
  --node NAME         where several run here: ask the one of this node
  --control PATH      its socket, where herald run was given --control
  --json              {"service", "conclusion", "basis": "manifests" | "speaker",
                      "gates": [GATE…], "vias": [{"via", "vip", "from",
                      "gates": [GATE…], "nodes": [{"node", "rank",
                      "gates": [GATE…]}]}], "notGiven", "here": {"node",
                      "groups", "rows", "sessions"}}, a GATE being {"name",
                      "isMet", "found", "reason"} and durations in ms

Exit code: 0; 1 where there is no such Service, or nobody to ask; 2 for wrong
flags. A Service that is announced by nobody is explained like any other.

  herald explain default/web
  herald explain web --manifests fixtures/homelab
`;

export function explainCommandFor(builtIns: readonly PluginDefinition[]): Command {
  return {
    name: "explain",
    summary: "Say who answers for a Service, and why, node by node",
    help,
    run: (args, io) => run(builtIns, args, io),
  };
}

async function run(builtIns: readonly PluginDefinition[], args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    manifests: { type: "string" },
    allocations: { type: "string" },
    node: { type: "string" },
    control: { type: "string" },
    json: { type: "boolean" },
  });
  const { manifests, allocations, json = false, ...target } = values;
  const service = readService(positionals);
  if (manifests !== undefined && Object.keys(target).length > 0)
    throw new UsageError("Flag --manifests stands beside --node or --control: expected manifests or a running Herald");
  if (manifests === undefined && allocations !== undefined) throw new UsageError("Flag --allocations stands without --manifests");
  const found =
    manifests === undefined ? await bySpeaker(service, target) : await byManifests(builtIns, { manifests, allocations, service });
  const explanation = { ...found, conclusion: conclude(found) };
  io.stdout.write(json ? `${JSON.stringify(explanation)}\n` : explainText(explanation));
  return 0;
}

function readService([name, more]: readonly string[]): ServiceKey {
  if (name === undefined) throw new UsageError("No Service is named: expected NAMESPACE/NAME, or NAME for one of namespace default");
  if (more !== undefined) throw new UsageError(`Unknown argument "${more}": expected one Service`);
  const parts = name.split("/");
  if (parts.length > 2 || parts.includes("")) throw new UsageError(`No Service has the name "${name}": expected NAMESPACE/NAME or NAME`);
  return parts.length === 2 ? name : `default/${name}`;
}

async function bySpeaker(service: ServiceKey, target: AskTarget): Promise<Unconcluded> {
  for await (const row of askControl(target, { ask: "explain", service })) return { ...(row as SpeakerExplanation), basis: "speaker" };
  throw new NoAnswer("The Herald that was asked explains nothing");
}

async function byManifests(
  builtIns: readonly PluginDefinition[],
  place: { manifests: string; allocations: string | undefined; service: ServiceKey },
): Promise<Unconcluded> {
  const { explainManifests } = await import("./explain-manifests.ts");
  return await explainManifests(builtIns, place).catch((error: Error) => {
    throw new NoAnswer(error.message, { cause: error });
  });
}
