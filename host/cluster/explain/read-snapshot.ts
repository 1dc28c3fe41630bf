/** A cluster as it is at one moment, read as a speaker and a controller read it, but once. */

import type { Snapshot } from "../../rules/vocabulary.ts";
import type { Api } from "../api/api.ts";
import type { RawObject } from "../api/known-objects.ts";
import { ClusterObjects } from "../cluster-objects.ts";
import { apiVersionOf, kindOf, kindsOf, LEASE, type WatchedKind } from "../kubernetes/kinds.ts";
import { readWords, SPEAKER_KEY } from "../kubernetes/speakers/speaker-words.ts";
import { project } from "../objects/project.ts";
import { Store } from "../store.ts";
import { Translated, type Translator } from "../translated.ts";
import type { ClusterSpeaker } from "./account.ts";
import { agoMs } from "./ago.ts";
import { listAll } from "./list-all.ts";

export interface ReadSnapshot {
  readonly snapshot: Snapshot;
  /** By name of the node. */
  readonly speakers: readonly ClusterSpeaker[];
  /** Kinds that may not be read. */
  readonly refused: readonly string[];
}

const SECRET = "v1/Secret";
/** Of its duration, as speakers judge one another. */
const SILENT_AFTER = 1.5;

/** `namespace`: Herald's own. Throws where the API server gives no answer, or Services may not be read. */
export async function readSnapshot(api: Api, namespace: string, translators: readonly Translator[]): Promise<ReadSnapshot> {
  const store = new Store();
  const translated = new Translated(store, translators);
  const objects = new ClusterObjects(translated, translated);
  const refused: string[] = [];
  const speakers: ClusterSpeaker[] = [];
  for (const { type, path, fieldSelector, labelSelector } of kindsToRead(namespace, translated)) {
    const items = await listAll(api, { path, query: { fieldSelector, labelSelector } });
    if (items === undefined) refused.push(kindOf(type));
    if (type === LEASE) speakers.push(...(items ?? []).flatMap((item) => hear(item, objects)));
    else for (const item of items ?? []) put(type, item, translated, objects);
  }
  if (refused.includes("Service")) throw new Error("Services may not be read: expected a user who may");
  objects.commit();
  return { snapshot: store.snapshot(), speakers: speakers.sort((a, b) => (a.node < b.node ? -1 : 1)), refused };
}

/** All that both roles read; but passwords are nobody's business here. */
function kindsToRead(namespace: string, { readers }: Translated): WatchedKind[] {
  const kinds = (["speaker", "controller"] as const).flatMap((role) => kindsOf(role, namespace, readers));
  return [...new Map(kinds.filter(({ type }) => type !== SECRET).map((kind) => [kind.type, kind])).values()];
}

function put(type: string, item: RawObject, { readers }: Translated, objects: ClusterObjects): void {
  for (const { object } of project({ ...item, apiVersion: apiVersionOf(type), kind: kindOf(type) }, readers).found)
    if (object !== undefined) objects.put(object);
}

/** By the clock of this machine, so that one that is wrong makes speakers look silent that are not. */
function hear({ metadata, spec }: RawObject, objects: ClusterObjects): ClusterSpeaker[] {
  const annotations = (metadata["annotations"] ?? {}) as Readonly<Record<string, unknown>>;
  const words = readWords(annotations[SPEAKER_KEY], metadata.name);
  if (words === undefined) return [];
  const { renewTime, leaseDurationSeconds } = (spec ?? {}) as Readonly<Record<string, unknown>>;
  const renewedAgoMs = agoMs(renewTime);
  const durationMs = 1000 * (typeof leaseDurationSeconds === "number" ? leaseDurationSeconds : 0);
  const isSilent = renewedAgoMs === undefined || renewedAgoMs > SILENT_AFTER * durationMs;
  const { node, ...fact } = words;
  objects.setSpeaker(node, { ...fact, isSilent });
  return [{ node, isSilent, isLeaving: words.isLeaving, ...(renewedAgoMs === undefined ? {} : { renewedAgoMs }) }];
}
