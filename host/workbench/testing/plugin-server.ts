/** A server on loopback that plugins are fetched from, over HTTP or HTTPS: it answers by path, and keeps what it was asked. */

import { createHash } from "node:crypto";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { makeCertificate } from "../../observe/certificate.ts";

export type Answer = string | Uint8Array | RequestListener;

export interface PluginServer {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  /** PEM, for who should trust it. */
  readonly authority: string;
  /** By path: `/vrrp/plugin.ts`. What is not there is 404. */
  readonly answers: Map<string, Answer>;
  /** Paths, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function openPluginServer(scheme: "http" | "https"): Promise<PluginServer> {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const { cert, key } = makeCertificate("plugins", ["127.0.0.1"]);
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const answer = answers.get(path);
    if (typeof answer === "function") answer(request, response);
    else response.writeHead(answer === undefined ? 404 : 200).end(answer);
  };
  const server = scheme === "https" ? createHttps({ cert, key }, listener) : createHttp(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority: cert,
    answers,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** As `npm pack` has it: everything in `package/`. */
export async function packPackage(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const packing = pack();
  for (const [path, text] of Object.entries(files)) packing.entry({ name: `package/${path}` }, text);
  packing.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packing) pieces.push(piece as Buffer);
  return gzipSync(Buffer.concat(pieces));
}

/** Puts a version of a package into a server that answers as a registry does. */
export function publish(
  server: PluginServer,
  name: string,
  version: string,
  packed: Uint8Array,
  change: Readonly<Record<string, unknown>> = {},
): void {
  const tarball = `/${name}/-/${version}.tgz`;
  const integrity = `sha512-${createHash("sha512").update(packed).digest("base64")}`;
  const dist = { tarball: `${server.origin}${tarball}`, integrity, ...change };
  server.answers.set(`/${name.replace("/", "%2f")}`, JSON.stringify({ name, versions: { [version]: { name, version, dist } } }));
  server.answers.set(tarball, packed);
}
