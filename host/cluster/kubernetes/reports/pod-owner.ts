/** Whose objects are whose: what is written for as long as a Pod lives goes with it, and what for as long as a Node is there with that. */

import { type Api, ApiError } from "../../api/api.ts";
import { type ObjectReference, pathOf } from "../object-reference.ts";
import type { OwnerReference } from "./owned-object.ts";

/**
 * Asks once, on first need. The answer is undefined where there is no such Pod, or it may not be read: then what is written stays until
 * somebody takes it away. Rejects as the request does, and then asks again the next time.
 */
export function podOwner(api: Api, namespace: string, name: string): () => Promise<OwnerReference | undefined> {
  let known: { readonly owner: OwnerReference | undefined } | undefined;
  return async () => {
    known ??= { owner: await findOwner(api, { apiVersion: "v1", kind: "Pod", namespace, name }) };
    return known.owner;
  };
}

/** Undefined where it is not there, or may not be read. Rejects as the request does. */
export async function findOwner(api: Api, reference: ObjectReference): Promise<OwnerReference | undefined> {
  const { apiVersion, kind, name } = reference;
  try {
    const object = await api.request<{ metadata?: { uid?: unknown } }>({ method: "GET", path: pathOf(reference) });
    const uid = object.metadata?.uid;
    return typeof uid === "string" ? { apiVersion, kind, name, uid } : undefined;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}
