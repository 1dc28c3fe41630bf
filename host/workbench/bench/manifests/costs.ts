/** What a change costs inside a speaker, in this process and with no network: the second parse of a file, and a run of the reconciler. */
import { ClusterObjects } from "../../../cluster/cluster-objects.ts";
import { ManifestSet } from "../../../cluster/manifests/manifest-set.ts";
import { Store } from "../../../cluster/store.ts";
import { createRank } from "../../../packets/rank.ts";
import { Lane } from "../../../reconcile/lane.ts";
import { Reconciler } from "../../../reconcile/reconciler.ts";
import type { AnnouncerFact } from "../../../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../../testing/facts.ts";
import { vipAddress } from "../answers/arp-frames.ts";
import { editedName, joinDocuments, serviceDocument, writeDocuments } from "./files.ts";

export interface ParseCost {
  readonly documents: number;
  /** Documents parsed after a change of one, at most. */
  readonly parsedAgain: number;
  /** Time of each. */
  readonly tookMs: readonly number[];
}

/** Changes one document of a file of at most `bytes`, `edits` times. */
export function measureParse(bytes: number, edits: number): ParseCost {
  const documents = writeDocuments(bytes, 0);
  const set = new ManifestSet(new ClusterObjects(new Store()));
  set.put("bench.yaml", joinDocuments(documents));
  const tookMs: number[] = [];
  let parsedAgain = 0;
  for (let edit = 0; edit < edits; edit++) {
    const at = (edit * 7) % documents.length;
    documents[at] = serviceDocument(editedName(at), documents.length + edit);
    const text = joinDocuments(documents);
    const before = set.parsedDocuments;
    const sinceMs = performance.now();
    set.put("bench.yaml", text);
    tookMs.push(performance.now() - sinceMs);
    parsedAgain = Math.max(parsedAgain, set.parsedDocuments - before);
  }
  return { documents: documents.length, parsedAgain, tookMs };
}

export interface ReconcileCost {
  /** The first run, with everything new. */
  readonly firstMs: number;
  /** Runs after the address of one Service changed. */
  readonly serviceMs: readonly number[];
  /** Runs after one of the nodes lost its network or got it back, which moves a third of all VIPs. */
  readonly nodeMs: readonly number[];
}

export interface Costs {
  readonly parse: ParseCost;
  readonly reconcile: ReconcileCost;
}

const NODES = ["a", "b", "c"];
const announcer: AnnouncerFact = { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } };

/** Runs of the reconciler of one of three nodes, with a lane whose announcer takes everything. */
export async function measureReconcile(services: number, runs: { service: number; node: number }): Promise<ReconcileCost> {
  const store = new Store();
  const setVip = (at: number, vip: number) =>
    store.replace("services", `default/${at}`, serviceFact(`${at}`, { ingress: [vipAddress(vip)] }));
  for (const name of NODES) store.replace("nodes", name, nodeFact(name));
  store.replace("pools", "bench", poolFact("bench", [`${vipAddress(0)}/16`]));
  store.replace("advertisements", "L2Advertisement bench", advertisementFact("bench"));
  for (let at = 0; at < services; at++) setVip(at, at);

  const now = () => performance.now();
  const lane = new Lane({ name: announcer.name, clock: { now, after: () => () => {} } });
  await lane.start({ apply: async () => [], stop: async () => {} });
  const reconciler = new Reconciler({ node: "a", store, announcers: [announcer], rank: createRank(), now });
  reconciler.attach(lane);
  const run = async (): Promise<number> => {
    const sinceMs = now();
    reconciler.run();
    const tookMs = now() - sinceMs;
    await new Promise((resolve) => setImmediate(resolve)); // the lane settles
    return tookMs;
  };
  const firstMs = await run();
  const serviceMs: number[] = [];
  for (let at = 0; at < runs.service; at++) {
    setVip((at * 7) % services, services + at);
    serviceMs.push(await run());
  }
  const nodeMs: number[] = [];
  for (let at = 0; at < runs.node; at++) {
    store.replace("nodes", "c", nodeFact("c", { networkUnavailable: at % 2 === 0 }));
    nodeMs.push(await run());
  }
  return { firstMs, serviceMs, nodeMs };
}
