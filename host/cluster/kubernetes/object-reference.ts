/** Which object of the API server is meant. */

import type { ServiceFact } from "../../rules/vocabulary.ts";

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

/** The path of all objects of a kind, by its plural. */
export function collectionPath(apiVersion: string, plural: string, namespace: string | undefined): string {
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${base}/${plural}` : `${base}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** The path of an object of a kind whose plural is regular, as those are that Herald knows. */
export function pathOf({ apiVersion, kind, namespace, name }: ObjectReference): string {
  const word = kind.toLowerCase();
  const plural = word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`;
  return `${collectionPath(apiVersion, plural, namespace)}/${encodeURIComponent(name)}`;
}
