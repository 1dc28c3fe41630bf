/** Takes a node of a cluster out of service, and back: by an annotation of its Node, which every speaker reads. */

import { NODE_ANNOTATIONS } from "../rules/annotations.ts";
import { type Api, ApiError } from "./api/api.ts";
import { collectionPath } from "./api/resource-path.ts";
import { NODE_LABEL, SERVICE_L2_STATUS } from "./kubernetes/reports/service-statuses.ts";

/** Services that the node answered for, and the nodes that say they do now. */
export interface ClusterDrain {
  readonly handedOver: readonly { readonly service: string; readonly to: readonly string[] }[];
  /** Those that it still says it answers for. */
  readonly kept: readonly string[];
}

export interface DrainWait {
  /** How long to wait until it has nothing left, and how often to look. */
  readonly patienceMs: number;
  readonly everyMs: number;
}

const WAIT: DrainWait = { patienceMs: 10_000, everyMs: 500 };
const MOST_NAMED = 10;

interface Status {
  readonly status?: { readonly node?: string; readonly serviceName?: string; readonly serviceNamespace?: string };
}

/** Throws where there is no such Node, with those that there are. */
export async function drainNode(api: Api, node: string, isOn: boolean, { patienceMs, everyMs }: DrainWait = WAIT): Promise<ClusterDrain> {
  const before = isOn ? await servicesOf(api, node) : [];
  await annotate(api, node, isOn);
  const deadline = performance.now() + patienceMs;
  let kept = before;
  while (kept.length > 0 && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, everyMs));
    kept = await servicesOf(api, node);
  }
  const gone = before.filter((service) => !kept.includes(service));
  const now = gone.length === 0 ? [] : await statuses(api);
  const to = (service: string) => now.flatMap(({ status }) => (keyOf(status) === service ? (status?.node ?? []) : [])).sort();
  return { handedOver: gone.map((service) => ({ service, to: to(service) })), kept };
}

async function annotate(api: Api, node: string, isOn: boolean): Promise<void> {
  const body = { metadata: { annotations: { [NODE_ANNOTATIONS.drain]: isOn ? "true" : null } } };
  try {
    await api.request({ method: "PATCH", path: `${collectionPath("v1", "nodes")}/${node}`, body });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    const { items } = await api.request<{ items: { metadata: { name: string } }[] }>({
      method: "GET",
      path: collectionPath("v1", "nodes"),
    });
    const names = items.map(({ metadata }) => metadata.name).sort();
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
    throw new Error(`There is no Node ${node}: found ${names.slice(0, MOST_NAMED).join(", ") || "none"}${more}`, { cause: error });
  }
}

async function servicesOf(api: Api, node: string): Promise<string[]> {
  const found = (await statuses(api, `${NODE_LABEL}=${node}`)).filter(({ status }) => status?.node === node);
  return found.map(({ status }) => keyOf(status)).sort();
}

/** None where there is no such resource: then nobody says. */
async function statuses(api: Api, labelSelector?: string): Promise<readonly Status[]> {
  const path = collectionPath(SERVICE_L2_STATUS.apiVersion, SERVICE_L2_STATUS.plural);
  try {
    return (await api.request<{ items: readonly Status[] }>({ method: "GET", path, query: { labelSelector } })).items;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

function keyOf(status: Status["status"]): string {
  return `${status?.serviceNamespace}/${status?.serviceName}`;
}
