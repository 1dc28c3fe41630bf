/**
 * What may happen between Herald and the API server. It stands in front of a running one with that one's own certificate, so a kubeconfig needs
 * nothing but its URL.
 *
 *   client ──TCP──► front: refuses, is silent, cuts ──► TLS and HTTP: delays, refuses requests, loses answers ──► API server
 *
 * Frozen, killed and compacted is the API server itself.
 */

import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer as createHttpsServer, request } from "node:https";
import { connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { randomFrom } from "../testing/random.ts";
import type { ApiServer } from "./api-server.ts";
import { freePort } from "./free-port.ts";

export interface Faults {
  /** What happens to connections: they work (default), nothing passes in either direction, or there are none. */
  readonly connections?: "work" | "silent" | "refused";
  /** Resets all connections, again and again. */
  readonly cutEveryMs?: number;
  /** Before each request is passed on. */
  readonly delayMs?: number;
  /** A share of requests, 0 to 1, is answered with one of these and not passed on. */
  readonly refuse?: { readonly share: number; readonly statuses: readonly number[]; readonly retryAfterSeconds?: number };
  /** A share of writes, 0 to 1, is done, and its connection then reset instead of answered. */
  readonly loseAnswers?: number;
}

export async function startFaultProxy(server: ApiServer, seed: number): Promise<FaultProxy> {
  const proxy = new FaultProxy(server, await freePort(), seed);
  await proxy.start();
  return proxy;
}

export class FaultProxy {
  readonly url: string;
  /** How often what happened, since the start. */
  readonly counts = { connections: 0, requests: 0, cut: 0, refused: 0, lost: 0 };
  readonly #server: ApiServer;
  readonly #port: number;
  readonly #random: (below: number) => number;
  readonly #agent: Agent;
  readonly #inner: ReturnType<typeof createHttpsServer>;
  readonly #front = createServer((client) => this.#accept(client));
  readonly #pairs = new Map<Socket, Socket>();
  #faults: Faults = {};
  #cutting: NodeJS.Timeout | undefined;

  constructor(server: ApiServer, port: number, seed: number) {
    this.#server = server;
    this.#port = port;
    this.#random = randomFrom(seed);
    this.url = server.url.replace(/\d+$/, String(port));
    this.#agent = new Agent({ ca: server.ca, keepAlive: true });
    const identity = { cert: server.ca, key: readFileSync(server.path("certificates/apiserver.key")) };
    this.#inner = createHttpsServer(identity, (asked, answer) => void this.#serve(asked, answer));
    // A connection that was cut ends in the middle of something.
    this.#inner.on("tlsClientError", () => {}).on("clientError", (_, socket) => socket.destroy());
  }

  get #path(): string {
    return this.#server.path(`proxy-${this.#port}`);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#inner.once("error", reject).listen(this.#path, resolve));
    await this.#listen();
  }

  /** In place of those before; `{}` is health. Resolves when they hold. */
  async set(faults: Faults): Promise<void> {
    const { connections = "work" } = faults;
    const wasSilent = this.#faults.connections === "silent";
    clearInterval(this.#cutting);
    this.#faults = faults;
    if (faults.cutEveryMs !== undefined) this.#cutting = setInterval(() => this.cut(), faults.cutEveryMs);
    if (connections === "refused") {
      this.#front.close();
      this.cut();
      return;
    }
    for (const [client, inner] of this.#pairs) {
      if (connections === "silent") part(client, inner);
      else if (wasSilent) join(client, inner);
    }
    if (!this.#front.listening) await this.#listen();
  }

  /** Resets all connections, once. */
  cut(): void {
    for (const client of this.#pairs.keys()) {
      this.counts.cut++;
      client.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    await this.set({ connections: "refused" });
    this.#agent.destroy();
    this.#inner.closeAllConnections();
    await new Promise((resolve) => this.#inner.close(resolve));
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => this.#front.once("error", reject).listen(this.#port, this.#server.address, resolve));
  }

  #accept(client: Socket): void {
    const inner = connect(this.#path);
    this.counts.connections++;
    this.#pairs.set(client, inner);
    for (const socket of [client, inner]) {
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#pairs.delete(client);
        client.destroy();
        inner.destroy();
      });
    }
    if (this.#faults.connections !== "silent") join(client, inner);
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { delayMs = 0, refuse, loseAnswers = 0 } = this.#faults;
    this.counts.requests++;
    if (delayMs > 0) await wait(delayMs);
    if (refuse !== undefined && this.#happens(refuse.share)) {
      const status = refuse.statuses[this.#random(refuse.statuses.length)] ?? 500;
      this.counts.refused++;
      asked.resume();
      if (refuse.retryAfterSeconds !== undefined) answer.setHeader("retry-after", refuse.retryAfterSeconds);
      answer.writeHead(status, { "content-type": "application/json" });
      answer.end(
        JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message: `refused for a test: ${status}`, code: status }),
      );
      return;
    }
    this.#pass(asked, answer, asked.method !== "GET" && this.#happens(loseAnswers));
  }

  #pass(asked: IncomingMessage, answer: ServerResponse, lose: boolean): void {
    const { method, headers } = asked;
    const further = request(`${this.#server.url}${asked.url}`, { method: method ?? "GET", headers, agent: this.#agent }, (from) => {
      if (lose) {
        this.counts.lost++;
        answer.destroy();
        return;
      }
      answer.writeHead(from.statusCode ?? 502, from.headers);
      // A watch has headers long before it has events.
      answer.flushHeaders();
      pipeline(from, answer, () => {});
    });
    further.on("error", () => answer.destroy());
    answer.on("close", () => further.destroy());
    pipeline(asked, further, () => {});
  }

  #happens(share: number): boolean {
    return this.#random(1_000_000) < share * 1_000_000;
  }
}

function join(client: Socket, inner: Socket): void {
  client.pipe(inner);
  inner.pipe(client);
}

function part(client: Socket, inner: Socket): void {
  client.unpipe(inner).pause();
  inner.unpipe(client).pause();
}
