/**
 * `IPAddressPool.status`: how full each pool is, written where the API server has something else, and at most once a second. So a restart writes
 * nothing, and a pool that was made anew or edited by hand is put right.
 */

import type { Clock, Close, Log } from "../../../announcer.ts";
import { backoffMs } from "../../../reconcile/backoff.ts";
import type { PoolUsage } from "../../../rules/pool-usage.ts";
import type { Family } from "../../../rules/vocabulary.ts";
import { type Api, ApiError } from "../../api/api.ts";
import { collectionPath } from "../../api/resource-path.ts";
import type { Fence } from "../leader/term.ts";

/** The pools as objects. */
export interface ShownPools {
  /** The status of one as the API server told it last: with each telling another object. */
  poolStatusOf(pool: string): unknown;
  /** Calls after each telling. */
  onPools(call: () => void): Close;
}

export interface PoolStatusOptions {
  readonly api: Api;
  readonly fence: Fence;
  /** Where the pools are. */
  readonly namespace: string;
  readonly usage: () => readonly PoolUsage[];
  readonly pools: ShownPools;
  readonly clock: Pick<Clock, "after">;
  readonly log: Pick<Log, "warn">;
}

interface Written {
  readonly text: string;
  /** What was shown when it was written: as long as that is so, the answer of the write counts. */
  readonly shown: unknown;
}

const PAUSE_MS = 1000;
/** Counting takes this part of the time at most. */
const SHARE = 50;
const MOST_AT_ONCE = 8;
/** The greatest number in a Kubernetes status. As in MetalLB, what has 2^62 addresses counts as never running out. */
const MOST = 2n ** 63n - 1n;
const ENORMOUS = 2n ** 62n;

export class PoolStatus {
  readonly #options: PoolStatusOptions;
  #written = new Map<string, Written>();
  readonly #closeListening: Close;
  #isDue = false;
  #isBusy = false;
  #failures = 0;
  #countedMs = 0;
  #closeTimer: Close = () => {};
  #isClosed = false;

  constructor(options: PoolStatusOptions) {
    this.#options = options;
    this.#closeListening = options.pools.onPools(() => this.changed());
  }

  /** The usage may be another now. */
  changed(): void {
    this.#isDue = true;
    if (!this.#isBusy && !this.#isClosed) void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#closeListening();
    this.#closeTimer();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    this.#isDue = false;
    const isDone = await this.#writeAll();
    this.#failures = isDone ? 0 : this.#failures + 1;
    if (this.#isClosed) return;
    const pauseMs = Math.max(PAUSE_MS, this.#countedMs * SHARE);
    this.#closeTimer = this.#options.clock.after(isDone ? pauseMs : pauseMs + backoffMs(this.#failures, Math.random()), () => {
      this.#isBusy = false;
      if (this.#isDue || !isDone) this.changed();
    });
  }

  /** False where some could not be written. */
  async #writeAll(): Promise<boolean> {
    const { usage, log, fence } = this.#options;
    const before = this.#written;
    this.#written = new Map();
    const due: (readonly [string, Written])[] = [];
    const sinceMs = performance.now();
    const usages = usage();
    this.#countedMs = performance.now() - sinceMs;
    for (const pool of usages) {
      const wanted = { text: statusText(pool), shown: this.#options.pools.poolStatusOf(pool.pool) };
      if (isOnRecord(wanted, before.get(pool.pool))) this.#written.set(pool.pool, wanted);
      else due.push([pool.pool, wanted]);
    }
    const failed: Error[] = [];
    const writeNext = async (): Promise<void> => {
      for (let next = due.pop(); next !== undefined && fence.mayWrite(); next = due.pop()) {
        const [name, wanted] = next;
        try {
          await this.#write(name, wanted.text);
          this.#written.set(name, wanted);
        } catch (error) {
          // The pool, or its kind, has gone meanwhile.
          if (!(error instanceof ApiError) || error.status !== 404) failed.push(error as Error);
        }
      }
    };
    await Promise.all(Array.from({ length: MOST_AT_ONCE }, writeNext));
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

function isOnRecord({ text, shown }: Written, before: Written | undefined): boolean {
  if (before?.text === text && before.shown === shown) return true;
  const found = (shown ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(JSON.parse(text)).every(([field, count]) => found[field] === count);
}

/** Text, since a JavaScript number cannot hold all that an IPv6 pool has. */
function statusText({ used, total }: PoolUsage): string {
  const available = (family: Family) => (total[family] < ENORMOUS ? total[family] : MOST) - BigInt(used[family]);
  return `{"assignedIPv4":${used[4]},"assignedIPv6":${used[6]},"availableIPv4":${available(4)},"availableIPv6":${available(6)}}`;
}
