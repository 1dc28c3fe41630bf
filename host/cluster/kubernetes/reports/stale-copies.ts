/**
 * Removes what other nodes have said of Services that are ours now.
 *
 * A node that loses a Service takes back its own ServiceL2Status. One that has died does not, and its Pod may take long to go; so who wins a
 * Service looks, once, for copies of others. Nobody has to follow the objects of all nodes for that.
 */

import type { Log } from "../../../announcer.ts";
import { backoffMs } from "../../../reconcile/backoff.ts";
import type { ServiceKey } from "../../../rules/vocabulary.ts";
import { type Api, ApiError } from "../../api/api.ts";
import { collectionPath } from "../../api/resource-path.ts";
import { labelValue } from "./owned-object.ts";
import { NODE_LABEL, SERVICE_L2_STATUS, SERVICE_NAME_LABEL } from "./service-statuses.ts";

export interface StaleCopiesOptions {
  readonly api: Api;
  readonly namespace: string;
  readonly node: string;
  /** We announce it now. */
  readonly isOurs: (service: ServiceKey) => boolean;
  readonly log: Pick<Log, "warn">;
}

interface Copy {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status?: { readonly node?: unknown; readonly serviceName?: unknown; readonly serviceNamespace?: unknown };
}

interface Page {
  readonly metadata?: { readonly continue?: string };
  readonly items?: readonly Copy[];
}

/** The loser takes its own copy back meanwhile. */
const DELAY_MS = 1000;
const PAGE = 500;
/** More names than this, and it is quicker to see all. */
const MOST_NAMES = 20;

export class StaleCopies {
  readonly #options: StaleCopiesOptions;
  readonly #path: string;
  readonly #ending = new AbortController();
  /** Services that were won. */
  readonly #won = new Set<ServiceKey>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;

  constructor(options: StaleCopiesOptions) {
    this.#options = options;
    this.#path = collectionPath(SERVICE_L2_STATUS.apiVersion, SERVICE_L2_STATUS.plural, options.namespace);
  }

  /** These are ours from now on. */
  won(services: Iterable<ServiceKey>): void {
    for (const service of services) this.#won.add(service);
    if (this.#won.size > 0) this.#schedule(DELAY_MS);
  }

  close(): void {
    this.#ending.abort();
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    if (this.#ending.signal.aborted) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
    }, delayMs);
  }

  async #run(): Promise<void> {
    const won = [...this.#won];
    this.#won.clear();
    try {
      await this.#sweep(won);
      this.#failures = 0;
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      this.#failures += 1;
      if (this.#failures === 1) this.#options.log.warn("Cannot remove what other nodes said", { error: (error as Error).message });
      for (const service of won) this.#won.add(service);
    }
    if (this.#won.size > 0) this.#schedule(Math.max(DELAY_MS, backoffMs(this.#failures + 1, Math.random())));
  }

  async #sweep(won: readonly ServiceKey[]): Promise<void> {
    const { api, node } = this.#options;
    const names = won.map((service) => labelValue(service.slice(service.indexOf("/") + 1)));
    const some = names.length > MOST_NAMES ? "" : `,${SERVICE_NAME_LABEL} in (${names.join(",")})`;
    const labelSelector = `${NODE_LABEL}!=${labelValue(node)}${some}`;
    let next: string | undefined;
    do {
      const page: Page = await api.request<Page>({
        ...{ method: "GET", path: this.#path, signal: this.#ending.signal },
        query: { labelSelector, limit: PAGE, continue: next },
      });
      for (const copy of page.items ?? []) if (this.#isStale(copy)) await this.#delete(copy);
      next = page.metadata?.continue || undefined;
    } while (next !== undefined);
  }

  #isStale({ status }: Copy): boolean {
    const { node, isOurs } = this.#options;
    return status !== undefined && status.node !== node && isOurs(`${status.serviceNamespace}/${status.serviceName}`);
  }

  async #delete({ metadata: { name, uid } }: Copy): Promise<void> {
    const { api } = this.#options;
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
    try {
      await api.request({ method: "DELETE", path: `${this.#path}/${name}`, body, signal: this.#ending.signal });
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error;
    }
  }
}
