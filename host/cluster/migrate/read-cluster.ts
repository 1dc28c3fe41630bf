/** What a migration depends on, read from a cluster. Nothing but GET is ever asked. */

import { type Api, ApiError } from "../api/api.ts";
import { RawObjects } from "./objects.ts";

export interface ClusterRead {
  readonly objects: RawObjects;
  /** Kinds that may not be read, with what the API server said. */
  readonly refused: readonly string[];
}

interface Listing {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The answer cannot be given without it. */
  readonly isNeeded?: boolean;
}

const METALLB = "/apis/metallb.io";
const CONFIGURATION = [
  ...["ipaddresspools", "l2advertisements", "bgpadvertisements", "bfdprofiles", "communities"].map((name) => `v1beta1/${name}`),
  ...["v1beta2/bgppeers", "v1beta1/servicel2statuses", "v1beta1/servicebgpstatuses"],
];
const METALLB_LABELS = ["app=metallb", "app.kubernetes.io/name=metallb"];
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

const EVERYWHERE: readonly Listing[] = [
  { path: "/api/v1/services", isNeeded: true },
  { path: "/api/v1/nodes", isNeeded: true },
  { path: "/api/v1/namespaces", isNeeded: true },
  { path: "/apis/discovery.k8s.io/v1/endpointslices" },
  ...CONFIGURATION.map((path) => ({ path: `${METALLB}/${path}`, isNeeded: path === "v1beta1/ipaddresspools" })),
  ...METALLB_LABELS.flatMap((labelSelector) =>
    ["/apis/apps/v1/deployments", "/apis/apps/v1/daemonsets", "/api/v1/pods"].map((path) => ({ path, query: { labelSelector } })),
  ),
  ...["app=frr-k8s", "app.kubernetes.io/name=frr-k8s"].map((labelSelector) => ({
    path: "/apis/apps/v1/daemonsets",
    query: { labelSelector },
  })),
  { path: "/apis/apps/v1/daemonsets", query: { labelSelector: "svccontroller.k3s.cattle.io/svcname" } },
  { path: "/apis/frrk8s.metallb.io/v1beta1/frrconfigurations" },
  { path: CRDS },
  { path: WEBHOOKS },
  { path: "/api/v1/namespaces/kube-system/configmaps", query: { fieldSelector: "metadata.name=kube-proxy" } },
];

const PAGE = 500;
const TIMEOUT_MS = 60_000;

/** Rejects where what is needed cannot be read. */
export async function readCluster(api: Api): Promise<ClusterRead> {
  const objects = new RawObjects();
  const refused: string[] = [];
  for (const listing of EVERYWHERE) await readAll(api, listing, objects, refused);
  const namespaces = new Set(["IPAddressPool", "BGPPeer"].flatMap((kind) => objects.all(kind).map(({ namespace }) => namespace)));
  for (const namespace of namespaces) {
    for (const kind of ["configmaps", "secrets"]) await readAll(api, { path: `/api/v1/namespaces/${namespace}/${kind}` }, objects, refused);
  }
  return { objects, refused };
}

async function readAll(api: Api, { path, query, isNeeded = false }: Listing, objects: RawObjects, refused: string[]): Promise<void> {
  let next: string | undefined;
  do {
    let page: { readonly kind?: string; readonly items?: readonly unknown[]; readonly metadata?: { readonly continue?: string } };
    try {
      page = await api.request({ method: "GET", path, query: { ...query, limit: PAGE, continue: next }, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      const isRefused = error instanceof ApiError && (error.status === 403 || error.status === 404);
      if (isNeeded || !isRefused) throw error;
      if (error.status === 403) refused.push(`${path}: ${error.message}`);
      return;
    }
    // CRDs are large, and only of MetalLB's something is read.
    objects.add(
      path === CRDS ? { ...page, items: page.items?.filter((item) => JSON.stringify(item).includes('"group":"metallb.io"')) } : page,
    );
    next = page.metadata?.continue || undefined;
  } while (next !== undefined);
}
