/** The Pod that this process runs in: what it writes for as long as it lives goes with it. */

import { type Api, ApiError } from "../../api/api.ts";
import { pathOf } from "../object-reference.ts";
import type { OwnerReference } from "./owned-object.ts";

/**
 * Asks once, on first need. The answer is undefined where there is no such Pod, or it may not be read: then what is written stays until
 * somebody takes it away. Rejects as the request does, and then asks again the next time.
 */
export function podOwner(api: Api, namespace: string, name: string): () => Promise<OwnerReference | undefined> {
  let known: { readonly owner: OwnerReference | undefined } | undefined;
  return async () => {
    known ??= { owner: await ask(api, namespace, name) };
    return known.owner;
  };
}

async function ask(api: Api, namespace: string, name: string): Promise<OwnerReference | undefined> {
  const reference = { apiVersion: "v1", kind: "Pod", name };
  try {
    const pod = await api.request<{ metadata?: { uid?: unknown } }>({ method: "GET", path: pathOf({ ...reference, namespace }) });
    const uid = pod.metadata?.uid;
    return typeof uid === "string" ? { ...reference, uid } : undefined;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}
