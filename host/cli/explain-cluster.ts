/** A cluster → who announces one Service by the speakers' own account, and why, by the objects. */

import { Client } from "../cluster/api/client.ts";
import { readAccount } from "../cluster/explain/read-account.ts";
import { readSnapshot } from "../cluster/explain/read-snapshot.ts";
import { translatorsOf } from "../cluster/plugin-resources/translators.ts";
import { credentialsFor } from "../roles/credentials.ts";
import { allocateAll } from "../rules/allocate.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";
import { announcerFact } from "../sandbox/start-plugin.ts";
import { explainSnapshot } from "./explain-manifests.ts";
import type { Unconcluded } from "./explanation.ts";
import { allOf, announcersIn, type ShippedPlugins } from "./shipped-plugins.ts";

export interface ExplainCluster {
  readonly kubeconfig: string | undefined;
  /** Herald's own. */
  readonly namespace: string;
  readonly loadBalancerClass: string | undefined;
  readonly service: ServiceKey;
}

/** Throws where the cluster cannot be read, and where there is no such Service of type LoadBalancer in it. */
export async function explainCluster(
  plugins: ShippedPlugins,
  { kubeconfig, namespace, loadBalancerClass, service }: ExplainCluster,
): Promise<Unconcluded> {
  const api = new Client({ credentials: await credentialsFor(kubeconfig), userAgent: "herald-explain" });
  try {
    const { snapshot, speakers, refused } = await readSnapshot(api, namespace, translatorsOf(allOf(plugins)));
    const options = loadBalancerClass === undefined ? {} : { loadBalancerClass };
    const explained = explainSnapshot(
      announcersIn(plugins, snapshot).map(announcerFact),
      snapshot,
      service,
      allocateAll(snapshot, options),
      options,
    );
    return { ...explained, basis: "cluster", cluster: { ...(await readAccount(api, service)), speakers, refused } };
  } finally {
    api.close();
  }
}
