/**
 * One Lease of coordination.k8s.io/v1, as one candidate sees it.
 *
 * Nobody's clock is compared with another's. Whether a holder is still there is judged by our own monotonic time since
 * its record last changed, so a wrong date on a node changes nothing. Each write names the version that it was made
 * from: of two candidates that reach for a free Lease the API server lets one have it.
 */

import type { Clock } from "../../../announcer.ts";
import { type Api, ApiError } from "../../api/api.ts";
import { collectionPath } from "../../api/resource-path.ts";
import type { OwnerReference } from "../reports/owned-object.ts";

export interface LeaseOptions {
  /** With connections of its own, so that nothing else can keep a renewal waiting. */
  readonly api: Api;
  readonly namespace: string;
  readonly name: string;
  /** Of this candidate, and of no other at any time. */
  readonly identity: string;
  /** How long the Lease is ours after a renewal. */
  readonly durationMs: number;
  readonly clock: Pick<Clock, "now">;
  /** Goes with each write; what else the Lease has stays. */
  readonly metadata?: () => LeaseMetadata;
}

export interface LeaseMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** How a request may end. */
type RequestLimits = { readonly timeoutMs: number; readonly signal: AbortSignal };

interface LeaseObject {
  readonly metadata?: LeaseMetadata & { readonly resourceVersion?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

export class Lease {
  readonly #options: LeaseOptions;
  readonly #path: string;
  /** As last seen; undefined: there is none. */
  #object: LeaseObject | undefined;
  /** The record in it, to see when it changes. */
  #record = "";
  #changedAtMs = 0;
  #writes = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#path = collectionPath("coordination.k8s.io/v1", "leases", options.namespace);
  }

  /** Who has it; empty: nobody. */
  get holder(): string {
    const holder = this.#object?.spec?.["holderIdentity"];
    return typeof holder === "string" ? holder : "";
  }

  /** Reads it. */
  async look(limits: RequestLimits): Promise<void> {
    try {
      this.#see(await this.#options.api.request<LeaseObject>({ ...limits, method: "GET", path: `${this.#path}/${this.#options.name}` }));
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      this.#object = undefined;
    }
  }

  /** From when on it may be taken, if its record does not change before. A holder that wants it for longer than we would gets that. */
  freeAtMs(): number {
    // Our own: taken, and the answer was lost.
    if (this.holder === "" || this.holder === this.#options.identity) return 0;
    const seconds = Number(this.#object?.spec?.["leaseDurationSeconds"]);
    return this.#changedAtMs + Math.max(this.#options.durationMs, Number.isFinite(seconds) ? seconds * 1000 : 0);
  }

  /** Makes it ours; false: somebody else was faster. Only when it is free. */
  take(limits: RequestLimits): Promise<boolean> {
    const { identity } = this.#options;
    const now = this.#microTime();
    const before = Number(this.#object?.spec?.["leaseTransitions"] ?? -1);
    const spec = { holderIdentity: identity, acquireTime: now, renewTime: now, leaseTransitions: Number.isFinite(before) ? before + 1 : 0 };
    return this.#write(spec, limits);
  }

  /** Says that we are still there; false: it is somebody else's now. */
  async renew(limits: RequestLimits): Promise<boolean> {
    if (await this.#write({ renewTime: this.#microTime() }, limits)) return true;
    // Not the version that we knew: a renewal went through whose answer did not, or somebody set a label.
    await this.look(limits);
    return this.holder === this.#options.identity && (await this.#write({ renewTime: this.#microTime() }, limits));
  }

  /** Gives it back, so that the next one need not wait. */
  async release(limits: RequestLimits): Promise<void> {
    await this.#write({ holderIdentity: "", renewTime: this.#microTime(), leaseDurationSeconds: 1 }, limits);
  }

  async #write(changes: Readonly<Record<string, unknown>>, limits: RequestLimits): Promise<boolean> {
    const { api, name, namespace, durationMs } = this.#options;
    const old = this.#object;
    const spec = { ...old?.spec, leaseDurationSeconds: Math.ceil(durationMs / 1000), ...changes };
    const metadata = { name, namespace, ...merged(old?.metadata, this.#options.metadata?.()) };
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", ...old, metadata, spec };
    try {
      const place =
        old === undefined ? ({ method: "POST", path: this.#path } as const) : ({ method: "PUT", path: `${this.#path}/${name}` } as const);
      this.#see(await api.request<LeaseObject>({ ...limits, ...place, body }));
      return true;
    } catch (error) {
      // 409: changed since, or made by another; 404: deleted since.
      if (isStatus(error, 409) || (old !== undefined && isStatus(error, 404))) return false;
      throw error;
    }
  }

  /** A MicroTime has six digits. The last three are never the same twice in a row, so that a renewal changes the record whatever the date is. */
  #microTime(): string {
    this.#writes += 1;
    return new Date().toISOString().replace("Z", `${String(this.#writes % 1000).padStart(3, "0")}Z`);
  }

  #see(object: LeaseObject): void {
    this.#object = object;
    const record = JSON.stringify(object.spec ?? {});
    if (record === this.#record) return;
    this.#record = record;
    this.#changedAtMs = this.#options.clock.now();
  }
}

function merged(old: LeaseObject["metadata"], more: LeaseMetadata | undefined): LeaseMetadata {
  if (more === undefined) return { ...old };
  return { ...old, ...more, labels: { ...old?.labels, ...more.labels }, annotations: { ...old?.annotations, ...more.annotations } };
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
