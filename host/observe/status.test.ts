import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcer } from "../announcer.ts";
import { Lane } from "../reconcile/lane.ts";
import type { PluginSupply } from "../roles/plugin-instance.ts";
import type { Succession } from "../rules/vocabulary.ts";
import type { RunningPlugin } from "../sandbox/start-plugin.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { FakeStandings } from "../workbench/testing/fake-standings.ts";
import { answerFrom, type RowStatus, type SpeakerParts, type Status } from "./status.ts";

const status = suite("status");

const starting = (): SpeakerParts => ({
  ...{ node: "node-a", version: "1.2.3", reads: "/etc/herald", isController: false, startedAtMs: 1, isReady: false },
  announcers: [],
});

const announcer: Announcer = {
  apply: async ({ added }) => added.filter(({ vip }) => vip === "192.0.2.2").map(({ vip }) => ({ vip, reason: "no" })),
  inspect: (what) => {
    if (what === "peers") return [{ peer: "192.0.2.9" }];
    if (what === "later") return Promise.resolve("x");
    return undefined;
  },
  stop: async () => {},
};

async function running(succession?: Succession): Promise<SpeakerParts> {
  const lane = new Lane({ name: "bgp", clock: new FakeClock() });
  for (const vip of ["192.0.2.1", "192.0.2.2"])
    lane.desire(vip, {
      vip,
      family: 4,
      links: null,
      services: ["default/web"],
      attributes: {},
      ...(succession && { succession }),
    });
  await lane.start(announcer);
  await new Promise((done) => setImmediate(done));
  const plugin = { name: "bgp", announcer, reports: new Map([["192.0.2.1", "probing"]]), open: 3 } as Partial<RunningPlugin>;
  return {
    ...starting(),
    announcers: [
      {
        ...{ lane, plugin: plugin as RunningPlugin, kind: "BGPAdvertisement", from: "every-node", restarts: 2 },
        ...{ state: "waiting", trouble: "ended by signal SIGKILL", process: { pid: process.pid, isolation: "own uid" } },
        supply: { origin: { kind: "other", specifier: "./vrrp", pin: "sha256-x" } } as PluginSupply,
      },
    ],
    pending: () => [
      { wanted: { by: "--plugin ./dns" }, trouble: "no such file" },
      { wanted: { by: "plugin mdns" }, trouble: undefined },
    ],
    isReady: true,
  };
}

const rowsOf = async (answer: unknown): Promise<unknown[]> => [...((await answer) as Iterable<unknown>)];
const refusal = async (parts: SpeakerParts, request: { ask: string; name?: unknown; what?: unknown }): Promise<string> => {
  try {
    return `answered ${await answerFrom(parts)(request)}`;
  } catch (error) {
    return (error as Error).message;
  }
};

status("answerFrom() answers while the speaker still starts", async () => {
  const { isReady, announcers, packets, source, reconciler } = (await answerFrom(starting())({ ask: "status" })) as Status;
  assert.equal([isReady, announcers, packets, reconciler], [false, [], {}, undefined]);
  assert.equal(source, { reads: "/etc/herald", isController: false, problems: 0 });
});

status("answerFrom() counts what each announcer was told, refused and reports", async () => {
  const { announcers } = (await answerFrom(await running())({ ask: "status" })) as Status;
  const [{ name, desired, announced, unsure, refused, restarts, reports, open } = {} as Status["announcers"][number]] = announcers;
  assert.equal([name, desired, announced, unsure, refused, restarts, reports, open], ["bgp", 2, 1, 1, 1, 2, 1, 3]);
});

status("answerFrom() says how plugins are doing, and which are wanted and not there", async () => {
  const { plugins } = (await answerFrom(await running())({ ask: "status" })) as Status;
  const [{ memoryBytes = 0, ...first } = {} as Status["plugins"][number], ...others] = plugins;
  assert.ok(memoryBytes > 1_000_000);
  const origin = { kind: "other", specifier: "./vrrp", pin: "sha256-x" };
  assert.equal(first, { name: "bgp", ...origin, state: "waiting", restarts: 2, trouble: "ended by signal SIGKILL", isolation: "own uid" });
  assert.equal(others, [
    { name: "--plugin ./dns", kind: "other", state: "not loaded", restarts: 0, trouble: "no such file" },
    { name: "plugin mdns", kind: "other", state: "loading", restarts: 0 },
  ]);
});

status("answerFrom() gives rows and reports one by one", async () => {
  const answer = answerFrom(await running());
  const row = { announcer: "bgp", isDesired: true, isAnnounced: true, links: null, services: ["default/web"] };
  const [told, refused] = (await rowsOf(answer({ ask: "rows" }))) as { refusal?: { reason: string } }[];
  assert.equal(told, { ...row, vip: "192.0.2.1", state: "told" });
  assert.is(refused?.refusal?.reason, "no");
  assert.equal(await rowsOf(answer({ ask: "reports" })), [{ announcer: "bgp", key: "192.0.2.1", state: "probing" }]);
});

status("answerFrom() counts only what this node owns as announced, and says what it is to a VIP", async () => {
  const succession = { group: "192.0.2.1", members: ["node-a", "node-b"], isSticky: false };
  const parts = { ...(await running(succession)), standings: new FakeStandings() };
  const read = async () => {
    const { announcers, groups } = (await answerFrom(parts)({ ask: "status" })) as Status;
    const [row] = (await rowsOf(answerFrom(parts)({ ask: "rows" }))) as RowStatus[];
    return [announcers[0]?.announced, groups, row?.isAnnounced, row?.standing];
  };
  parts.standings.set("192.0.2.1", "heir");
  assert.equal(await read(), [0, { heir: 1 }, false, "heir"]);
  parts.standings.set("192.0.2.1", "owner");
  assert.equal(await read(), [1, { owner: 1 }, true, "owner"]);
});

status("answerFrom() asks the announcer that is named", async () => {
  const answer = answerFrom(await running());
  assert.equal(await answer({ ask: "announcer", name: "bgp", what: "peers" }), [{ peer: "192.0.2.9" }]);
  assert.is(await answer({ ask: "announcer", name: "bgp", what: "later" }), "x");
});

status("answerFrom() answers an unknown name with those that are known", async () => {
  const parts = await running();
  assert.is(
    await refusal(parts, { ask: "stats" }),
    'Unknown question "stats": expected status, rows, reports, announcer, explain, drain, undrain',
  );
  for (const ask of ["constructor", "__proto__", "toString"]) assert.match(await refusal(parts, { ask }), "Unknown question");
  assert.is(await refusal(parts, { ask: "announcer", name: "bpg" }), 'Unknown announcer "bpg": expected bgp');
  assert.is(await refusal(parts, { ask: "announcer" }), "Unknown announcer (none): expected bgp");
  assert.is(await refusal(starting(), { ask: "announcer", name: "bgp" }), 'Unknown announcer "bgp": there is none yet');
  assert.is(await refusal(parts, { ask: "announcer", name: "bgp", what: "pears" }), 'Announcer bgp knows nothing of the name "pears"');
  assert.match(await refusal(parts, { ask: "announcer", name: "bgp", what: 7 }), 'expected a text "what"');
  assert.ok((await refusal(parts, { ask: "x".repeat(60_000) })).length < 200);
});

status.run();
