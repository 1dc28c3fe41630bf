/** A reflector against a scripted resource, and what its sink was told. */

import { Client } from "../../cluster/api/client.ts";
import type { RawObject } from "../../cluster/api/known-objects.ts";
import { Reflector } from "../../cluster/api/reflector.ts";
import type { Reflected, ReflectorOptions } from "../../cluster/api/reflector-options.ts";
import { recordedLog } from "./log.ts";
import { until } from "./promises.ts";
import { type Intercept, type ScriptedResource, scriptedResource } from "./scripted-resource.ts";

export const PATH = "/api/v1/services";

export class ReflectorStage {
  server!: ScriptedResource;
  client!: Client;
  reflector!: Reflector;
  /** What the sink has by now. */
  held = new Map<string, unknown>();
  /** Each call of the sink. */
  told: string[] = [];
  logged = recordedLog();

  /** A server with these objects. */
  async open(names: readonly string[] = ["a", "b", "c"]): Promise<void> {
    this.server = await scriptedResource();
    for (const name of names) this.server.put(name);
    const { url } = this.server.http;
    this.client = new Client({ credentials: { access: async () => ({ server: url, tls: {}, headers: {} }) }, headTimeoutMs: 500 });
    this.held.clear();
    this.told.length = 0;
  }

  start(resource: Partial<Reflected> = {}, options: Partial<ReflectorOptions> = {}): void {
    this.logged = recordedLog();
    const sink = {
      put: (object: RawObject) => {
        this.told.push(`put ${object.metadata.name}`);
        this.held.set(object.metadata.name, object);
      },
      remove: ({ namespace, name }: { namespace?: string; name: string }) => {
        this.told.push(`remove ${namespace}/${name}`);
        this.held.delete(name);
      },
      commit: () => this.told.push("commit"),
      synced: () => this.told.push("synced"),
    };
    const timing = { idle: 2_000, idleInList: 300, page: 500, absent: 30, ...options.timing };
    const { log } = this.logged;
    this.reflector = new Reflector({
      api: this.client,
      resource: { path: PATH, ...resource },
      sink,
      log,
      random: () => 0,
      ...options,
      timing,
    });
    this.reflector.start();
  }

  async close(): Promise<void> {
    this.reflector?.close();
    this.client?.close();
    await this.server?.http.close();
  }

  /** Resolves once the sink has what the server has. */
  inStep(): Promise<void> {
    return until(() => this.reflector.state().isFollowing && listed(this.held.values()) === listed(this.server.objects.values()), 20_000);
  }

  /** Of all requests, in order. */
  queries(): URLSearchParams[] {
    return this.server.http.asked.map(({ url }) => url.searchParams);
  }

  /** The first `times` requests that `when` holds for are answered so. */
  first(times: number, answer: Intercept, when: (query: URLSearchParams) => boolean = () => true): void {
    let left = times;
    this.server.intercept = (response, asked) => when(asked.url.searchParams) && left-- > 0 && answer(response, asked);
  }
}

function listed(objects: Iterable<unknown>): string {
  return JSON.stringify([...objects].map((object) => Object.entries(object as object).sort()).sort());
}
