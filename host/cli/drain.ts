/** `herald drain`: takes a node out of service before it is worked on, and back. */

import { NoAnswer } from "../announcer.ts";
import type { ClusterDrain } from "../cluster/drain-node.ts";
import type { DrainOutcome } from "../observe/drain.ts";
import { visible } from "../observe/log.ts";
import { askControl } from "./ask-control.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { series } from "./words.ts";

const help = `
Usage: herald drain NODE [flags]

Takes a node out of service: what it owns is handed over to the next nodes in
rank, routes that it announces are first made the last choice and then
withdrawn, and it takes nothing, until that is taken back. Waits until it is
done, 10 s at most, and says who has taken over.

Asks the Herald of that node, which must run on this machine, and which forgets
it when it ends. With --kubeconfig it is the Node in the cluster that says so,
by the annotation herald.dev/drain, and that holds until it is taken back.

  --undo             take the node back into service
  --kubeconfig FILE  by the API server, from anywhere; needs the right to patch
                     the Node
  --control PATH     where herald run was given --control
  --json             {"node", "isDraining", "isByNode", "handedOver": [{"group",
                     "to"}], "kept": [GROUP…]}; with --kubeconfig {"node",
                     "isDraining", "handedOver": [{"service", "to": [NODE…]}],
                     "kept": [SERVICE…]}

Exit code: 0; 3 where the node still answers for something; 1 where nobody can
be asked; 2 for wrong flags.

  herald drain node-a
  herald drain node-a --undo
`;

const KEPT = 3;

export const drain: Command = {
  name: "drain",
  summary: "Take a node out of service, and back",
  help,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    undo: { type: "boolean" },
    kubeconfig: { type: "string" },
    control: { type: "string" },
    json: { type: "boolean" },
  });
  const [node, more] = positionals;
  const { undo = false, kubeconfig, control, json = false } = values;
  if (node === undefined) throw new UsageError("No node is named: expected the name of one");
  if (more !== undefined) throw new UsageError(`Unknown argument "${more}": expected one node`);
  if (kubeconfig !== undefined && control !== undefined)
    throw new UsageError("Flag --kubeconfig stands beside --control: expected one of them");
  const place = control === undefined ? { node } : { control };
  const outcome = kubeconfig === undefined ? await askSpeaker(node, !undo, place) : await askCluster(kubeconfig, node, !undo);
  io.stdout.write(json ? `${JSON.stringify(outcome)}\n` : drainText(outcome));
  return outcome.kept.length > 0 ? KEPT : 0;
}

type Outcome = DrainOutcome | (ClusterDrain & Pick<DrainOutcome, "node" | "isDraining">);

async function askSpeaker(node: string, isOn: boolean, target: { node: string } | { control: string }): Promise<DrainOutcome> {
  // At a path anybody may answer: it is to be the node that was named.
  if ("control" in target) {
    for await (const row of askControl(target, { ask: "status" })) {
      const found = (row as { node?: unknown }).node;
      if (found !== node) throw new NoAnswer(`At ${target.control} answers node ${visible(String(found))}: expected ${node}`);
    }
  }
  for await (const row of askControl(target, { ask: isOn ? "drain" : "undrain" })) return row as DrainOutcome;
  throw new NoAnswer("The Herald that was asked says nothing");
}

async function askCluster(kubeconfig: string, node: string, isOn: boolean): Promise<Outcome> {
  const { drainNode } = await import("../cluster/drain-node.ts");
  const { Client } = await import("../cluster/api/client.ts");
  const { credentialsFor } = await import("../roles/credentials.ts");
  try {
    const api = new Client({ credentials: await credentialsFor(kubeconfig), userAgent: "herald-drain" });
    try {
      return { node, isDraining: isOn, ...(await drainNode(api, node, isOn)) };
    } finally {
      api.close();
    }
  } catch (error) {
    throw new NoAnswer((error as Error).message, { cause: error });
  }
}

function drainText(outcome: Outcome): string {
  const { node, isDraining, handedOver, kept } = outcome;
  const isByNode = "isByNode" in outcome && outcome.isByNode;
  const state = isDraining ? "is out of service" : "is in service again";
  const why = isByNode && isDraining ? ", as its Node says: herald drain NODE --undo --kubeconfig FILE ends that" : "";
  const lines = [
    `${node} ${state}${why}`,
    ...receivers(handedOver).map(({ to, what }) => `  ${to}: ${series(what)}`),
    ...(isDraining && handedOver.length + kept.length === 0 ? ["  it answered for nothing"] : []),
    ...(kept.length === 0 ? [] : [`  it still answers for ${series(kept)}`]),
  ];
  return `${lines.map(visible).join("\n")}\n`;
}

/** By who took over. */
function receivers(handedOver: Outcome["handedOver"]): { to: string; what: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const one of handedOver) {
    const [to, what] = "group" in one ? [one.to ?? "", one.group] : [one.to.join(" and "), one.service];
    const name = to === "" ? "given up, nobody was heard to take it over" : `handed over to ${to}`;
    groups.set(name, [...(groups.get(name) ?? []), what]);
  }
  return Array.from(groups, ([to, what]) => ({ to, what }));
}
