/**
 * The connections to the API server: kept-alive ones for requests, one of its own for each watch. All are known here, so that they can be
 * reset: a reset drops also what the kernel has not sent yet, which a close would still deliver.
 */

import { Agent as HttpAgent, type RequestOptions as HttpOptions } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Access } from "./credentials.ts";

const CONNECT_MS = 10_000;
/** A peer that is gone is noticed after some of these, also where nothing is asked. */
const KEEP_ALIVE_MS = 15_000;
/** The server closes what is idle for 90 s; closing before it does avoids asking on a connection that it is closing. */
const IDLE_MS = 60_000;
/** Enough to keep a server busy; more requests wait their turn. */
const MAX_REQUEST_CONNECTIONS = 16;

type Opened = (error: Error | null, stream: Duplex) => void;

export class Connections {
  /** Each with what is written to: itself, or the TLS on it once that is there. */
  readonly #raw = new Map<Socket, Duplex>();
  readonly #rawOf = new WeakMap<Duplex, Socket>();
  readonly #plain: HttpAgent;
  readonly #secure: HttpsAgent;

  constructor() {
    const options = { keepAlive: true, maxSockets: MAX_REQUEST_CONNECTIONS, timeout: IDLE_MS, scheduling: "lifo" as const };
    this.#plain = withConnect(new HttpAgent(options), (to, opened) => this.#open(to, opened, false));
    this.#secure = withConnect(new HttpsAgent(options), (to, opened) => this.#open(to, opened, true));
  }

  /** For one request; `apart`: on a connection that is used for nothing else. */
  optionsFor({ server, tls, agent }: Access, apart: boolean): HttpOptions {
    const { protocol, hostname, port } = serverUrl(server);
    const isSecure = protocol === "https:";
    const host = hostname.replace(/^\[|\]$/g, "");
    const to = {
      protocol,
      host,
      port: Number(port) || (isSecure ? 443 : 80),
      ...tls,
      servername: tls.servername ?? (isIP(host) ? "" : host),
    };
    if (agent !== undefined) return { ...to, agent };
    if (!apart) return { ...to, agent: isSecure ? this.#secure : this.#plain };
    const createConnection = (options: object, opened: Opened) => this.#open(options as HttpOptions, opened, isSecure);
    return { ...to, createConnection: createConnection as unknown as NonNullable<HttpOptions["createConnection"]> };
  }

  /** What is not sent on this connection by now never will be. */
  reset(stream: Duplex | null | undefined): void {
    const raw = stream && this.#rawOf.get(stream);
    if (raw) resetNow(raw, stream);
    stream?.destroy();
  }

  resetAll(): void {
    for (const [raw, stream] of this.#raw) resetNow(raw, stream);
  }

  /** TLS only begins on a connection that is there: so what lies below it stays one socket, which can be reset. */
  #open(to: HttpOptions, opened: Opened, isSecure: boolean): undefined {
    const raw = connect({
      host: to.host ?? "",
      port: Number(to.port),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    const timer = setTimeout(() => raw.destroy(new Error(`no connection within ${CONNECT_MS} ms`)), CONNECT_MS);
    const failed = (error: Error) => opened(error, raw);
    this.#raw.set(raw, raw);
    raw.once("close", () => {
      clearTimeout(timer);
      this.#raw.delete(raw);
    });
    raw.once("error", failed);
    raw.on("error", () => {}); // said by the stream on it
    raw.once("connect", () => {
      clearTimeout(timer);
      raw.off("error", failed);
      const stream = isSecure ? connectTls({ ...(to as ConnectionOptions), ALPNProtocols: ["http/1.1"], socket: raw }) : raw;
      this.#raw.set(raw, stream);
      this.#rawOf.set(stream, raw);
      opened(null, stream);
    });
  }
}

function resetNow(raw: Socket, stream: Duplex): void {
  // Of one that is not connected a reset would wait until it is; one that has ended has its answer, and can no longer be reset.
  if (!raw.connecting && !stream.writableEnded) raw.resetAndDestroy();
  // By itself `resetAndDestroy` first waits until all is written.
  raw.destroy(new Error("cut off"));
}

function withConnect<A extends HttpAgent>(agent: A, open: (to: HttpOptions, opened: Opened) => undefined): A {
  return Object.assign(agent, { createConnection: open });
}

/** Tokens do not travel in the clear: plain HTTP is for this machine only. Throws where that is not so, or the URL is none. */
export function serverUrl(server: string): URL {
  const url = new URL(server);
  const isLoopback = url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback)) return url;
  throw new Error(`Cannot use the API server ${server}: found ${url.protocol}//, expected https:// (http:// on loopback only)`);
}
