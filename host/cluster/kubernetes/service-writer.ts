/**
 * The status of Services on an API server: a merge patch of `services/status` each, which also sets the annotation (for core kinds the server
 * takes metadata through it), so that no right to change Services themselves is needed.
 *
 * Each patch names the version of the Service that was decided from. Who changed, deleted or made the Service anew meanwhile makes it
 * fail, and what to do is decided again. Entries of others in `ingress` (hostnames) go when ours are written, as with MetalLB.
 */

import type { Clock } from "../../announcer.ts";
import { ALLOCATED_FROM_POOL } from "../../rules/annotations.ts";
import type { ServiceKey } from "../../rules/vocabulary.ts";
import { type Api, ApiError } from "../api/api.ts";
import { collectionPath } from "../api/resource-path.ts";
import type { ServiceStatus, StatusWriter } from "../service-status.ts";
import type { Fence } from "./leader/term.ts";

/** The Services that the store shows, as objects. */
export interface ShownServices {
  /** Its `resourceVersion`; undefined: it is not there. */
  versionOf(service: ServiceKey): string | undefined;
  /** A Service as a write has left it that was made from version `from`. Where the store shows another by now, that is newer. */
  accept(object: Record<string, unknown>, from: string): void;
}

export interface ServiceWriterOptions {
  readonly api: Api;
  readonly fence: Fence;
  readonly services: ShownServices;
  readonly clock: Pick<Clock, "after">;
  /** Writes under way at a time. */
  readonly mostAtOnce?: number;
}

interface Write {
  readonly service: ServiceKey;
  readonly status: ServiceStatus | undefined;
  readonly from: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const MOST_AT_ONCE = 16;
const NO_RECORDS: ReadonlyMap<ServiceKey, ServiceStatus> = new Map();

export class ServiceWriter implements StatusWriter {
  readonly #options: ServiceWriterOptions;
  #waiting: Write[] = [];
  /** How many of `#waiting` have begun. */
  #begun = 0;
  #underWay = 0;

  constructor(options: ServiceWriterOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {}

  /** All is in the Services themselves. */
  records(): ReadonlyMap<ServiceKey, ServiceStatus> {
    return NO_RECORDS;
  }

  write(service: ServiceKey, status: ServiceStatus | undefined): Promise<void> {
    // Now, and not when its turn comes: this is what was decided from.
    const from = this.#options.services.versionOf(service);
    if (status !== undefined && from === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ service, status, from, resolve, reject });
      this.#pump();
    });
  }

  /** What has not begun is not written any more. */
  close(): void {
    const waiting = this.#waiting.slice(this.#begun);
    this.#waiting = [];
    this.#begun = 0;
    for (const { reject } of waiting) reject(new Error("Not written: this controller does not lead any more"));
  }

  #pump(): void {
    const { fence, mostAtOnce = MOST_AT_ONCE } = this.#options;
    while (this.#begun < this.#waiting.length && this.#underWay < mostAtOnce) {
      if (!fence.mayWrite()) {
        this.close();
        return;
      }
      const next = this.#waiting[this.#begun++] as Write;
      this.#underWay += 1;
      void this.#carryOut(next);
    }
    if (this.#begun < this.#waiting.length) return;
    this.#waiting = [];
    this.#begun = 0;
  }

  async #carryOut({ service, status, from, resolve, reject }: Write): Promise<void> {
    const { api, fence, services } = this.#options;
    const request = { method: "PATCH", path: pathOf(service), body: patchOf(status, from), timeoutMs: fence.writeTimeoutMs } as const;
    const outcome = await api.request<Record<string, unknown>>(request).catch((error: Error) => error);
    this.#underWay -= 1;
    this.#pump();
    if (!(outcome instanceof Error)) {
      if (status !== undefined && from !== undefined) services.accept(outcome, from);
      resolve();
    } else if (outcome instanceof ApiError && outcome.status === 404) resolve();
    else {
      if (isUnanswered(outcome)) await this.#waitUntilOver();
      reject(outcome);
    }
  }

  /** The server may still be at a write that it did not answer, until it gives up. */
  async #waitUntilOver(): Promise<void> {
    const { fence, clock } = this.#options;
    fence.noteUnanswered();
    if (fence.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        closeTimer();
        fence.signal.removeEventListener("abort", end);
        resolve();
      };
      const closeTimer = clock.after(fence.writeTimeoutMs, end);
      fence.signal.addEventListener("abort", end);
    });
  }
}

function pathOf(service: ServiceKey): string {
  const [namespace = "", name = ""] = service.split("/");
  return `${collectionPath("v1", "services", namespace)}/${name}/status`;
}

/** `ipMode` says that nodes may go to the VIP directly, as the server would have it by default; before Kubernetes 1.29 it is dropped. */
function patchOf(status: ServiceStatus | undefined, from: string | undefined): unknown {
  const annotations = { [ALLOCATED_FROM_POOL]: status?.pool ?? null };
  // Of another type by now, or gone: the server itself has emptied the rest.
  if (status === undefined) return { metadata: { annotations } };
  // In a merge patch an empty object changes nothing.
  const ingress = status.vips.length === 0 ? null : status.vips.map((ip) => ({ ip, ipMode: "VIP" }));
  return { metadata: { annotations, resourceVersion: from }, status: { loadBalancer: { ingress } } };
}

/** Nor is it an answer that the server, its storage or a proxy had trouble: what it was asked may still come to be. */
function isUnanswered(error: Error): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
}
