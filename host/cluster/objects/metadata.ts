/** The metadata of an object, as far as anything here reads it. */

import type { V1ObjectMeta } from "@kubernetes/client-node";
import { readLabels } from "../../rules/config.ts";
import type { Labels } from "../../rules/vocabulary.ts";
import { type Reader, readFields, readName, readText } from "./read-fields.ts";

export interface Metadata {
  readonly name: string;
  /** Of an object that an API server has. */
  readonly uid?: string;
  /** `default` where it is missing, as `kubectl apply` would have it. */
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** Reads `metadata`; `name` is empty where it is missing or wrong. */
export function readMetadata(reader: Reader, value: unknown): Metadata {
  const raw = readFields<V1ObjectMeta>(reader, "metadata", value);
  const uid = readText(reader, "metadata.uid", raw.uid);
  return {
    name: readName(reader, "metadata.name", raw.name),
    ...(uid === undefined ? {} : { uid }),
    namespace: readName(reader, "metadata.namespace", raw.namespace ?? "default"),
    labels: readLabels(reader, "metadata.labels", raw.labels),
    annotations: readLabels(reader, "metadata.annotations", raw.annotations),
  };
}
