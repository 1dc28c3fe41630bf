/** Every address that was ever on record, in the order in which that came to be: none may be there for two Services at once. */

import { setTimeout as wait } from "node:timers/promises";
import { Client } from "../../cluster/api/client.ts";
import { kubeConfigCredentials } from "../../cluster/api/credentials.ts";
import type { ApiServer } from "./api-server.ts";

interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: {
    readonly metadata: { readonly name: string; readonly resourceVersion: string };
    readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
  };
}

const AGAIN_MS = 200;

export class AddressRecord {
  /** What each Service has, by its name. */
  readonly ips = new Map<string, readonly string[]>();
  /** Each time that two had the same. */
  readonly twice: string[] = [];
  readonly #ending = new AbortController();
  #version = "";

  static async of(server: ApiServer): Promise<AddressRecord> {
    const record = new AddressRecord();
    const api = new Client({ credentials: await kubeConfigCredentials(server.kubeconfig()) });
    void record.#follow(api).finally(() => api.close());
    return record;
  }

  /** Services of a name that begins so, and have an address. */
  count(prefix: string): number {
    return [...this.ips].filter(([name, ips]) => name.startsWith(prefix) && ips.length > 0).length;
  }

  close(): void {
    this.#ending.abort();
  }

  async #follow(api: Client): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        const first = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true };
        const query = { watch: true, resourceVersion: this.#version, ...(this.#version === "" ? first : {}) };
        let rest = "";
        for await (const bytes of await api.stream({ path: "/api/v1/services", query, signal })) {
          const lines = (rest + Buffer.from(bytes).toString("latin1")).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) this.#note(JSON.parse(line));
        }
      } catch {
        await wait(AGAIN_MS);
      }
    }
  }

  #note({ type, object: { metadata, status } }: Change): void {
    const { name, resourceVersion } = metadata;
    this.#version = type === "ERROR" ? "" : resourceVersion;
    if (type === "ERROR" || type === "BOOKMARK") return;
    this.ips.delete(name);
    if (type === "DELETED") return;
    const ips = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
    for (const [other, theirs] of this.ips) {
      for (const ip of ips) if (theirs.includes(ip)) this.twice.push(`${ip}: ${other} and ${name} at version ${resourceVersion}`);
    }
    this.ips.set(name, ips);
  }
}
