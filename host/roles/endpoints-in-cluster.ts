/** The ports of a role in a cluster, whose API server says who may read the metrics. */

import type { Log } from "../announcer.ts";
import type { Api } from "../cluster/api/api.ts";
import { MetricsAccess } from "../cluster/kubernetes/metrics-access.ts";
import { clock } from "./clock.ts";
import { clusterEndpoints, type EndpointChoice, type Endpoints } from "./endpoints.ts";

/** `name`: of the host or Pod, for a certificate. */
export function endpointsInCluster(
  choice: EndpointChoice & { readonly healthAddress?: string },
  api: Api,
  name: string,
  log: Log,
): Endpoints {
  const onError = (error: Error) => log.warn("Cannot ask who may read the metrics", { reason: error.message });
  const access = new MetricsAccess({ api, clock, onError });
  return clusterEndpoints({ ...choice, names: [name], access: (token) => access.judge(token), log });
}
