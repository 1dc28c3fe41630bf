/** `IPAddressPool.status`: how full each pool is, written when that has changed and at most once a second. */

import type { Clock, Close, Log } from "../../announcer.ts";
import { backoffMs } from "../../reconcile/backoff.ts";
import type { PoolUsage } from "../../rules/pool-usage.ts";
import type { Family } from "../../rules/vocabulary.ts";
import { type Api, ApiError } from "../api/api.ts";
import { collectionPath } from "../api/resource-path.ts";
import type { Fence } from "./term.ts";

export interface PoolStatusOptions {
  readonly api: Api;
  readonly fence: Fence;
  /** Where the pools are. */
  readonly namespace: string;
  readonly usage: () => readonly PoolUsage[];
  readonly clock: Pick<Clock, "after">;
  readonly log: Pick<Log, "warn">;
}

const PAUSE_MS = 1000;
/** The greatest number in a Kubernetes status. As in MetalLB, what has 2^62 addresses counts as never running out. */
const MOST = 2n ** 63n - 1n;
const ENORMOUS = 2n ** 62n;

export class PoolStatus {
  readonly #options: PoolStatusOptions;
  /** What is on record, by pool, as far as we know. */
  #written = new Map<string, string>();
  #isDue = false;
  #isBusy = false;
  #failures = 0;
  #closeTimer: Close = () => {};
  #isClosed = false;

  constructor(options: PoolStatusOptions) {
    this.#options = options;
  }

  /** The usage may be another now. */
  changed(): void {
    this.#isDue = true;
    if (!this.#isBusy && !this.#isClosed) void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#closeTimer();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    this.#isDue = false;
    const isDone = await this.#writeAll();
    this.#failures = isDone ? 0 : this.#failures + 1;
    if (this.#isClosed) return;
    this.#closeTimer = this.#options.clock.after(isDone ? PAUSE_MS : PAUSE_MS + backoffMs(this.#failures, Math.random()), () => {
      this.#isBusy = false;
      if (this.#isDue || !isDone) this.changed();
    });
  }

  /** False where some could not be written. */
  async #writeAll(): Promise<boolean> {
    const { usage, log, fence } = this.#options;
    const wanted = usage().map((pool) => [pool.pool, statusText(pool)] as const);
    const before = this.#written;
    this.#written = new Map();
    const failed: Error[] = [];
    for (const [name, text] of wanted) {
      if (!fence.mayWrite()) return true;
      try {
        if (before.get(name) !== text) await this.#write(name, text);
        this.#written.set(name, text);
      } catch (error) {
        // The pool, or its kind, has gone meanwhile.
        if (!(error instanceof ApiError) || error.status !== 404) failed.push(error as Error);
      }
    }
    const [first] = failed;
    if (first !== undefined && this.#failures === 1)
      log.warn("Cannot write how full pools are", { pools: failed.length, reason: first.message });
    return first === undefined;
  }

  #write(name: string, status: string): Promise<unknown> {
    const { api, namespace, fence } = this.#options;
    const path = `${collectionPath("metallb.io/v1beta1", "ipaddresspools", namespace)}/${name}/status`;
    return api.request({ method: "PATCH", path, body: `{"status":${status}}`, timeoutMs: fence.writeTimeoutMs, signal: fence.signal });
  }
}

/** Text, since a JavaScript number cannot hold all that an IPv6 pool has. */
function statusText({ used, total }: PoolUsage): string {
  const available = (family: Family) => (total[family] < ENORMOUS ? total[family] : MOST) - BigInt(used[family]);
  return `{"assignedIPv4":${used[4]},"assignedIPv6":${used[6]},"availableIPv4":${available(4)},"availableIPv6":${available(6)}}`;
}
