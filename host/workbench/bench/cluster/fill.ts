/** Writes of the bench to the API server, many at a time. */

import { writeNamespace } from "../../api-server/objects.ts";
import type { TestClient } from "../../api-server/test-client.ts";
import { configuration, NAMESPACE, newSlice, nodeObject, SHOP, serviceObject, sliceObject } from "./objects.ts";

const AT_ONCE = 16;

export const SERVICES_PATH = `/api/v1/namespaces/${SHOP}/services`;
export const SLICES_PATH = `/apis/discovery.k8s.io/v1/namespaces/${SHOP}/endpointslices`;

/** One call for each number below `count`, `atOnce` at a time; ends early where `goesOn` says no. Gives how many there were. */
export async function inParallel(
  count: number,
  call: (at: number) => Promise<unknown>,
  { atOnce = AT_ONCE, goesOn = () => true }: { readonly atOnce?: number; readonly goesOn?: () => boolean } = {},
): Promise<number> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count && goesOn()) await call(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return next;
}

export interface Filling {
  readonly services: number;
  readonly nodes: number;
  /** Services that are made later; their endpoints are there before. */
  readonly writes: number;
}

/** Everything but addresses. Gives how many objects were written. */
export async function fillCluster(client: TestClient, { services, nodes, writes }: Filling): Promise<number> {
  await writeNamespace(client, NAMESPACE);
  await client.apply(configuration);
  const create = (path: string, object: unknown) => client.request("POST", path, object);
  await inParallel(nodes, (at) => create("/api/v1/nodes", nodeObject(at)));
  await inParallel(services, (at) => create(SLICES_PATH, sliceObject(at, nodes)));
  await inParallel(writes, (at) => create(SLICES_PATH, newSlice(at)));
  await inParallel(services, (at) => create(SERVICES_PATH, serviceObject(at)));
  return nodes + 2 * services + writes + configuration.length + 1;
}
