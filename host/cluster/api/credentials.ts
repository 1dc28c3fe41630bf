/**
 * Where the API server is, and who asks it: in a cluster the Pod's service account, elsewhere a kubeconfig file.
 *
 * The service account is four values that need no library, and its files are read without blocking. What it takes to understand a
 * kubeconfig file is the work of `@kubernetes/client-node`, which costs 18 MB of resident memory: it is a bundle of its own
 * (`kube-config.ts`), loaded where such a file is named, so that a speaker in a cluster does not pay for it.
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Agent } from "node:http";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ApiError } from "./api.ts";

/** How to reach the server now. Never changed: what is read anew is another one. */
export interface Access {
  /** Its URL; a path in it is put before every path. */
  readonly server: string;
  readonly tls: TlsMaterial;
  /** Sent with every request: who asks. */
  readonly headers: Readonly<Record<string, string>>;
  /** The namespace that these credentials are for, where they say so. */
  readonly namespace?: string | undefined;
  /** Makes the connections, where they go through a proxy. */
  readonly agent?: Agent | undefined;
}

/** As `node:tls` takes it. */
export interface TlsMaterial {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** The name that the server's certificate must have, where it is not the host of the URL. */
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

export interface Credentials {
  /** What holds now. `refused` is one that the server did not accept: all is read anew. Throws `ApiError` where nothing is to be had. */
  access(refused?: Access): Promise<Access>;
}

/** As long as client-go keeps a token; the kubelet renews it long before it ends. */
const READ_AGAIN_MS = 60_000;
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Of the kubeconfig file if there is one, else those of the Pod. Throws where this is no Pod either. */
export async function findCredentials(kubeconfig?: string): Promise<Credentials> {
  if (kubeconfig !== undefined) return await kubeConfigCredentials(kubeconfig);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port) {
    throw new Error(
      "Cannot find an API server: found no KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, expected those of a Pod or a kubeconfig file",
    );
  }
  return serviceAccountCredentials(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`);
}

/** The token and the CA in `folder`, read again each minute. */
export function serviceAccountCredentials(server: string, folder = SERVICE_ACCOUNT): Credentials {
  const read = async (name: string): Promise<string> => (await readFile(join(folder, name), "utf8")).trim();
  return new ReadAgain(async () => {
    const [ca, token, namespace] = await Promise.all([read("ca.crt"), read("token"), read("namespace").catch(() => undefined)]);
    return { server, tls: { ca }, headers: { authorization: `Bearer ${token}` }, namespace };
  });
}

/** Those of the current context. */
export async function kubeConfigCredentials(file: string): Promise<Credentials> {
  // Beside the bundle; or beside this source.
  const place = ["./kube-config.mjs", "./kube-config.ts"]
    .map((name) => new URL(name, import.meta.url))
    .find((url) => existsSync(fileURLToPath(url)));
  if (place === undefined)
    throw new Error("Cannot read a kubeconfig file: found no kube-config.mjs beside the program; run node build.mjs");
  const { readKubeConfig } = (await import(place.href)) as typeof import("./kube-config.ts");
  return new ReadAgain(readKubeConfig(file));
}

/** Reads again what is a minute old, or was refused. What cannot be read again stays as it was: the files may be there again in a moment. */
export class ReadAgain implements Credentials {
  readonly #read: (refused: boolean) => Promise<Access>;
  #last: { access: Access; readAtMs: number } | undefined;
  #reading: Promise<Access> | undefined;

  constructor(read: (refused: boolean) => Promise<Access>) {
    this.#read = read;
  }

  async access(refused?: Access): Promise<Access> {
    const last = this.#last;
    if (last !== undefined && last.access !== refused && performance.now() - last.readAtMs < READ_AGAIN_MS) return last.access;
    this.#reading ??= this.#readNow(refused !== undefined).finally(() => {
      this.#reading = undefined;
    });
    return await this.#reading;
  }

  async #readNow(refused: boolean): Promise<Access> {
    try {
      const access = await this.#read(refused);
      this.#last = { access, readAtMs: performance.now() };
      return access;
    } catch (cause) {
      if (this.#last !== undefined) return this.#last.access;
      throw new ApiError(`Cannot read the credentials for the API server: ${(cause as Error).message}`, { status: 0, cause });
    }
  }
}
