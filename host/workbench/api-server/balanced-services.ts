/** Services that want an address, many of them, and the pool that it comes from. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestClient } from "./test-client.ts";

const POOL_KIND = fileURLToPath(new URL("../../../deploy/crds/ipaddresspools.yaml", import.meta.url));
const MOST_AT_ONCE = 8;

/** One pool in the namespace `default`, with its kind. */
export async function writePool(client: TestClient, name: string, addresses: readonly string[]): Promise<void> {
  await client.apply(readFileSync(POOL_KIND, "utf8"));
  await client.apply({ apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata: { name }, spec: { addresses } });
}

/** `prefix0`, `prefix1` … in the namespace `default`. */
export async function createServices(client: TestClient, prefix: string, count: number): Promise<void> {
  let at = 0;
  const createSome = async () => {
    while (at < count) {
      const metadata = { name: `${prefix}${at++}`, namespace: "default" };
      const spec = { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] };
      await client.request("POST", "/api/v1/namespaces/default/services", { apiVersion: "v1", kind: "Service", metadata, spec });
    }
  };
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, createSome));
}

export async function deleteServices(client: TestClient, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => client.delete("v1/Service", `default/${name}`)));
}
