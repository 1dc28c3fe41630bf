/** Which object of the API server is meant. */

import type { ServiceFact } from "../../rules/vocabulary.ts";
import { collectionPath, pluralOf } from "../api/resource-path.ts";

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent: it is of no namespace. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
}

/** Which Service it is. */
export function serviceReference({ namespace, name, uid }: Pick<ServiceFact, "namespace" | "name" | "uid">): ObjectReference {
  return { apiVersion: "v1", kind: "Service", namespace, name, ...(uid === undefined ? {} : { uid }) };
}

export function pathOf({ apiVersion, kind, namespace, name }: ObjectReference): string {
  return `${collectionPath(apiVersion, pluralOf(kind), namespace)}/${encodeURIComponent(name)}`;
}
