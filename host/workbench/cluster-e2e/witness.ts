/**
 * Watches every Service's status for what must never be: one address at two Services at once, and an address taken from a Service that had it.
 * It asks the API server itself, past any fault proxy, and sees all writes in the order in which they were made.
 */

import { setTimeout as wait } from "node:timers/promises";
import type { KubernetesObject, TestClient } from "../api-server/test-client.ts";
import { addressesOf } from "./scene.ts";

const RETRY_MS = 50;
const MOMENT_MS = 5;
const SERVICES = "/api/v1/services";

type Event = { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"; readonly object: KubernetesObject };

export class Witness {
  /** What must never be, in words. */
  readonly faults: string[] = [];
  readonly #client: TestClient;
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #holders = new Map<string, string>();
  readonly #ended = new AbortController();
  #running: Promise<void> | undefined;

  constructor(client: TestClient) {
    this.#client = client;
  }

  /** Resolves when it has seen everything once. */
  async start(): Promise<void> {
    const version = await this.#list();
    this.#running = this.#follow(version);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  /** Services that have an address. */
  get served(): number {
    return [...this.#addresses.values()].filter((addresses) => addresses.length > 0).length;
  }

  /** By Service, `shop/web`. */
  addresses(): ReadonlyMap<string, readonly string[]> {
    return this.#addresses;
  }

  async untilServed(count: number, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.served !== count) {
      if (performance.now() > deadline) throw new Error(`${this.served} Services have an address after ${limitMs / 1000} s, not ${count}`);
      await wait(RETRY_MS);
    }
  }

  /** Until some have one: the middle of giving out. */
  async untilBegun(count: number, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (this.served < count) {
      if (performance.now() > deadline) throw new Error(`Only ${this.served} Services have an address after ${limitMs / 1000} s`);
      await wait(MOMENT_MS);
    }
  }

  async #follow(version: string): Promise<void> {
    let from: string | undefined = version;
    while (!this.#ended.signal.aborted) {
      try {
        from ??= await this.#list();
        const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${from}`;
        for await (const line of this.#client.lines(SERVICES + query, this.#ended.signal)) {
          const { type, object } = JSON.parse(line) as Event;
          if (type === "ERROR") throw new Error(line);
          from = object.metadata["resourceVersion"] as string;
          if (type !== "BOOKMARK") this.#see(object, type === "DELETED");
        }
      } catch (error) {
        if (/too old|Expired/.test(String(error))) from = undefined;
        await wait(RETRY_MS);
      }
    }
  }

  async #list(): Promise<string> {
    const { items, metadata } = await this.#client.request<{ items: KubernetesObject[]; metadata: { resourceVersion: string } }>(
      "GET",
      SERVICES,
    );
    const there = new Set(items.map(nameOf));
    for (const name of [...this.#addresses.keys()]) if (!there.has(name)) this.#forget(name);
    for (const object of items) this.#see(object, false);
    return metadata.resourceVersion;
  }

  #see(object: KubernetesObject, isGone: boolean): void {
    const name = nameOf(object);
    const before = this.#addresses.get(name) ?? [];
    this.#forget(name);
    if (isGone) return;
    const now = addressesOf(object);
    this.#addresses.set(name, now);
    if (before.length > 0 && before.join() !== now.join())
      this.faults.push(`${name} had ${before.join(", ")} and has ${now.join(", ") || "nothing"}`);
    for (const address of now) {
      const other = this.#holders.get(address);
      if (other !== undefined) this.faults.push(`${address} is at ${other} and at ${name}`);
      this.#holders.set(address, name);
    }
  }

  #forget(name: string): void {
    for (const address of this.#addresses.get(name) ?? []) if (this.#holders.get(address) === name) this.#holders.delete(address);
    this.#addresses.delete(name);
  }
}

function nameOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
