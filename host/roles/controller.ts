/**
 * A cluster's controller, put together: Lease → source → store → allocate → Services' status.
 *
 * Only the replica that has the Lease reads and writes anything; everything is made anew for each of its terms (`leader.ts` says why).
 */

import { hostname } from "node:os";
import type { Log } from "../announcer.ts";
import { Client } from "../cluster/api/client.ts";
import { Controller } from "../cluster/controller.ts";
import { Coexistence } from "../cluster/kubernetes/coexistence/coexistence.ts";
import { allocationEvents } from "../cluster/kubernetes/events/allocation-events.ts";
import { EventRecorder } from "../cluster/kubernetes/events/events.ts";
import { tellProblemsByEvents } from "../cluster/kubernetes/events/problem-events.ts";
import { Leader } from "../cluster/kubernetes/leader/leader.ts";
import type { Fence } from "../cluster/kubernetes/leader/term.ts";
import { ConfigurationReports, isOfSpeakers } from "../cluster/kubernetes/reports/configuration-reports.ts";
import { podOwner } from "../cluster/kubernetes/reports/pod-owner.ts";
import { PoolStatus } from "../cluster/kubernetes/reports/pool-status.ts";
import { ServiceWriter } from "../cluster/kubernetes/service-writer.ts";
import { KubernetesSource } from "../cluster/kubernetes/source.ts";
import { Store } from "../cluster/store.ts";
import { collectController } from "../observe/collect-controller.ts";
import { collectProcess } from "../observe/collect-process.ts";
import { collectSource } from "../observe/collect-source.ts";
import { createMetrics } from "../observe/metrics.ts";
import { timeRuns } from "../observe/time-runs.ts";
import { poolUsage } from "../rules/pool-usage.ts";
import type { Snapshot } from "../rules/vocabulary.ts";
import { clock } from "./clock.ts";
import { credentialsFor } from "./credentials.ts";
import type { EndpointChoice } from "./endpoints.ts";
import { endpointsInCluster } from "./endpoints-in-cluster.ts";
import { Ends } from "./ends.ts";
import type { Watched } from "./service-manager.ts";
import { tellProblems } from "./tell-problems.ts";
import { whileOpen } from "./while-open.ts";

export interface ControllerOptions {
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly podName: string | undefined;
  readonly loadBalancerClass: string | undefined;
  /** Go on beside another load balancer. */
  readonly isTakeover: boolean;
  readonly endpoints: EndpointChoice;
  readonly version: string;
  readonly log: Log;
}

export interface RunningController {
  watched(): Watched;
  stop(): Promise<void>;
}

/** With what a term tells of itself. */
type TermOptions = ControllerOptions & { readonly onRun: (tookMs: number) => void };

/** The API server, by connections that do not wait for each other's requests. */
interface Ways {
  readonly writing: Client;
  /** For what may be late: Events, reports, questions. */
  readonly telling: Client;
}

/** What ends a term: that the Lease is lost, or that we close. */
interface TermLimits {
  readonly fence: Fence;
  readonly closing: AbortSignal;
}

/** What the term under way has. */
interface TermParts {
  store?: Store;
  source?: KubernetesSource;
  controller?: Controller;
}

const NOTHING: Pick<Snapshot, "pools" | "services"> = { pools: new Map(), services: new Map() };

/** Resolves when it stands for election. Rejects where nothing says where the API server is, and who we are; it need not be there. */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { namespace, podName = hostname(), version, log } = options;
  const credentials = await credentialsFor(options.kubeconfig);
  const client = () => new Client({ credentials, userAgent: "herald-controller" });
  const ways = { writing: client(), telling: client() };
  const leader = new Leader({ api: client(), namespace, name: podName, log, clock });
  const parts: TermParts = {};
  const metrics = createMetrics();
  collectProcess(metrics, version);
  collectController(metrics, {
    snapshot: () => parts.store?.snapshot() ?? NOTHING,
    counts: () => parts.controller?.counts() ?? { services: 0, failures: 0 },
    isLeader: () => leader.isLeading(),
  });
  // One that waits for the Lease is ready as soon as it sees who has it.
  const isReady = () => (leader.isLeading() ? parts.store !== undefined : leader.hasLooked);
  collectSource(metrics, {
    get source() {
      return parts.source;
    },
    get isReady() {
      return isReady();
    },
  });
  const endpoints = endpointsInCluster(options.endpoints, ways.telling, podName, log);
  const closeEndpoints = await endpoints({ metrics, problem: () => undefined, isReady });
  const termOptions = { ...options, onRun: timeRuns(metrics) };
  leader.runAsLeader({
    start: (fence, closing) => lead(termOptions, ways, { fence, closing }, parts),
    cutOff: () => ways.writing.cutOff(),
  });
  return {
    watched: () => ({ summary: "Gives out addresses" }),
    async stop() {
      await leader.close();
      await closeEndpoints("replace");
      ways.writing.close();
      ways.telling.close();
    },
  };
}

/** One term. Resolves to what ends it. */
async function lead(options: TermOptions, ways: Ways, limits: TermLimits, parts: TermParts): Promise<() => Promise<void>> {
  const ends = new Ends();
  ends.push(() => {
    delete parts.store;
    delete parts.source;
    delete parts.controller;
  });
  try {
    await startParts(options, ways, limits, parts, ends);
  } catch (error) {
    await ends.run("replace").catch(() => {}); // what went wrong first is what matters
    throw error;
  }
  return () => ends.run("replace");
}

async function startParts(
  options: TermOptions,
  { writing, telling }: Ways,
  { fence, closing }: TermLimits,
  parts: TermParts,
  ends: Ends,
): Promise<void> {
  const { namespace, podName, loadBalancerClass, isTakeover: takeover, log, onRun } = options;
  const store = new Store();
  const isOver = AbortSignal.any([fence.signal, closing]);
  const source = await KubernetesSource.open({ api: writing, role: "controller", namespace, log }, store, isOver);
  ends.push(() => source.close());
  parts.store = store;
  parts.source = source;
  tellProblems(source, log);

  const events = new EventRecorder({
    api: telling,
    component: "metallb-controller",
    isBusy: () => (parts.controller?.counts().writing ?? 0) > 0,
    log,
  });
  ends.push(() => events.close());
  ends.push(tellProblemsByEvents({ source, events, namespace, tells: (problem) => !isOfSpeakers(problem) }));
  const owner = podName === undefined ? {} : { owner: podOwner(telling, namespace, podName) };
  const pod =
    podName === undefined ? {} : { events: { sink: events, subject: { apiVersion: "v1", kind: "Pod", namespace, name: podName } } };
  const gate = new Coexistence({ api: telling, part: "controller", lbClass: loadBalancerClass, takeover, ...pod, log, clock });
  ends.push(() => gate.close());
  await gate.start();
  const reports = new ConfigurationReports({ api: telling, namespace, source, gate, ...owner, log });
  reports.start();
  ends.push(() => reports.close());

  ends.inputs.push(
    await whileOpen(gate, "controller", async () => {
      const pools = new PoolStatus({ api: writing, fence, namespace, usage: () => poolUsage(store.snapshot()), pools: source, clock, log });
      const status = new ServiceWriter({ api: writing, fence, services: source, clock });
      const news = { ...allocationEvents(events), decided: () => pools.changed() };
      const controller = new Controller({
        store,
        source,
        status,
        news,
        log,
        onRun,
        ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
      });
      parts.controller = controller;
      const closeTelling = tellProblemsByEvents({ source: controller, events, namespace });
      await controller.start();
      return async () => {
        closeTelling();
        pools.close();
        status.close();
        await controller.close();
      };
    }),
  );
}
