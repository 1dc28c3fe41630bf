/** The self-test of a speaker: what it asks for are the rows of its announcers of layer 2, by their packet programs. */

import type { Clock, Close, Log } from "../announcer.ts";
import { askVip } from "../liveness/ask-vip.ts";
import type { Conflicts, WarnOfVip } from "../liveness/conflicts.ts";
import type { Members } from "../liveness/members.ts";
import { SelfTest, type TestedVip } from "../liveness/self-test.ts";
import type { SpeakerMacs } from "../liveness/speaker-macs.ts";
import { testedVips } from "../liveness/tested-vips.ts";
import type { MetricsRegistry } from "../observe/metrics.ts";
import type { Network } from "../packets/network.ts";
import { packRows } from "../sandbox/program/program-rows.ts";
import type { PluginRun } from "./plugin-run.ts";

export interface SelfTestedSpeaker {
  readonly node: string;
  readonly runs: ReadonlyMap<string, Pick<PluginRun, "lane" | "from" | "plugin">>;
  readonly network: Pick<Network, "packets" | "links">;
  readonly members: Pick<Members, "ofVip" | "isUp">;
  readonly conflicts: Conflicts;
  readonly speakers: Pick<SpeakerMacs, "nodeOf" | "knows">;
  readonly warn: WarnOfVip;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly metrics: MetricsRegistry;
  /** An owner that does not answer loses the group. */
  readonly mayDepose: boolean;
}

export function startSelfTest({ node, runs, network, members, mayDepose, ...host }: SelfTestedSpeaker): Close {
  const { packets, links } = network;
  const isAlive = (name: string): boolean => members.isUp(name);
  const rowOf = (vip: string): Uint8Array => packRows([{ address: vip, links: null, state: "standby" }], () => 0);
  /** VIP → the packet program that has it. */
  const programs = new Map<string, string>();
  function* vips(): Generator<TestedVip> {
    programs.clear();
    for (const { lane, from, plugin } of runs.values()) {
      if (from !== "owner" || plugin?.program === undefined) continue;
      const rows = lane.rows().flatMap(({ announcement, isDesired }) => (isDesired ? announcement : []));
      for (const { vip } of rows) programs.set(vip, plugin.programName);
      yield* testedVips(node, rows, members, isAlive);
    }
  }
  const asking = {
    port: {
      ask: (program: string, vip: string) => packets.ask(program, rowOf(vip)),
      claim: (program: string, vip: string) => packets.claimOf(program, rowOf(vip)),
    },
    programOf: (vip: string) => programs.get(vip) ?? "",
    linkName: (id: number) => links.all().find((link) => link.id === id)?.name ?? `link ${id}`,
    clock: host.clock,
  };
  const depose = (group: string, owner: string): void => {
    packets.depose(group, owner).catch((error: Error) => host.log.warn("Owner is not deposed", { group, owner, error: error.message }));
  };
  const selfTest = new SelfTest({
    ...host,
    ...(mayDepose ? { depose } : {}),
    vips,
    isAlive,
    ask: (vip) => askVip(asking, vip),
    random: Math.random,
  });
  return () => selfTest.close();
}
