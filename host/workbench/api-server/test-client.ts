/**
 * How tests write and read objects: a client of its own, so that it can judge Herald's. Kinds are named `v1/Service` or
 * `metallb.io/v1beta1/IPAddressPool`, objects `shop/web` or, where they are of no namespace, `web`.
 */

import { Agent } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { loadAll } from "js-yaml";
import { ApiFailure, type Body, open, send } from "./send.ts";

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an object is what it asserts
type Json = any;

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: Json };
  readonly spec?: Json;
  readonly status?: Json;
  readonly [field: string]: Json;
}

export interface PatchOptions {
  readonly subresource?: "status";
  /** Default "merge". */
  readonly type?: "merge" | "apply" | "json";
}

const POLL_MS = 50;
const LIMIT_MS = 30_000;
/** Between a definition and the kind that it defines. */
const KIND_LIMIT_MS = 20_000;
const FIELD_MANAGER = "test";

export class TestClient {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;
  /** `v1/Service` → the path of all of its objects, with `*` where the namespace goes. */
  readonly #paths = new Map<string, string>();

  constructor(url: string, ca: string, token: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** JSON as what it says, else text. Throws `ApiFailure`. */
  request<Answer = Json>(method: string, path: string, body?: unknown, type = "application/json"): Promise<Answer> {
    const content: Body | undefined = body === undefined ? undefined : { type, text: JSON.stringify(body) };
    return send({ method, url: `${this.#url}${path}`, token: this.#token, agent: this.#agent, content }) as Promise<Answer>;
  }

  /** Of an answer that goes on, as of a watch. Throws `ApiFailure`; ends as the connection does, or throws. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const answer = await open(`${this.#url}${path}`, this.#token, this.#agent, signal);
    let rest = "";
    for await (const part of answer.setEncoding("utf8")) {
      const lines = `${rest}${part}`.split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  }

  /** Server-side apply of each, in order; YAML documents or objects. Those of a namespace that name none go into `namespace`. */
  async apply(manifests: string | KubernetesObject | readonly KubernetesObject[], namespace = "default"): Promise<KubernetesObject[]> {
    const applied: KubernetesObject[] = [];
    for (const object of objectsOf(manifests)) {
      const path = `${await this.#pathOf(object, namespace)}?fieldManager=${FIELD_MANAGER}&force=true`;
      applied.push(await this.request("PATCH", path, object, "application/apply-patch+yaml"));
    }
    return applied;
  }

  /** Whether the server would take a new object: nothing is written, and a field that the kind does not have is an error. */
  async tryCreate(object: KubernetesObject, namespace = "default"): Promise<KubernetesObject> {
    const path = (await this.#pathOf(object, namespace)).replace(/\/[^/]*$/, "");
    return this.request("POST", `${path}?dryRun=All&fieldValidation=Strict`, object);
  }

  /** Undefined where it is not there. */
  async get(kind: string, name: string): Promise<KubernetesObject | undefined> {
    try {
      return await this.request<KubernetesObject>("GET", await this.path(kind, name));
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Of all namespaces, or of one. */
  async list(kind: string, namespace?: string): Promise<KubernetesObject[]> {
    const path = await this.#pathOfAll(kind);
    const place = namespace === undefined ? path.replace("/namespaces/*", "") : path.replace("*", namespace);
    return (await this.request<{ items: KubernetesObject[] }>("GET", place)).items;
  }

  async patch(kind: string, name: string, body: unknown, options: PatchOptions = {}): Promise<KubernetesObject> {
    const { subresource, type = "merge" } = options;
    const path = `${await this.path(kind, name)}${subresource === undefined ? "" : `/${subresource}`}?fieldManager=${FIELD_MANAGER}`;
    const contentType = type === "apply" ? "application/apply-patch+yaml" : `application/${type === "merge" ? "merge" : "json"}-patch+json`;
    return this.request("PATCH", type === "apply" ? `${path}&force=true` : path, body, contentType);
  }

  /** One that is not there is no error. */
  async delete(kind: string, name: string): Promise<void> {
    await this.request("DELETE", await this.path(kind, name)).catch((error: unknown) => {
      if (!(error instanceof ApiFailure) || error.status !== 404) throw error;
    });
  }

  /**
   * Waits until `look` gives something for the object, and gives that. An object that is not there, a read that failed and a `look` that threw
   * are all a no. Rejects after `limitMs`, default 30 s, with `what` was waited for and what was there.
   */
  async until<Found>(
    kind: string,
    name: string,
    what: string,
    look: (object: KubernetesObject) => Found,
    limitMs = LIMIT_MS,
  ): Promise<NonNullable<Found>> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      let seen: unknown;
      try {
        const object = (seen = await this.get(kind, name));
        const found = object && look(object);
        if (found !== undefined && found !== null && found !== false) return found;
      } catch (error) {
        seen ??= error;
      }
      if (performance.now() > deadline) throw new Error(`No ${what} of ${kind} ${name} after ${limitMs / 1000} s: ${textOf(seen)}`);
      await wait(POLL_MS);
    }
  }

  /** The path of one object. */
  async path(kind: string, name: string): Promise<string> {
    const parts = name.split("/");
    const path = await this.#pathOfAll(kind);
    if (path.includes("*") !== (parts.length === 2))
      throw new Error(`Wrong name "${name}" for ${kind}: want ${path.includes("*") ? "namespace/name" : "a name"}`);
    return `${path.replace("*", parts.at(-2) ?? "")}/${parts.at(-1)}`;
  }

  async #pathOf({ apiVersion, kind, metadata }: KubernetesObject, namespace: string): Promise<string> {
    const path = await this.#pathOfAll(`${apiVersion}/${kind}`);
    return `${path.replace("*", metadata.namespace ?? namespace)}/${metadata.name}`;
  }

  async #pathOfAll(kind: string): Promise<string> {
    const deadline = performance.now() + KIND_LIMIT_MS;
    for (;;) {
      const path = this.#paths.get(kind);
      if (path !== undefined) return path;
      if (performance.now() > deadline) throw new Error(`The API server has no ${kind}`);
      if (!(await this.#discover(kind.slice(0, kind.lastIndexOf("/"))))) await wait(POLL_MS);
    }
  }

  /** False where there is no such group and version yet. */
  async #discover(apiVersion: string): Promise<boolean> {
    const base = `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}`;
    const before = this.#paths.size;
    const { resources } = await this.request<{ resources: { name: string; kind: string; namespaced: boolean }[] }>("GET", base).catch(
      (error) => {
        if (error instanceof ApiFailure && error.status === 404) return { resources: [] };
        throw error;
      },
    );
    for (const { name, kind, namespaced } of resources) {
      if (!name.includes("/")) this.#paths.set(`${apiVersion}/${kind}`, `${base}${namespaced ? "/namespaces/*" : ""}/${name}`);
    }
    return this.#paths.size > before;
  }
}

function objectsOf(manifests: string | KubernetesObject | readonly KubernetesObject[]): readonly KubernetesObject[] {
  if (typeof manifests === "string") return loadAll(manifests).filter((document) => document != null) as KubernetesObject[];
  return Array.isArray(manifests) ? manifests : [manifests as KubernetesObject];
}

function textOf(seen: unknown): string {
  if (seen instanceof Error) return seen.message;
  return seen === undefined ? "it is not there" : JSON.stringify(seen);
}
