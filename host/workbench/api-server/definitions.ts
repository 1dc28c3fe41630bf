/** The definitions of MetalLB's and of Herald's own resources, for an API server of tests. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { ApiFailure } from "./send.ts";
import type { KubernetesObject, TestClient } from "./test-client.ts";

/** From here, and beside the bundle. */
const FOLDERS = ["../../../deploy/crds/", "./crds/"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
const POLL_MS = 50;
const LIMIT_MS = 30_000;
/** Its storage is being made. */
const NOT_YET = 429;

/** Those of `deploy/crds`, by name. */
export function readDefinitions(): KubernetesObject[] {
  const folder = FOLDERS.find((place) => existsSync(place));
  if (folder === undefined) throw new Error(`Cannot find Herald's definitions at ${FOLDERS.join(" or ")}`);
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return files.sort().map((name) => load(readFileSync(`${folder}${name}`, "utf8")) as KubernetesObject);
}

/** Writes these, and resolves when objects of every kind and version can be read and written. */
export async function writeDefinitions(client: TestClient, definitions = readDefinitions()): Promise<void> {
  await client.apply(definitions);
  for (const { spec } of definitions) {
    for (const { name } of spec.versions) await untilServed(client, `${spec.group}/${name}/${spec.names.kind}`);
  }
}

async function untilServed(client: TestClient, kind: string): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  const isServed = () =>
    client.list(kind).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiFailure && error.status === NOT_YET && performance.now() < deadline) return false;
        throw error;
      },
    );
  while (!(await isServed())) await wait(POLL_MS);
}
