/** `herald explain`: why a Service is announced from where it is, or from nowhere. */

import { type AskTarget, NoAnswer } from "../announcer.ts";
import type { SpeakerExplanation } from "../observe/explain.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";
import { askControl } from "./ask-control.ts";
import { readClusterFlags } from "./cluster-flags.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import type { ExplainCluster } from "./explain-cluster.ts";
import { conclude } from "./explain-conclusion.ts";
import { explainText } from "./explain-text.ts";
import type { Unconcluded } from "./explanation.ts";
import type { ShippedPlugins } from "./shipped-plugins.ts";

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
  --cluster           by the API server: conditions by its objects, the owner by
                      ServiceL2Status, ServiceBGPStatus and Events, speakers by
                      their Leases; reached as a pod does, or by $KUBECONFIG, or
                      ~/.kube/config
  --kubeconfig FILE   the same, reached by that file
  --namespace NAME    with those: Herald's own namespace (default:
                      $METALLB_NAMESPACE, or the pod's, or metallb-system)
  --lb-class CLASS    with those: as speakers have it
  --node NAME         where several run here: ask the one of this node
  --control PATH      its socket, where herald run was given --control
  --json              {"service", "conclusion",
                      "basis": "manifests" | "speaker" | "cluster",
                      "gates": [GATE…], "vias": [{"via", "vip", "from",
                      "gates": [GATE…], "nodes": [{"node", "rank",
                      "gates": [GATE…]}]}], "notGiven",
                      "here": {"node", "groups", "rows", "conflicts",
                      "sessions"}, "cluster": {"l2", "bgp", "events",
                      "speakers", "refused"}}, a GATE being {"name", "isMet",
                      "found", "reason"}, and durations in ms

Exit code: 0; 1 where there is no such Service, or nobody to ask; 2 for wrong
flags. A Service that is announced by nobody is explained like any other.

  herald explain default/web
  herald explain web --manifests fixtures/homelab
`;

export function explainCommandFor(plugins: ShippedPlugins): Command {
  return {
    name: "explain",
    summary: "Say who answers for a Service, and why, node by node",
    help,
    run: (args, io) => run(plugins, args, io),
  };
}

async function run(plugins: ShippedPlugins, args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    manifests: { type: "string" },
    cluster: { type: "boolean" },
    kubeconfig: { type: "string" },
    namespace: { type: "string" },
    "lb-class": { type: "string" },
    allocations: { type: "string" },
    node: { type: "string" },
    control: { type: "string" },
    json: { type: "boolean" },
  });
  const service = readService(positionals);
  const found = await sourceOf(plugins, values, service)();
  const explanation = { ...found, conclusion: conclude(found) };
  io.stdout.write(values.json ? `${JSON.stringify(explanation)}\n` : explainText(explanation));
  return 0;
}

interface Flags extends AskTarget {
  readonly manifests?: string;
  readonly allocations?: string;
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly "lb-class"?: string;
}

/** Who is asked. Each has flags of its own, and one excludes the others. */
function sourceOf(plugins: ShippedPlugins, flags: Flags, service: ServiceKey): () => Promise<Unconcluded> {
  const { manifests, allocations, cluster = false, kubeconfig, namespace, "lb-class": loadBalancerClass, node, control } = flags;
  const isCluster = cluster || kubeconfig !== undefined;
  const isSpeaker = node !== undefined || control !== undefined;
  if ([manifests !== undefined, isCluster, isSpeaker].filter(Boolean).length > 1)
    throw new UsageError("Found flags of several sources: expected manifests, a cluster or a running Herald");
  if (manifests === undefined && allocations !== undefined) throw new UsageError("Flag --allocations stands without --manifests");
  if (!isCluster && (namespace !== undefined || loadBalancerClass !== undefined))
    throw new UsageError("Flag --namespace or --lb-class stands without --cluster or --kubeconfig");
  if (manifests !== undefined) return () => byManifests(plugins, { manifests, allocations, service });
  if (!isCluster)
    return () => bySpeaker(service, { ...(node === undefined ? {} : { node }), ...(control === undefined ? {} : { control }) });
  const place = readClusterFlags({ ...(namespace === undefined ? {} : { namespace }) });
  return () => byCluster(plugins, { kubeconfig, namespace: place.namespace, loadBalancerClass, service });
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
  plugins: ShippedPlugins,
  place: { manifests: string; allocations: string | undefined; service: ServiceKey },
): Promise<Unconcluded> {
  const { explainManifests } = await import("./explain-manifests.ts");
  return await explainManifests(plugins, place).catch((error: Error) => {
    throw new NoAnswer(error.message, { cause: error });
  });
}

async function byCluster(plugins: ShippedPlugins, place: ExplainCluster): Promise<Unconcluded> {
  const { explainCluster } = await import("./explain-cluster.ts");
  return await explainCluster(plugins, place).catch((error: Error) => {
    throw new NoAnswer(error.message, { cause: error });
  });
}
