import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement } from "../announcer.ts";
import { NeedsChange } from "../sandbox/needs-change.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { FakePlugin } from "../workbench/testing/fake-plugin.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { PluginRun } from "./plugin-run.ts";
import { PluginSet } from "./plugin-set.ts";
import type { WantedPlugin } from "./wanted-plugins.ts";

const SET = suite("PluginSet");

const VIP: Announcement = { vip: "192.0.2.1", family: 4, links: null, services: ["a/b"], attributes: {} };

/** Versions are `name@number`; each run announces one VIP. */
function open() {
  const calls: string[] = [];
  const versions = new Map<string, FakePlugin>();
  const version = (text: string): FakePlugin => {
    const found = versions.get(text) ?? new FakePlugin(text, calls, text.slice(0, text.indexOf("@")));
    versions.set(text, found);
    return found;
  };
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const configs = new Map<string, unknown>();
  const attached = new Set<PluginRun>();
  const problems: { load: (specifier: string) => void } = { load: () => {} };
  const told: string[][] = [];
  const runOf = (supply: FakePlugin["supply"], onState: () => void = () => {}) =>
    new PluginRun({
      ...{ supply, config: undefined, clock, log, onState, random: () => 0.5 },
      start: async (hosted, config, program) => version(hosted.foreign?.specifier ?? "").start(config, program),
    });
  const set: PluginSet = new PluginSet({
    builtIns: new Map([["arp", runOf(version("arp@0").supply)]]),
    load: async ({ name, specifier = `${name}@own` }) => {
      await settled();
      problems.load(specifier);
      return version(specifier).supply;
    },
    open: runOf,
    configOf: (name) => configs.get(name) ?? {},
    attach(run) {
      attached.add(run);
      run.lane.desire(VIP.vip, VIP);
      run.lane.run();
    },
    detach: (run) => void attached.delete(run),
    onChange: () => told.push([...set.others().loaded.map(({ name }) => name)].sort()),
    ...{ clock, log, random: () => 0.5 },
  });
  const want = (...specifiers: string[]) => set.want(specifiers.map((specifier) => wantedOf(specifier)));
  const take = async () => {
    for (let turn = 0; turn < 8; turn++) await settled();
    return calls.splice(0);
  };
  const processes = () => [...versions.values()].flatMap((each) => each.processes.map(() => each.name)).sort();
  const running = () => Array.from(set.runs, ([name, { state, supply }]) => `${name} ${supply.origin.specifier} ${state}`).sort();
  return { set, want, take, version, versions, clock, lines, configs, attached, problems, told, processes, running };
}

function wantedOf(specifier: string): WantedPlugin {
  return { by: `Plugin ${specifier.slice(0, specifier.indexOf("@"))}`, name: specifier.slice(0, specifier.indexOf("@")), specifier };
}

SET("what is wanted comes, is replaced and goes, and the others never hear of it", async () => {
  const { set, want, take, running, processes, told } = open();
  want("vrrp@1");
  assert.equal([await take(), running()], [[], ["arp arp@0 starting"]], "nothing before the built-in ones run");
  set.start();
  assert.equal(await take(), ["vrrp@1 start as vrrp", "vrrp@1 +1"]);
  want("vrrp@1", "dns@1");
  assert.equal(await take(), ["dns@1 start as dns", "dns@1 +1"]);
  want("vrrp@2", "dns@1");
  assert.equal(await take(), ["vrrp@2 start as vrrp~next", "vrrp@2 +1", "vrrp@1 stop replace"]);
  assert.equal(
    running(),
    ["arp arp@0 starting", "dns@1 dns running", "vrrp vrrp@2 running"].sort().map((line) => line.replace("dns@1 dns", "dns dns@1")),
  );
  want("vrrp@2");
  assert.equal(await take(), ["dns@1 -1", "dns@1 stop leave"]);
  assert.equal([processes(), set.others().loaded.length, told.at(-1)], [["vrrp@2"], 1, ["vrrp"]]);
});

SET("one that comes again while it goes is started when it has gone", async () => {
  const { set, want, take, processes } = open();
  set.start();
  want("vrrp@1");
  await take();
  want();
  want("vrrp@1");
  assert.equal(await take(), ["vrrp@1 -1", "vrrp@1 stop leave", "vrrp@1 start as vrrp", "vrrp@1 +1"]);
  assert.equal(processes(), ["vrrp@1"]);
});

SET("one that cannot be loaded is told of, and tried again where that can help", async () => {
  const { set, want, take, problems, clock, lines, running } = open();
  set.start();
  problems.load = () => {
    throw new Error("no such file");
  };
  want("vrrp@1");
  await take();
  assert.equal([...set.others().troubles], [["vrrp", "no such file"]]);
  await clock.advance(3000);
  await take();
  assert.equal(lines.filter(({ message }) => message === "no such file").length, 1, "said once");
  problems.load = () => {
    throw new NeedsChange("another pin");
  };
  await clock.advance(4000);
  await take();
  assert.equal([[...set.others().troubles], clock.pending], [[["vrrp", "another pin"]], 0]);
  problems.load = () => {};
  want("vrrp@2");
  assert.equal([await take(), [...set.others().troubles]], [["vrrp@2 start as vrrp", "vrrp@2 +1"], []]);
  problems.load = () => {
    throw new NeedsChange("another pin");
  };
  want("vrrp@3");
  await take();
  assert.equal([running()[1], [...set.others().troubles]], ["vrrp vrrp@2 running", [["vrrp", "another pin"]]]);
});

SET("a name is that of the first who wants it, and never a built-in one's", async () => {
  const { set, take, running } = open();
  set.start();
  const wanted = ["arp@1", "vrrp@1", "vrrp@2"].map((specifier) => ({ by: `--plugin ${specifier}`, specifier }));
  set.want(wanted);
  await take();
  assert.equal(running(), ["arp arp@0 starting", "vrrp vrrp@1 running"]);
  assert.equal(
    [...set.pending()].map(({ trouble }) => trouble),
    ["the name arp is that of a plugin of Herald itself", "the name vrrp is that of a plugin of --plugin vrrp@1"],
  );
  set.want(wanted.slice(2));
  assert.equal([await take(), running()[1]], [["vrrp@2 start as vrrp~next", "vrrp@2 +1", "vrrp@1 stop replace"], "vrrp vrrp@2 running"]);
});

SET("one of Herald's own steps back for another of its name, and is not missed", async () => {
  const { set, take, running } = open();
  set.start();
  const own = { by: "plugin dns", name: "dns" };
  set.want([own]);
  await take();
  assert.equal(running()[1], "dns dns@own running");
  set.want([{ by: "--plugin dns@1", specifier: "dns@1" }, own]);
  await take();
  assert.equal([running()[1], [...set.pending()]], ["dns dns@1 running", []]);
});

SET("one that calls itself otherwise than its resource is refused", async () => {
  const { set, take, running } = open();
  set.start();
  set.want([{ by: "Plugin dns", name: "dns", specifier: "vrrp@1" }]);
  await take();
  assert.equal(running(), ["arp arp@0 starting"]);
  assert.match(set.others().troubles.get("dns") ?? "", /it calls itself "vrrp"/);
});

SET("a config reaches its plugin, also one that comes before the plugin is there", async () => {
  const { set, want, take, configs, version } = open();
  const seen: unknown[] = [];
  version("vrrp@1").onStart = (config) => seen.push(config);
  configs.set("vrrp", { x: 1 });
  set.start();
  want("vrrp@1");
  await take();
  configs.set("vrrp", "no object");
  set.configure("vrrp");
  await take();
  assert.equal(seen, [{ x: 1 }]);
  assert.match(set.others().troubles.get("vrrp") ?? "", /^Cannot configure plugin vrrp/);
});

SET("what halts has nothing come or go any more", async () => {
  const { set, want, take, processes, clock } = open();
  set.start();
  want("vrrp@1");
  await take();
  await set.halt();
  want("vrrp@2", "dns@1");
  assert.equal([await take(), processes()], [[], ["vrrp@1"]]);
  await set.close();
  assert.equal([processes(), clock.pending], [[], 0]);
});

const NAMES = ["a", "b", "c"];
const LONG_MS = 400_000;

/** Forty changes and faults at random; gives what is wanted at last, with no more faults from then on. */
async function disturb({ want, take, version, versions, problems, clock }: ReturnType<typeof open>, random: (below: number) => number) {
  let isFaulty = true;
  const mayFail = (what: string): void => {
    if (isFaulty && random(5) === 0) throw random(4) === 0 ? new NeedsChange(what) : new Error(what);
  };
  problems.load = () => mayFail("load");
  let wanted: string[] = [];
  const events = [
    () => (wanted = wanted.filter(() => random(3) > 0)),
    () => {
      const name = NAMES[random(NAMES.length)] ?? "";
      const next = `${name}@${1 + random(4)}`;
      wanted = [...wanted.filter((each) => !each.startsWith(name)), next];
      Object.assign(version(next), { onStart: () => mayFail("start"), onApply: () => mayFail("apply") });
    },
    () => [...versions.values()][random(versions.size)]?.processes[0]?.lose("lost"),
    () => clock.advance(random(3000)),
  ];
  for (let event = 0; event < 40; event++) {
    await events[random(events.length)]?.();
    want(...wanted);
    if (random(2) === 0) await take();
  }
  isFaulty = false;
  return wanted.sort();
}

SET("whatever comes, goes, fails and ends in whatever order: in the end there is what is wanted", async () => {
  const random = randomFrom(testSeed());
  for (let round = 0; round < 25; round++) {
    const stage = open();
    const { set, want, take, clock, processes, attached, running } = stage;
    set.start();
    const wanted = await disturb(stage, random);
    // What only a change can mend is mended by one.
    want();
    await clock.advance(LONG_MS);
    want(...wanted);
    for (let turn = 0; turn < 4; turn++) await clock.advance(LONG_MS);
    await take();
    assert.equal(processes(), wanted, `round ${round}`);
    assert.equal(
      running().filter((line) => !line.startsWith("arp ")),
      wanted.map((each) => `${each.slice(0, 1)} ${each} running`),
    );
    assert.is(attached.size, wanted.length);
    const states = wanted.flatMap((each) => set.runs.get(each.slice(0, 1))?.lane.rows() ?? []).map(({ state }) => state);
    assert.equal(
      states,
      wanted.map(() => "told"),
    );
    await set.halt();
    await set.close();
    assert.equal(processes(), []);
  }
});

SET.run();
