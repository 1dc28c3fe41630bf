/** Reads a kubeconfig file with the `KubeConfig` of `@kubernetes/client-node`. A bundle of its own; `credentials.ts` says why. */

import { readFile } from "node:fs/promises";
import { Agent } from "node:http";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
// The package's own entry would also load every model: 24 MB instead of 18.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { load } from "js-yaml";
import type { Access } from "./credentials.ts";

/** What the file says now; `refused` forgets what an exec plugin has said. Throws where the file is not there or names no server. */
export function readKubeConfig(file: string): (refused: boolean) => Promise<Access> {
  let kept: KubeConfig | undefined;
  return async (refused) => {
    // An exec plugin's credential lives in the object, until it expires.
    if (refused || !kept?.getCurrentUser()?.exec) kept = new KubeConfig();
    const text = await readFile(file, "utf8");
    if (kept.getClusters().length === 0) {
      kept.loadFromString(text);
      kept.makePathsAbsolute(dirname(file));
    }
    return await accessOf(kept, await tokenOf(text, kept, dirname(file)));
  };
}

async function accessOf(config: KubeConfig, token: string | undefined): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) throw new Error(`found no cluster for the context "${config.getCurrentContext() ?? ""}"`);
  const isPlain = cluster.server.startsWith("http:");
  // KubeConfig refuses plain HTTP unless told; here the client decides, for every source of credentials alike.
  if (isPlain) Object.assign(cluster, { skipTLSVerify: true });
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return {
    server: cluster.server,
    tls: isPlain ? {} : (pick(options, ["ca", "cert", "key", "servername", "rejectUnauthorized"]) as Access["tls"]),
    headers: headersOf(options, token),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    agent: cluster.proxyUrl && options.agent instanceof Agent ? options.agent : undefined,
  };
}

function pick(options: RequestOptions, names: readonly (keyof RequestOptions)[]): Partial<RequestOptions> {
  return Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

function headersOf({ headers, auth }: RequestOptions, token: string | undefined): Record<string, string> {
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString("base64")}` } : {};
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const own = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]);
  return { ...basic, ...bearer, ...Object.fromEntries(own) };
}

/** KubeConfig reads `token-file`; what Kubernetes itself writes and reads is `tokenFile`. */
async function tokenOf(text: string, config: KubeConfig, folder: string): Promise<string | undefined> {
  const { users } = load(text) as { users?: readonly { name: string; user?: { tokenFile?: unknown } }[] };
  const tokenFile = users?.find(({ name }) => name === config.getCurrentUser()?.name)?.user?.tokenFile;
  return typeof tokenFile === "string" ? (await readFile(resolve(folder, tokenFile), "utf8")).trim() : undefined;
}
