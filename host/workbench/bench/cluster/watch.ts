/** The bench's own look at Services: when each had an address, as a client of the API server sees it. */
import type { TestClient } from "../../api-server/test-client.ts";
import { monotonicMs } from "../answers/arp-station.ts";

interface ServiceEvent {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
  };
}

export interface Seen {
  readonly ip: string;
  readonly atMs: number;
}

const PATH =
  "/api/v1/services?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true" +
  "&fieldSelector=spec.type%3DLoadBalancer";

export class ServiceWatch {
  /** Services that changed after they had come. */
  changes = 0;
  readonly #addressed = new Map<string, Seen>();
  readonly #ending = new AbortController();
  #problem: Error | undefined;
  #wake: () => void = () => {};

  constructor(client: TestClient) {
    void this.#follow(client).catch((error: Error) => {
      this.#problem = error;
      this.#wake();
    });
  }

  /** Waits until `count` have an address; gives when the last one got it. */
  async untilAddressed(count: number, limitMs: number): Promise<number> {
    await this.#until(
      () => this.#addressed.size >= count,
      limitMs,
      () => `${this.#addressed.size} of ${count} Services have an address`,
    );
    return Math.max(0, ...Array.from(this.#addressed.values(), ({ atMs }) => atMs));
  }

  async untilSeen(name: string, limitMs: number): Promise<Seen> {
    await this.#until(
      () => this.#addressed.has(name),
      limitMs,
      () => `Service ${name} has no address`,
    );
    return this.#addressed.get(name) as Seen;
  }

  close(): void {
    this.#ending.abort();
  }

  async #until(isDone: () => boolean, limitMs: number, problem: () => string): Promise<void> {
    const deadlineMs = monotonicMs() + limitMs;
    while (!isDone()) {
      if (this.#problem !== undefined) throw this.#problem;
      const leftMs = deadlineMs - monotonicMs();
      if (leftMs <= 0) throw new Error(`Cannot bench: after ${limitMs / 1000} s ${problem()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #follow(client: TestClient): Promise<void> {
    const { signal } = this.#ending;
    try {
      for await (const line of client.lines(PATH, signal)) if (line !== "") this.#note(JSON.parse(line) as ServiceEvent);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (!signal.aborted) throw new Error("Cannot bench: the API server has ended the watch of Services");
  }

  #note({ type, object }: ServiceEvent): void {
    if (type === "MODIFIED") this.changes++;
    const ip = object.status?.loadBalancer?.ingress?.[0]?.ip;
    if (ip === undefined || this.#addressed.has(object.metadata.name)) return;
    this.#addressed.set(object.metadata.name, { ip, atMs: monotonicMs() });
    this.#wake();
  }
}
