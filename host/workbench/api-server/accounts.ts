/** The accounts that Herald is deployed with, and what they may do: those of `deploy/manifests`. */

import { readFileSync } from "node:fs";
import { loadAll } from "js-yaml";
import type { KubernetesObject, TestClient } from "./test-client.ts";

const MANIFESTS = new URL("../../../deploy/manifests/herald.yaml", import.meta.url);
const KINDS = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];

export const CONTROLLER_ACCOUNT = "herald-controller";
export const SPEAKER_ACCOUNT = "herald-speaker";

/** Into `metallb-system`, which must be there. */
export async function writeAccounts(client: TestClient): Promise<void> {
  const objects = loadAll(readFileSync(MANIFESTS, "utf8")) as (KubernetesObject | null)[];
  await client.apply(objects.filter((object): object is KubernetesObject => object !== null && KINDS.includes(object.kind)));
}
