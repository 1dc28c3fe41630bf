/** All objects of a list, page by page, read once. Nothing but GET is asked. */

import { type Api, ApiError, type ApiRequest } from "../api/api.ts";
import { type RawObject, rawObject } from "../api/known-objects.ts";

export interface Listing {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

const PAGE = 500;
const TIMEOUT_MS = 60_000;
const NOT_FOUND = 404;
const FORBIDDEN = 403;
/** Also of a resource that was only just defined. */
const TOO_MANY = 429;
const MOST_TRIES = 5;
const RETRY_MS = 1000;

interface Page {
  readonly items?: readonly unknown[];
  readonly metadata?: { readonly continue?: string };
}

/**
 * None where there is no such resource. Undefined where it may not be read: who asks may do with less. Throws where the API server gives no
 * answer.
 */
export async function listAll(api: Api, { path, query }: Listing): Promise<readonly RawObject[] | undefined> {
  const found: RawObject[] = [];
  let next: string | undefined;
  try {
    do {
      const { items = [], metadata } = await getPage(api, path, { ...query, limit: PAGE, continue: next });
      found.push(...items.flatMap((item) => rawObject(item) ?? []));
      next = metadata?.continue || undefined;
    } while (next !== undefined);
    return found;
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== NOT_FOUND && error.status !== FORBIDDEN)) throw error;
    return error.status === NOT_FOUND ? [] : undefined;
  }
}

async function getPage(api: Api, path: string, query: ApiRequest["query"] & {}): Promise<Page> {
  for (let tries = 1; ; tries++) {
    try {
      return await api.request<Page>({ method: "GET", path, query, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== TOO_MANY || tries >= MOST_TRIES) throw error;
      await new Promise((done) => setTimeout(done, error.retryAfterMs ?? RETRY_MS));
    }
  }
}
