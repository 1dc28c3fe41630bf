import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SessionCounts } from "../liveness/liveness.ts";
import { Lane } from "../reconcile/lane.ts";
import type { ServiceGates } from "../rules/gates.ts";
import type { RunningPlugin } from "../sandbox/start-plugin.ts";
import { nodeFact, serviceFact } from "../workbench/testing/facts.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { FakeStandings } from "../workbench/testing/fake-standings.ts";
import { explain, type SpeakerExplanation } from "./explain.ts";
import type { SpeakerParts } from "./status.ts";

const EXPLAIN = suite("explain by a speaker");

const vip = "192.0.2.1";
const counters = { answered: 3, unanswered: 1, announced: 5, conflicts: 0 };

const gates: ServiceGates = {
  ...{ service: "default/web", gates: [{ name: "type LoadBalancer", isMet: true, found: "LoadBalancer" }] },
  vias: [
    { via: "arp", vip, gates: [], nodes: [] },
    { via: "BGPAdvertisement", vip, gates: [], nodes: [] },
  ],
};

async function speaker(refuses = false) {
  const clock = new FakeClock();
  const lane = new Lane({ name: "arp", clock });
  const succession = { group: vip, members: ["node-a", "node-b"], isSticky: false };
  for (const [address, service] of [
    [vip, "default/web"],
    ["192.0.2.2", "default/other"],
  ] as const)
    lane.desire(address, { vip: address, family: 4, links: ["eth0"], services: [service], attributes: {}, succession });
  const announcer = {
    apply: async () => (refuses ? [{ vip, reason: "table full" }] : []),
    stop: async () => {},
  };
  await lane.start(announcer);
  await new Promise((done) => setImmediate(done));
  const program = { counters: async () => new Map([[vip, counters]]) } as unknown as RunningPlugin["program"];
  const plugin = { name: "arp", announcer, program, reports: new Map([[vip, "probing"]]) } as Partial<RunningPlugin>;
  const session = (address: string): SessionCounts => ({
    ...{ address, device: undefined, isUp: true, received: 9, sent: 9, ups: 1, downs: 0 },
  });
  const standings = new FakeStandings();
  const parts: SpeakerParts = {
    ...{ node: "node-b", version: "", reads: "", isController: false, startedAtMs: 0, isReady: true, standings },
    announcers: [
      { lane, plugin: plugin as RunningPlugin, kind: "L2Advertisement", from: "owner", restarts: 0 } as SpeakerParts["announcers"][number],
    ],
    store: {
      snapshot: () =>
        ({
          services: new Map([["default/web", serviceFact("web")]]),
          nodes: new Map([["node-a", nodeFact("node-a", { addresses: ["10.0.0.1"] })]]),
        }) as unknown as ReturnType<NonNullable<SpeakerParts["store"]>["snapshot"]>,
    },
    reconciler: { gates: (key) => (key === "default/web" ? gates : undefined), state: () => assert.unreachable() as never },
    conflicts: {
      of: (address) =>
        address === vip
          ? [
              {
                ...({ kind: "stranger", mac: "02:00:00:00:00:09", node: undefined, link: "eth0", ownMac: "", count: 7 } as const),
                ...{ sinceMs: 0, lastMs: performance.now() - 5000 },
              },
            ]
          : [],
    },
    liveness: { counts: async () => [session("10.0.0.1"), session("10.0.0.9")] },
  };
  return { parts, standings };
}

const problem = (parts: SpeakerParts, service: unknown): Promise<string> =>
  explain(parts, service).then(
    () => "explained",
    (error: Error) => error.message,
  );

EXPLAIN("adds standing, rows, counters and sessions of this node to the gates", async () => {
  const { parts, standings } = await speaker();
  const at = performance.now();
  standings.set(vip, "heir", { sinceMs: at - 5000, reason: "node-a is ahead", heard: { mac: "02:00:00:00:00:01", atMs: at - 2000 } });
  const { vias, here, service } = (await explain(parts, "default/web")) as SpeakerExplanation;
  assert.is(service, "default/web");
  assert.equal(
    vias.map(({ via, from }) => [via, from]),
    [
      ["arp", "owner"],
      ["BGPAdvertisement", null],
    ],
  );
  const [group] = here.groups;
  assert.equal(
    [here.node, group?.standing, group?.members, group?.reason, group?.heard?.mac],
    ["node-b", "heir", ["node-a", "node-b"], "node-a is ahead", "02:00:00:00:00:01"],
  );
  assert.ok((group?.forMs ?? 0) >= 5000 && (group?.heard?.agoMs ?? 0) >= 2000 && (group?.forMs ?? 0) < 65_000);
  const [row, ...others] = here.rows;
  const { toldAgoMs, ...rest } = row ?? {};
  assert.equal(rest, {
    ...{ announcer: "arp", vip, state: "told", isDesired: true, isAnnounced: false, links: ["eth0"], audience: [] },
    ...{ report: "probing", counters },
  });
  assert.type(toldAgoMs, "number");
  assert.equal(others, [], "rows of other Services are not told");
  assert.equal(
    here.sessions.map(({ node, address }) => [node, address]),
    [["node-a", "10.0.0.1"]],
  );
  const [conflict, ...more] = here.conflicts;
  assert.equal([conflict?.vip, conflict?.kind, conflict?.mac, conflict?.count, more.length], [vip, "stranger", "02:00:00:00:00:09", 7, 0]);
  assert.ok((conflict?.agoMs ?? 0) >= 4000);
  standings.set(vip, "owner");
  assert.is((await explain(parts, "default/web")).here.rows[0]?.isAnnounced, true);
});

EXPLAIN("a refused row has the reason", async () => {
  const { parts } = await speaker(true);
  const [row] = (await explain(parts, "default/web")).here.rows;
  assert.equal([row?.state, row?.refusal, row?.toldAgoMs], ["unsure", { reason: "table full", failures: 1 }, undefined]);
});

EXPLAIN("what is not there, or is no name, is said", async () => {
  const { parts } = await speaker();
  assert.is(await problem(parts, "default/wbe"), "There is no Service default/wbe: did you mean default/web?");
  assert.match(await problem(parts, undefined), 'expected a text "service"');
  assert.match(await problem(parts, "x".repeat(60_000)), 'expected a text "service"');
  const { reconciler: _, ...starting } = parts;
  assert.match(await problem(starting, "default/web"), "Herald is starting");
});

EXPLAIN.run();
