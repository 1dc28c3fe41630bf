/** Whether a request that failed is worth another try as it is. */

import { ApiError } from "../api/api.ts";

/** True where it was the API server, or the way to it; false where it was the request. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
