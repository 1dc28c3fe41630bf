/** A key pair in a directory, `tls.crt` and `tls.key` as a Kubernetes Secret has them, and what comes after it when it is renewed. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Close } from "../announcer.ts";
import type { KeyPair } from "./certificate.ts";

const FOLLOW_MS = 60_000;

/** Rejects, naming the directory, where there is no pair that fits together. */
export async function readKeyPair(directory: string): Promise<KeyPair> {
  try {
    const [cert, key] = await Promise.all(["tls.crt", "tls.key"].map((name) => readFile(join(directory, name), "utf8")));
    if (cert === undefined || key === undefined || !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
      throw new Error("tls.key is not the key of tls.crt");
    return { cert, key };
  } catch (cause) {
    throw new Error(`Cannot use the certificate in ${directory}: ${(cause as Error).message}`, { cause });
  }
}

/** Calls back with each pair other than `pair`; one that is not to be used is told once, and the last good one stays. */
export function followKeyPair(
  directory: string,
  pair: KeyPair,
  on: { changed(pair: KeyPair): void; problem(error: Error): void },
  everyMs = FOLLOW_MS,
): Close {
  let last = pair;
  let told = "";
  const look = async (): Promise<void> => {
    try {
      const found = await readKeyPair(directory);
      told = "";
      if (found.cert === last.cert && found.key === last.key) return;
      last = found;
      on.changed(found);
    } catch (error) {
      const { message } = error as Error;
      if (message !== told) on.problem(error as Error);
      told = message;
    }
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return () => clearInterval(timer);
}
