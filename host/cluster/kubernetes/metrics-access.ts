/**
 * Who may read the metrics: whose token the API server knows (TokenReview), and who may get the URL `/metrics` (SubjectAccessReview). It is
 * MetalLB's rule, and that of most that Prometheus asks, so the roles that are there go on working.
 *
 * Answers are kept for a short time, as a scrape comes every few seconds; a refusal for a shorter one, so that a new role works at once.
 * Tokens themselves are not kept. Anybody may send any token, so reviews are limited in number and rate.
 */

import { createHash } from "node:crypto";
import type { Clock } from "../../announcer.ts";
import type { Access } from "../../observe/serve-metrics.ts";
import type { Api } from "../api/api.ts";
import { collectionPath, pluralOf } from "../api/resource-path.ts";

export interface MetricsAccessOptions {
  readonly api: Pick<Api, "request">;
  readonly clock: Pick<Clock, "now">;
  /** Hears why the API server could not be asked, once as long as that does not change. */
  readonly onError?: (error: Error) => void;
}

interface User {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface Known {
  readonly access: Promise<Access>;
  /** Infinity while it is under way. */
  untilMs: number;
  /** It was, when it was asked last. */
  isAllowed: boolean;
}

const ALLOWED_MS = 60_000;
const REFUSED_MS = 5_000;
const MOST_KNOWN = 256;
const REVIEWS_A_SECOND = 10;
const TIMEOUT_MS = 5_000;
const MOST_TOKEN_LENGTH = 8_192;

export class MetricsAccess {
  readonly #options: MetricsAccessOptions;
  /** By the digest of the token, the oldest first. */
  readonly #known = new Map<string, Known>();
  #second = 0;
  #reviews = 0;
  #trouble = "";

  constructor(options: MetricsAccessOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  judge(token: string): Promise<Access> {
    if (token.length > MOST_TOKEN_LENGTH) return Promise.resolve("unauthorized");
    const now = this.#options.clock.now();
    const key = createHash("sha256").update(token).digest("base64");
    const known = this.#known.get(key);
    if (known !== undefined && now < known.untilMs) return known.access;
    // Strangers who use up the reviews do not take them from who was allowed before.
    const wasAllowed = known?.isAllowed ?? false;
    if (!wasAllowed && !this.#mayReview(now)) return Promise.resolve("unavailable");
    const access = this.#review(token);
    this.#remember(key, { access, untilMs: Number.POSITIVE_INFINITY, isAllowed: wasAllowed });
    return access;
  }

  #remember(key: string, entry: Known): void {
    this.#known.delete(key);
    this.#known.set(key, entry);
    void entry.access.then((access) => {
      entry.isAllowed = access === "allowed" || (access === "unavailable" && entry.isAllowed);
      entry.untilMs =
        this.#options.clock.now() + { allowed: ALLOWED_MS, unauthorized: REFUSED_MS, forbidden: REFUSED_MS, unavailable: 0 }[access];
    });
    if (this.#known.size <= MOST_KNOWN) return;
    const all = [...this.#known];
    const [oldest] = all.find(([, { isAllowed }]) => !isAllowed) ?? all[0] ?? [];
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #mayReview(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#reviews = 0;
    this.#second = second;
    this.#reviews += 1;
    return this.#reviews <= REVIEWS_A_SECOND;
  }

  async #review(token: string): Promise<Access> {
    try {
      const { authenticated, user } = await this.#ask<{ authenticated?: boolean; user?: User }>("authentication", "TokenReview", { token });
      this.#trouble = "";
      if (authenticated !== true || user === undefined) return "unauthorized";
      const { username, uid, groups, extra } = user;
      const nonResourceAttributes = { path: "/metrics", verb: "get" };
      const spec = { user: username, uid, groups, extra, nonResourceAttributes };
      const { allowed } = await this.#ask<{ allowed?: boolean }>("authorization", "SubjectAccessReview", spec);
      return allowed === true ? "allowed" : "forbidden";
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#trouble) this.#options.onError?.(error as Error);
      this.#trouble = message;
      return "unavailable";
    }
  }

  async #ask<Status>(group: string, kind: string, spec: unknown): Promise<Partial<Status>> {
    const apiVersion = `${group}.k8s.io/v1`;
    const { status } = await this.#options.api.request<{ status?: Status }>({
      method: "POST",
      path: collectionPath(apiVersion, pluralOf(kind)),
      body: { apiVersion, kind, spec },
      timeoutMs: TIMEOUT_MS,
    });
    return status ?? {};
  }
}
