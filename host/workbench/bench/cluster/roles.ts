/** `herald bench cluster`: a controller that starts with nothing given out, and with everything; and a speaker that starts. */
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds } from "../../cluster-e2e/process-cpu.ts";
import { monotonicMs } from "../answers/arp-station.ts";
import type { Child } from "../harness/child.ts";
import { readPeakBytes, readResidentBytes } from "../harness/machine.ts";
import { startCount, untilAtRest } from "../harness/process-use.ts";
import { type ClusterStage, untilSays } from "./stage.ts";
import type { ServiceWatch } from "./watch.ts";

/** Times in milliseconds from the start of its process. */
export interface ControllerRun {
  readonly start: "cold" | "warm";
  readonly leadingMs: number;
  /** Until the last Service had an address; of a warm one, null. */
  readonly allocatedMs: number | null;
  /** Until it had nothing left to do. */
  readonly restMs: number;
  /** Until the last Service had an address; of a warm one, until rest. */
  readonly cpuSeconds: { readonly controller: number; readonly apiServer: number; readonly etcd: number };
  /** Of the controller, until it had nothing left to do. */
  readonly restCpuSeconds: number;
  /** Changes of Services meanwhile. */
  readonly changes: number;
  readonly peakBytes: number;
  readonly residentBytes: number;
}

export interface SpeakerRun {
  readonly readyMs: number;
  readonly readyCpuSeconds: number;
  readonly restMs: number;
  readonly restCpuSeconds: number;
  /** So long after it had nothing left to do. */
  readonly restSeconds: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
}

export interface Roles {
  readonly stage: ClusterStage;
  readonly watch: ServiceWatch;
  readonly services: number;
}

/** A quick machine takes a tenth of these. */
const START_MS = 120_000;
const ALLOCATE_MS = 600_000;
export const REST_LIMIT_MS = 300_000;
/** It gives back the Lease. */
export const STOP_MS = 15_000;

/** The controller goes on after the second of them. */
export async function measureControllers(roles: Roles, keep: (controller: Child) => void): Promise<ControllerRun[]> {
  const cold = roles.stage.startController();
  keep(cold);
  const runs = [await measureController(roles, cold, "cold")];
  await cold.stop(STOP_MS);
  const warm = roles.stage.startController();
  keep(warm);
  return [...runs, await measureController(roles, warm, "warm")];
}

async function measureController({ stage, watch, services }: Roles, child: Child, start: "cold" | "warm"): Promise<ControllerRun> {
  const startedMs = monotonicMs();
  const { pid: apiServer = 0, etcdPid: etcd = 0 } = stage.server;
  const used = startCount({ apiServer, etcd });
  const before = watch.changes;
  await untilSays(child, "Leading", START_MS);
  const leadingMs = monotonicMs() - startedMs;
  const isCold = start === "cold";
  const allocatedMs = isCold ? (await watch.untilAddressed(services, ALLOCATE_MS)) - startedMs : null;
  const allocated = { controller: cpuSeconds(child.pid), ...used() };
  const rest = await untilAtRest(child.pid, REST_LIMIT_MS);
  child.mustRun();
  return {
    ...{ start, leadingMs, allocatedMs, restMs: rest.sinceMs + (monotonicMs() - performance.now()) - startedMs },
    cpuSeconds: isCold ? allocated : { controller: rest.cpuSeconds, ...used() },
    restCpuSeconds: rest.cpuSeconds,
    changes: watch.changes - before,
    peakBytes: readPeakBytes(child.pid),
    residentBytes: readResidentBytes(child.pid),
  };
}

export async function measureSpeaker(child: Child, restSeconds: number): Promise<SpeakerRun> {
  const startedMs = performance.now();
  await untilSays(child, "Speaker runs", START_MS);
  const readyMs = performance.now() - startedMs;
  const readyCpuSeconds = cpuSeconds(child.pid);
  const rest = await untilAtRest(child.pid, REST_LIMIT_MS);
  await sleep(restSeconds * 1000);
  child.mustRun();
  return {
    ...{ readyMs, readyCpuSeconds, restMs: rest.sinceMs - startedMs, restCpuSeconds: rest.cpuSeconds, restSeconds },
    residentBytes: readResidentBytes(child.pid),
    peakBytes: readPeakBytes(child.pid),
  };
}
