/** What Herald writes with and follows by, over a test's own client: for parts whose subject is neither. */

import { type Api, ApiError, type ApiRequest } from "../../cluster/api/api.ts";
import type { Follow } from "../../cluster/kubernetes/owned-objects.ts";
import { ApiFailure } from "./send.ts";
import type { TestClient } from "./test-client.ts";

const POLL_MS = 100;
const PATCH_TYPES = { merge: "application/merge-patch+json", apply: "application/apply-patch+yaml", json: "application/json-patch+json" };

export function apiOf(client: TestClient): Api {
  return {
    async request<Answer>({ method, path, query = {}, body, patch = "merge", signal }: ApiRequest): Promise<Answer> {
      const given = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
      const type = method === "PATCH" ? PATCH_TYPES[patch] : "application/json";
      try {
        signal?.throwIfAborted();
        return await client.request<Answer>(method, `${path}?${given}`, body, type);
      } catch (error) {
        throw new ApiError((error as Error).message, { status: error instanceof ApiFailure ? error.status : 0, cause: error });
      }
    },
    stream: () => Promise.reject(new ApiError("nobody watches", { status: 0 })),
    cutOff() {},
    close() {},
  };
}

/** Lists again and again. */
export function polled(client: TestClient): Follow {
  return ({ path, labelSelector }, sink) => {
    let timer: NodeJS.Timeout | undefined;
    let isClosed = false;
    const look = async (): Promise<void> => {
      try {
        const { items } = await client.request<{ items: unknown[] }>("GET", `${path}?${new URLSearchParams({ labelSelector })}`);
        if (!isClosed) sink.replace(items);
      } catch {
        // The next time, then.
      }
      if (!isClosed) timer = setTimeout(() => void look(), POLL_MS);
    };
    void look();
    return () => {
      isClosed = true;
      clearTimeout(timer);
    };
  };
}
