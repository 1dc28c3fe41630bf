/** A node of a cluster: everything comes from the API server, and a controller elsewhere gives out addresses. */

import type { Log } from "../announcer.ts";
import { Client } from "../cluster/api/client.ts";
import { KubernetesSource } from "../cluster/kubernetes/source.ts";
import { credentialsFor } from "./credentials.ts";
import type { Surroundings } from "./speaker.ts";

export interface ClusterPlace {
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly node: string;
  readonly log: Log;
  /** Ends the wait for a first answer. */
  readonly signal: AbortSignal;
}

export async function inCluster({ kubeconfig, namespace, node, log, signal }: ClusterPlace): Promise<Surroundings> {
  const credentials = await credentialsFor(kubeconfig);
  const { server } = await credentials.access();
  const api = new Client({ credentials, userAgent: "herald-speaker" });
  return {
    reads: server,
    isController: false,
    open: (store, translators) => KubernetesSource.open({ api, role: "speaker", namespace, node, translators, log }, store, signal),
    async accompany() {
      return () => api.close();
    },
  };
}
