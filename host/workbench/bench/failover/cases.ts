/** What happens to the owner in each case of `herald bench failover`, and how that is mended. */
import { FAR } from "./network.ts";
import type { Stage } from "./stage.ts";

export interface Case {
  readonly name: string;
  readonly summary: string;
  /** What is asked of it. */
  readonly target: "outage" | "cold" | "connections" | "healing" | "nothing";
  /** So long after the take-over the fault lasts; where `nothing` may happen, after its beginning. */
  readonly lastsMs: number;
  /** A trial takes about so long, all in all. */
  readonly seconds: number;
  /** `victim` owns the VIPs. Resolves when the fault is there. */
  strike(stage: Stage, victim: string): Promise<void> | void;
  /** Resolves when the victim's speaker runs again. */
  mend(stage: Stage, victim: string): Promise<void> | void;
}

const start = (stage: Stage, victim: string): Promise<void> => stage.speakers.start(victim);

export const cases: readonly Case[] = [
  {
    ...{ name: "death", summary: "the node is gone at once", target: "outage", lastsMs: 500, seconds: 11 },
    async strike({ network, speakers }, victim) {
      network.pullOut(victim); // first, so that nothing is said
      await speakers.kill(victim);
    },
    async mend(stage, victim) {
      stage.network.plugIn(victim);
      await start(stage, victim);
    },
  },
  {
    ...{ name: "link-down", summary: "the node's carrier is lost", target: "outage", lastsMs: 500, seconds: 10 },
    strike: ({ network }, victim) => network.setCarrier(victim, false),
    mend: ({ network }, victim) => network.setCarrier(victim, true),
  },
  {
    ...{
      name: "freeze",
      summary: "the node stands still, as a virtual machine that is paused",
      target: "outage",
      lastsMs: 1000,
      seconds: 10,
    },
    strike(stage, victim) {
      stage.network.setPassing(victim, false);
      signalBoth(stage, victim, "SIGSTOP");
    },
    mend(stage, victim) {
      stage.network.setPassing(victim, true);
      signalBoth(stage, victim, "SIGCONT");
    },
  },
  {
    ...{ name: "kill", summary: "the speaker is killed while its node lives", target: "cold", lastsMs: 500, seconds: 11 },
    strike: ({ speakers }, victim) => speakers.kill(victim),
    mend: start,
  },
  {
    ...{ name: "stop", summary: "the speaker is stopped while its node lives", target: "cold", lastsMs: 1000, seconds: 10 },
    strike: ({ speakers }, victim) => speakers.signal(victim, "SIGSTOP"),
    mend: ({ speakers }, victim) => speakers.signal(victim, "SIGCONT"),
  },
  {
    ...{ name: "leave", summary: "the speaker is told to leave (SIGTERM)", target: "connections", lastsMs: 1000, seconds: 12 },
    strike: ({ speakers }, victim) => speakers.leave(victim),
    mend: start,
  },
  {
    ...{
      name: "drain",
      summary: "the node is taken out of service, and back (herald drain)",
      target: "connections",
      lastsMs: 1000,
      seconds: 10,
    },
    strike: ({ speakers }, victim) => speakers.drain(victim),
    mend: ({ speakers }, victim) => speakers.drain(victim, true),
  },
  {
    ...{ name: "rolling", summary: "all speakers are restarted, one after another", target: "connections", lastsMs: 0, seconds: 20 },
    async strike({ speakers, nodes }) {
      for (const node of nodes) {
        await speakers.leave(node);
        await speakers.start(node);
      }
    },
    mend: () => {},
  },
  {
    ...{
      name: "partition",
      summary: "the switch is parted, the owner alone on its side, and healed",
      target: "healing",
      lastsMs: 2000,
      seconds: 8,
    },
    async strike(stage, victim) {
      await stage.setFarAsking(true);
      stage.network.part([victim, FAR]);
    },
    mend: ({ network }, victim) => network.heal([victim, FAR]),
  },
  {
    ...{ name: "isolated", summary: "all nodes but the owner are cut off, each by itself, and come back", target: "nothing" },
    ...{ lastsMs: 2500, seconds: 7 },
    strike({ network, nodes }, victim) {
      for (const node of nodes) if (node !== victim) network.pullOut(node);
    },
    mend({ network, nodes }, victim) {
      for (const node of nodes) if (node !== victim) network.plugIn(node);
    },
  },
];

function signalBoth(stage: Stage, victim: string, signal: "SIGSTOP" | "SIGCONT"): void {
  stage.speakers.signal(victim, signal);
  stage.signalListener(victim, signal);
}
