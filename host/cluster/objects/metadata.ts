/** The metadata of an object, as far as anything here reads it. */

import type { V1ObjectMeta } from "@kubernetes/client-node";
import { readLabels } from "../../rules/config.ts";
import type { Labels } from "../../rules/vocabulary.ts";
import { type Reader, readFields, readName } from "./read-fields.ts";

export interface Metadata {
  readonly name: string;
  /** `default` where it is missing, as `kubectl apply` would have it. */
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** Reads `metadata`; `name` is empty where it is missing or wrong. */
export function readMetadata(reader: Reader, value: unknown): Metadata {
  const raw = readFields<V1ObjectMeta>(reader, "metadata", value);
  return {
    name: readName(reader, "metadata.name", raw.name),
    namespace: readName(reader, "metadata.namespace", raw.namespace ?? "default"),
    labels: readLabels(reader, "metadata.labels", raw.labels),
    annotations: readLabels(reader, "metadata.annotations", raw.annotations),
  };
}
