/**
 * A cluster's controller, put together: Lease → source → store → allocate → Services' status.
 *
 * Only the replica that has the Lease reads and writes anything; everything is made anew for each of its terms (`leader.ts` says why).
 */

import { hostname } from "node:os";
import type { Log } from "../announcer.ts";
import { Client } from "../cluster/api/client.ts";
import { Controller } from "../cluster/controller.ts";
import { Leader } from "../cluster/kubernetes/leader.ts";
import { ServiceWriter } from "../cluster/kubernetes/service-writer.ts";
import { KubernetesSource } from "../cluster/kubernetes/source.ts";
import type { Fence } from "../cluster/kubernetes/term.ts";
import { Store } from "../cluster/store.ts";
import { clock } from "./clock.ts";
import { credentialsFor } from "./credentials.ts";
import { Ends } from "./ends.ts";
import { tellProblems } from "./tell-problems.ts";

export interface ControllerOptions {
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly podName: string | undefined;
  readonly loadBalancerClass: string | undefined;
  readonly log: Log;
}

export interface RunningController {
  isLeading(): boolean;
  stop(): Promise<void>;
}

/** Resolves when it stands for election. */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { namespace, podName = hostname(), log } = options;
  const credentials = await credentialsFor(options.kubeconfig);
  const api = new Client({ credentials, userAgent: "herald-controller" });
  const leader = new Leader({ api: new Client({ credentials, userAgent: "herald-controller" }), namespace, name: podName, log, clock });
  leader.runAsLeader({
    start: (fence) => lead(options, api, fence),
    cutOff: () => api.cutOff(),
  });
  return {
    isLeading: () => leader.isLeading(),
    async stop() {
      await leader.close();
      api.close();
    },
  };
}

/** One term. Resolves with what ends it. */
async function lead({ namespace, loadBalancerClass, log }: ControllerOptions, api: Client, fence: Fence): Promise<() => Promise<void>> {
  const ends = new Ends();
  const store = new Store();
  const source = await KubernetesSource.open({ api, role: "controller", namespace, log }, store, fence.signal);
  ends.push(() => source.close());
  tellProblems(source, log);
  const status = new ServiceWriter({ api, fence, services: source, clock });
  const controller = new Controller({ store, source, status, log, ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }) });
  ends.inputs.push(() => controller.close());
  await controller.start();
  return () => ends.run("replace");
}
