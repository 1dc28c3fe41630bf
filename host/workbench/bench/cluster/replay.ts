/**
 * An API server that sends updates of EndpointSlices at a rate that no real one reaches here. It stands in front of the real one and passes
 * everything on, but adds events of its own to a watch of EndpointSlices once all that is there has been told: each turns the first endpoint of
 * one slice from ready to not ready, or back. A process of its own.
 */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Pace } from "../answers/pace.ts";
import { turned } from "./objects.ts";

export interface ReplaySetup {
  /** Of the real one, and the address that its certificate is for. */
  readonly url: string;
  readonly address: string;
  /** Files. */
  readonly certificate: string;
  readonly key: string;
}

/** One run. */
export interface ReplayTask {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface ReplayResult {
  readonly sent: number;
  readonly tookMs: number;
}

interface Slice {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly endpoints: Parameters<typeof turned>[0];
}

const BATCH = 50;
const SLICES = "/apis/discovery.k8s.io/v1/endpointslices?";

class Replay {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #slices = new Map<string, Slice>();
  #watcher: ServerResponse | undefined;

  constructor(url: string, ca: string) {
    this.#url = url;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  serve(asked: IncomingMessage, answer: ServerResponse): void {
    const { method = "GET", headers, url = "" } = asked;
    const isWatch = url.startsWith(SLICES) && url.includes("watch=true");
    const further = request(`${this.#url}${url}`, { method, headers, agent: this.#agent }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers).flushHeaders();
      if (isWatch) void this.#passWatch(from, answer);
      else pipeline(from, answer, () => {});
    });
    further.on("error", () => answer.destroy());
    answer.on("close", () => further.destroy());
    pipeline(asked, further, () => {});
  }

  /** Each update is an event by itself, as a real server sends it. */
  async run({ perSecond, seconds }: ReplayTask): Promise<ReplayResult> {
    const watcher = this.#watcher;
    if (watcher === undefined) throw new Error("Nobody watches EndpointSlices");
    const pace = new Pace(perSecond, BATCH, perSecond * seconds);
    const names = [...this.#slices.keys()];
    const startedMs = performance.now();
    let sent = 0;
    while (!pace.isDone) {
      for (let due = pace.take(performance.now() - startedMs); due > 0; due--)
        watcher.write(this.#update(names[sent++ % names.length] ?? ""));
      await sleep(1);
    }
    return { sent, tookMs: performance.now() - startedMs };
  }

  async #passWatch(from: IncomingMessage, answer: ServerResponse): Promise<void> {
    let rest = "";
    try {
      for await (const part of from.setEncoding("utf8")) {
        const lines = `${rest}${part}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#note(line);
        if (lines.length > 0) answer.write(`${lines.join("\n")}\n`);
        this.#watcher = answer;
      }
    } catch {
      answer.destroy(); // the speaker has gone
    }
  }

  #note(line: string): void {
    const { type, object } = JSON.parse(line) as { type: string; object: Slice };
    if (type === "ADDED" || type === "MODIFIED") this.#slices.set(object.metadata.name, object);
  }

  #update(name: string): string {
    const before = this.#slices.get(name) as Slice;
    const resourceVersion = String(BigInt(before.metadata.resourceVersion) + 1_000_000n);
    const object = { ...before, metadata: { ...before.metadata, resourceVersion }, endpoints: turned(before.endpoints) } as Slice;
    this.#slices.set(name, object);
    return `${JSON.stringify({ type: "MODIFIED", object })}\n`;
  }
}

/** Prints its URL, then for each task, one a line, what came of it. Ends with its input. */
export async function runReplay({ url, address, certificate, key }: ReplaySetup): Promise<void> {
  const cert = readFileSync(certificate, "utf8");
  const replay = new Replay(url, cert);
  const server = createServer({ cert, key: readFileSync(key) }, (asked, answer) => replay.serve(asked, answer));
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, address, resolve));
  process.stdout.write(`https://${address}:${(server.address() as AddressInfo).port}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await replay.run(JSON.parse(line) as ReplayTask))}\n`);
  }
  process.exit();
}
