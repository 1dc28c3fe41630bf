import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Conflicts } from "../liveness/conflicts.ts";
import type { GroupState } from "../liveness/standing.ts";
import { createMetrics } from "../observe/metrics.ts";
import { memoryLinks } from "../packets/links.ts";
import type { PacketService } from "../packets/service.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { testLink } from "../workbench/testing/links.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { type SelfTestedSpeaker, startSelfTest } from "./start-self-test.ts";

const SELF_TEST = suite("self-test of a speaker");

const MAC = "02:00:00:00:00:0b";
const rowsOf = (...vips: readonly string[]) =>
  vips.map((vip) => ({
    announcement: { vip, services: ["default/web"], succession: { group: "192.0.2.1", members: ["node-b", "node-a"], isSticky: false } },
    isDesired: true,
    state: "told",
  }));

SELF_TEST("asks by the program that has the row, for what this node is an heir of, and tells of who is silent", async () => {
  const clock = new FakeClock();
  const { log } = recordedLog();
  const metrics = createMetrics();
  const asked: string[] = [];
  const warnings: string[] = [];
  let answeredMs = 0;
  const packets = {
    async ask(program: string, row: Uint8Array) {
      asked.push(`${program} ${row[0]}`);
      if (program === "arp") answeredMs = clock.now() + 1;
      return true;
    },
    claimOf: async (program: string) => (program === "arp" && answeredMs > 0 ? { atMs: answeredMs, mac: MAC, link: 0 } : undefined),
  } as unknown as PacketService;
  const links = memoryLinks([testLink("eth0")]);
  const speakers = { nodeOf: (mac: string) => (mac === MAC ? "node-b" : undefined), knows: () => true };
  const warn = (vip: string, reason: string) => void warnings.push(`${vip} ${reason}`);
  const runs = new Map([
    ["arp", { from: "owner", plugin: { program: {}, programName: "arp" }, lane: { rows: () => rowsOf("192.0.2.1", "192.0.2.9") } }],
    ["ndp", { from: "owner", plugin: { program: {}, programName: "ndp" }, lane: { rows: () => rowsOf("2001:db8::1") } }],
    ["bgp", { from: "every-node", lane: { rows: () => rowsOf("192.0.2.7") } }],
  ]) as unknown as SelfTestedSpeaker["runs"];
  const members = {
    ofVip: (vip: string) => ({ standing: vip === "192.0.2.9" ? "owner" : "heir" }) as GroupState,
    isUp: (node: string) => node === "node-b",
  };
  const conflicts = new Conflicts({ links, speakers, warn, log, clock, metrics });
  const close = startSelfTest({
    node: "node-a",
    runs,
    network: { packets, links },
    ...{ members, conflicts, speakers, warn, mayDepose: false, log, clock, metrics },
  });
  await clock.advance(60_000);
  close();
  assert.equal([...new Set(asked)].sort(), ["arp 4", "ndp 6"]);
  assert.equal(warnings, ["2001:db8::1 ownerSilent"]);
});

SELF_TEST.run();
