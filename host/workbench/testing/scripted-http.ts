/** An HTTP server on loopback that answers as a test says, request by request. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type Answer = (response: ServerResponse, asked: Asked) => unknown;

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly request: IncomingMessage;
}

export interface ScriptedHttp {
  readonly url: string;
  /** What was asked, in order. */
  readonly asked: Asked[];
  /** Cuts every connection with a reset. */
  reset(): void;
  close(): Promise<void>;
}

/** `answer` answers each request. */
export async function scriptedHttp(answer: Answer): Promise<ScriptedHttp> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const one: Asked = { method: request.method ?? "", url: new URL(request.url ?? "", "http://x"), headers: request.headers, request };
    asked.push(one);
    response.on("error", () => {});
    answer(response, one);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const reset = () => {
    for (const socket of sockets) {
      if (!socket.writableEnded) socket.resetAndDestroy();
      socket.destroy(); // by itself, it first waits until all is written
    }
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    reset,
    close: () => {
      reset();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function answerJson(response: ServerResponse, body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
