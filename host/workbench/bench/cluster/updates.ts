/** `herald bench cluster`: what updates of endpoints cost a speaker, written to the real API server, and sent faster by a replay. */
import type { Child } from "../harness/child.ts";
import { readPeakBytes } from "../harness/machine.ts";
import { startCount, untilAtRest } from "../harness/process-use.ts";
import { inParallel, SLICES_PATH } from "./fill.ts";
import { serviceName, sliceObject, turned } from "./objects.ts";
import type { ReplayResult, ReplayTask } from "./replay.ts";
import { REST_LIMIT_MS } from "./roles.ts";
import type { ClusterStage } from "./stage.ts";

export interface UpdateRun {
  readonly from: "API server" | "replay";
  readonly updates: number;
  readonly seconds: number;
  /** Of the speaker, until it had nothing left to do. */
  readonly cpuSeconds: number;
  /** Frames of announcements that the switch saw meanwhile. */
  readonly announcements: number;
  readonly peakBytes: number;
}

export interface Watched {
  readonly speaker: Child;
  readonly listener: Child;
}

/** Updates that a real server can take at once on two cores. */
const AT_ONCE = 4;
const MOST_UPDATES = 1_000_000;
const GRACE_MS = 60_000;

/** As fast as the API server takes them. */
export async function measureWritten({ server }: ClusterStage, watched: Watched, { services, nodes, seconds }: Load): Promise<UpdateRun> {
  return measure(watched, "API server", async () => {
    const startedMs = performance.now();
    const update = (number: number) => {
      const at = number % services;
      const { endpoints } = sliceObject(at, nodes);
      const isOddRound = Math.floor(number / services) % 2 === 1;
      return server.admin.request(
        "PATCH",
        `${SLICES_PATH}/${serviceName(at)}`,
        { endpoints: isOddRound ? endpoints : turned(endpoints) },
        "application/merge-patch+json",
      );
    };
    const goesOn = () => performance.now() - startedMs < seconds * 1000;
    const sent = await inParallel(MOST_UPDATES, update, { atOnce: AT_ONCE, goesOn });
    return { sent, tookMs: performance.now() - startedMs };
  });
}

/** The speaker's API server is the replay. */
export async function measureReplayed(replay: Child, watched: Watched, task: ReplayTask): Promise<UpdateRun> {
  return measure(watched, "replay", async () => {
    replay.send(JSON.stringify(task));
    return JSON.parse(await replay.next(task.seconds * 1000 + GRACE_MS)) as ReplayResult;
  });
}

export interface Load {
  readonly services: number;
  readonly nodes: number;
  readonly seconds: number;
}

async function measure({ speaker, listener }: Watched, from: UpdateRun["from"], send: () => Promise<ReplayResult>): Promise<UpdateRun> {
  const { pid } = speaker;
  const heardBefore = await heard(listener);
  const used = startCount({ pid });
  const { sent, tookMs } = await send();
  await untilAtRest(pid, REST_LIMIT_MS);
  speaker.mustRun();
  const announcements = (await heard(listener)) - heardBefore;
  return { from, updates: sent, seconds: tookMs / 1000, cpuSeconds: used().pid, announcements, peakBytes: readPeakBytes(pid) };
}

async function heard(listener: Child): Promise<number> {
  listener.send("how many");
  return JSON.parse(await listener.next(GRACE_MS)) as number;
}
