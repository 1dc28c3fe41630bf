/** v1 Node and v1 Namespace → facts. */

import type { V1Node, V1NodeAddress, V1NodeCondition, V1NodeSpec, V1NodeStatus } from "@kubernetes/client-node";
import { NODE_ANNOTATIONS } from "../../rules/annotations.ts";
import { readBoolean, readList } from "../../rules/config.ts";
import type { NamespaceFact, NodeFact } from "../../rules/vocabulary.ts";
import type { Metadata } from "./metadata.ts";
import { type Reader, readFields, readText, type Untrusted } from "./read-fields.ts";

/** Reads a Node; where the reader has noted a problem, the fact is not to be used. */
export function projectNode(reader: Reader, raw: Untrusted<V1Node>, { name, labels, annotations }: Metadata): NodeFact {
  const { unschedulable } = readFields<V1NodeSpec>(reader, "spec", raw.spec);
  const isUnschedulable = readBoolean(reader, "spec.unschedulable", unschedulable, false);
  const status = readFields<V1NodeStatus>(reader, "status", raw.status);
  const unavailable = readList(reader, "status.conditions", status.conditions).filter((item, at) => {
    const condition = readFields<V1NodeCondition>(reader, `status.conditions[${at}]`, item);
    return condition.type === "NetworkUnavailable" && condition.status === "True";
  });
  const addresses = readList(reader, "status.addresses", status.addresses).flatMap((item, at) => {
    const path = `status.addresses[${at}]`;
    const { type, address } = readFields<V1NodeAddress>(reader, path, item);
    return type === "InternalIP" ? (readText(reader, `${path}.address`, address) ?? []) : [];
  });
  const fact = { name, labels, networkUnavailable: unavailable.length > 0, addresses };
  // Nothing but the one word: what somebody meant by another may be the opposite.
  const isDraining = annotations[NODE_ANNOTATIONS.drain] === "true";
  return { ...fact, ...(isUnschedulable ? { isUnschedulable } : {}), ...(isDraining ? { isDraining } : {}) };
}

/** The label that the API server gives to every Namespace is there in manifests too. */
export function projectNamespace({ name, labels }: Pick<Metadata, "name" | "labels">): NamespaceFact {
  return { name, labels: { ...labels, "kubernetes.io/metadata.name": name } };
}
