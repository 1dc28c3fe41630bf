/** An object of ours as the API server has it, as far as it is compared with what it should be. */

import { isDeepStrictEqual } from "node:util";
import type { Status } from "./owned-object.ts";

export interface FoundObject {
  readonly uid: string;
  readonly labels: Readonly<Record<string, unknown>>;
  readonly owners: readonly string[];
  readonly status: Status;
}

/** Gives its name, too. Written by whoever may: it is compared, and never believed. */
export function readFound(object: unknown): [string, FoundObject] {
  const { metadata, status } = (object ?? {}) as { metadata?: Readonly<Record<string, unknown>>; status?: unknown };
  const { name, uid, labels, ownerReferences } = metadata ?? {};
  const owners = Array.isArray(ownerReferences) ? ownerReferences.map((owner) => String(owner?.uid)) : [];
  return [String(name), { uid: String(uid), labels: (labels ?? {}) as FoundObject["labels"], owners, status: (status ?? {}) as Status }];
}

/** The known one where both say the same: of thousands of objects, most are as they should be, and are one in memory. */
export function sameAs<T>(known: T | undefined, value: T): T {
  return known !== value && known !== undefined && isDeepStrictEqual(known, value) ? known : value;
}
