/**
 * One resource of an API server that lives in the test: lists by pages, watch-lists and watches over HTTP, with a history of all changes.
 * `intercept` sees each request first, and may answer it as no healthy server would.
 */

import type { ServerResponse } from "node:http";
import { type Asked, answerJson, type ScriptedHttp, scriptedHttp } from "./scripted-http.ts";

export interface ScriptedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly resourceVersion: string };
  readonly spec: unknown;
}

interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ScriptedObject;
}

/** True: it has answered. */
export type Intercept = (response: ServerResponse, asked: Asked) => boolean;

export async function scriptedResource(): Promise<ScriptedResource> {
  const resource = new ScriptedResource();
  await resource.open();
  return resource;
}

export class ScriptedResource {
  readonly objects = new Map<string, ScriptedObject>();
  readonly watches = new Set<ServerResponse>();
  intercept: Intercept = () => false;
  #http: ScriptedHttp | undefined;
  #version = 100;
  #oldest = 100;
  readonly #history: Change[] = [];

  get http(): ScriptedHttp {
    if (this.#http === undefined) throw new Error("not open");
    return this.#http;
  }

  get version(): string {
    return String(this.#version);
  }

  async open(): Promise<void> {
    this.#http = await scriptedHttp((response, asked) => this.#answer(response, asked));
  }

  /** Makes or changes an object, and tells the watches. */
  put(name: string, spec: unknown = {}): void {
    const before = this.objects.get(name);
    const version = String(++this.#version);
    const metadata = { name, namespace: "web", uid: before?.metadata.uid ?? `uid-${version}`, resourceVersion: version };
    const object = { apiVersion: "v1", kind: "Service", metadata, spec };
    this.objects.set(name, object);
    this.#tell({ type: before === undefined ? "ADDED" : "MODIFIED", object });
  }

  remove(name: string): void {
    const before = this.objects.get(name);
    if (before === undefined) return;
    this.objects.delete(name);
    this.#tell({ type: "DELETED", object: { ...before, metadata: { ...before.metadata, resourceVersion: String(++this.#version) } } });
  }

  /** What was before is no longer known: a watch from there is answered with 410. */
  compact(): void {
    this.#oldest = this.#version;
  }

  /** To every watch, as it is. */
  write(text: string): void {
    for (const watch of this.watches) watch.write(text);
  }

  /** What a watch gets. */
  event(type: string, object: unknown): string {
    return `${JSON.stringify({ type, object })}\n`;
  }

  bookmark(endsList = false): string {
    const annotations = endsList ? { "k8s.io/initial-events-end": "true" } : {};
    return this.event("BOOKMARK", { metadata: { resourceVersion: this.version, annotations } });
  }

  /** What there is, as a watch-list begins. */
  initial(): string {
    return [...this.objects.values()].map((object) => this.event("ADDED", object)).join("");
  }

  /** Ends every watch in good order. */
  endWatches(): void {
    for (const watch of this.watches) watch.end();
  }

  #tell(change: Change): void {
    this.#history.push(change);
    this.write(this.event(change.type, change.object));
  }

  #answer(response: ServerResponse, asked: Asked): void {
    if (this.intercept(response, asked)) return;
    if (asked.url.searchParams.get("watch") === "true") this.watch(response, asked);
    else this.#list(response, asked);
  }

  #list(response: ServerResponse, { url }: Asked): void {
    const from = Number(url.searchParams.get("continue") ?? 0);
    const to = from + Number(url.searchParams.get("limit"));
    const items = [...this.objects.values()].slice(from, to).map(({ kind, apiVersion, ...item }) => item);
    const next = to < this.objects.size ? String(to) : "";
    answerJson(response, { kind: "ServiceList", apiVersion: "v1", metadata: { resourceVersion: this.version, continue: next }, items });
  }

  watch(response: ServerResponse, { url }: Asked): void {
    const from = url.searchParams.get("resourceVersion");
    if (from !== null && Number(from) < this.#oldest) {
      answerGone(response);
      return;
    }
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    if (from === null) response.write(this.initial() + this.bookmark(true));
    else {
      for (const { type, object } of this.#history) {
        if (Number(object.metadata.resourceVersion) > Number(from)) response.write(this.event(type, object));
      }
    }
    this.watches.add(response);
    response.on("close", () => this.watches.delete(response));
  }
}

export function answerGone(response: ServerResponse): void {
  answerJson(response, { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" }, 410);
}
