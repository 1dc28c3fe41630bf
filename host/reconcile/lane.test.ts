import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Announcer, Changes, Refusal } from "../announcer.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { Lane } from "./lane.ts";

const LANE = suite("Lane");

const announce = (vip: string, service = "default/web"): Announcement => ({
  vip,
  family: vip.includes(":") ? 6 : 4,
  links: null,
  services: [service],
  attributes: {},
});

const A = announce("192.0.2.1");
const A2 = announce("192.0.2.1", "default/other");
const B = announce("192.0.2.2");
const C = announce("2001:db8::1");

/** An announcer whose answers the test gives one by one. */
class Script implements Announcer {
  readonly calls: string[] = [];
  readonly stops: string[] = [];
  readonly #holds: readonly Announcement[];
  #answer: ((refusals: readonly Refusal[]) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(holds: readonly Announcement[] = []) {
    this.#holds = holds;
  }

  held = async () => this.#holds;

  apply(changes: Changes): Promise<readonly Refusal[]> {
    if (this.#answer !== undefined) this.calls.push("two calls at a time");
    const text = (sign: string, rows: readonly Announcement[]) => rows.map(({ vip, services }) => `${sign}${vip} ${services[0]}`);
    this.calls.push([...text("+", changes.added), ...text("~", changes.changed), ...text("-", changes.removed)].sort().join(", "));
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#reject = reject;
    });
  }

  /** Its answers are given as those of `apply` are: no refusal takes the config. */
  async configure(config: unknown): Promise<boolean> {
    if (this.#answer !== undefined) this.calls.push("two calls at a time");
    this.calls.push(`config ${config}`);
    const refusals = await new Promise<readonly Refusal[]>((resolve, reject) => {
      this.#answer = resolve;
      this.#reject = reject;
    });
    return refusals.length === 0;
  }

  async stop(why: string): Promise<void> {
    this.stops.push(why);
  }

  async answer(...refusals: Refusal[]): Promise<void> {
    this.#end(() => this.#answer?.(refusals));
    await settled();
  }

  async throw(message: string): Promise<void> {
    this.#end(() => this.#reject?.(new Error(message)));
    await settled();
  }

  /** Calls since the last time. */
  take(): string[] {
    return this.calls.splice(0);
  }

  #end(call: () => void): void {
    assert.ok(this.#answer, "a call waits for its answer");
    call();
    this.#answer = undefined;
  }
}

async function start(script: Script, rows: readonly Announcement[] = []) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const lane = new Lane({ name: "script", clock, random: () => 0, log: { warn: (message) => void warnings.push(message) } });
  for (const row of rows) lane.desire(row.vip, row);
  await lane.start(script);
  return { clock, lane, warnings };
}

LANE("add, change and remove each reach the announcer once", async () => {
  const script = new Script();
  const { lane } = await start(script, [A, C]);
  assert.equal(script.take(), ["+192.0.2.1 default/web, +2001:db8::1 default/web"]);
  await script.answer();
  lane.desire(A.vip, A2);
  lane.run();
  assert.equal(script.take(), ["~192.0.2.1 default/other"]);
  await script.answer();
  lane.desire(A.vip, undefined);
  lane.run();
  assert.equal(script.take(), ["-192.0.2.1 default/other"]);
  await script.answer();
  lane.run();
  assert.equal(script.take(), []);
  assert.equal(lane.rows(), [{ announcement: C, isDesired: true, state: "told", toldAtMs: 0 }]);
});

LANE("an announcement with equal content is no news", async () => {
  const script = new Script();
  const { lane } = await start(script, [{ ...A, attributes: { a: 1, b: { c: [1, 2], d: "x" } } }]);
  script.take();
  await script.answer();
  lane.desire(A.vip, { ...A, attributes: { b: { d: "x", c: [1, 2] }, a: 1 } });
  lane.run();
  assert.equal(script.take(), []);
  lane.desire(A.vip, { ...A, attributes: { b: { d: "x", c: [2, 1] }, a: 1 } });
  lane.run();
  assert.is(script.take().length, 1);
});

LANE("what changes during a call is the next call", async () => {
  const script = new Script();
  const { lane } = await start(script, [A]);
  lane.desire(A.vip, A2);
  lane.desire(B.vip, B);
  lane.run();
  lane.desire(B.vip, undefined);
  lane.run();
  assert.equal(script.take(), ["+192.0.2.1 default/web"]);
  await script.answer();
  assert.equal(script.take(), ["~192.0.2.1 default/other"]);
  lane.desire(A.vip, undefined);
  lane.desire(A.vip, A2);
  await script.answer();
  assert.equal(script.take(), [], "back to what was sent meanwhile");
});

LANE("a refused row comes again with growing delays and holds nothing back", async () => {
  const script = new Script();
  const { lane, clock, warnings } = await start(script, [A, B]);
  script.take();
  await script.answer({ vip: A.vip, reason: "noLink" });
  assert.equal(
    lane.rows().map(({ state, refusal }) => [state, refusal?.reason, refusal?.failures]),
    [
      ["unsure", "noLink", 1],
      ["told", undefined, undefined],
    ],
  );
  lane.desire(C.vip, C);
  lane.run();
  assert.equal(script.take(), ["+2001:db8::1 default/web"], "without the refused row");
  await script.answer();
  for (const delayMs of [100, 200, 400]) {
    await clock.advance(delayMs - 1);
    assert.equal(script.take(), []);
    await clock.advance(1);
    assert.equal(script.take(), ["~192.0.2.1 default/web"], `after ${delayMs} ms`);
    await script.answer({ vip: A.vip, reason: "noLink" });
  }
  lane.desire(A.vip, A2);
  lane.run();
  assert.equal(script.take(), ["~192.0.2.1 default/other"], "a new wish is tried at once");
  await script.answer();
  await clock.advance(100_000);
  assert.equal(script.take(), []);
  assert.is(clock.pending, 0);
  assert.equal(warnings, ["Row refused"], "said once");
});

LANE("delays end at 30 s", async () => {
  const script = new Script();
  const { clock } = await start(script, [A]);
  for (let failures = 1; failures <= 12; failures++) {
    await script.answer({ vip: A.vip, reason: "no" });
    script.take();
    await clock.advance(30_000);
    assert.is(script.take().length, 1);
  }
});

LANE("a refused row that is not wanted any more comes as removed, as it was last told", async () => {
  const script = new Script();
  const { lane, clock } = await start(script, [A]);
  await script.answer({ vip: A.vip, reason: "no" });
  script.take();
  lane.desire(A.vip, undefined);
  lane.run();
  assert.equal(script.take(), ["-192.0.2.1 default/web"]);
  await script.answer({ vip: A.vip, reason: "still busy" });
  await clock.advance(100);
  assert.equal(script.take(), ["-192.0.2.1 default/web"]);
  await script.answer();
  assert.equal(lane.rows(), []);
});

LANE("a failed call leaves all its rows unsure, and the lane waits", async () => {
  const script = new Script();
  const { lane, clock, warnings } = await start(script, [A, B]);
  script.take();
  await script.throw("socket closed");
  assert.equal(
    lane.rows().map(({ state }) => state),
    ["unsure", "unsure"],
  );
  assert.is(lane.state().lastError, "socket closed");
  lane.desire(B.vip, undefined);
  lane.desire(C.vip, C);
  lane.run();
  await clock.advance(99);
  assert.equal(script.take(), []);
  await clock.advance(1);
  assert.equal(script.take(), ["+2001:db8::1 default/web, -192.0.2.2 default/web, ~192.0.2.1 default/web"]);
  await script.throw("socket closed");
  await clock.advance(199);
  assert.equal(script.take(), [], "longer than the first time");
  await clock.advance(1);
  assert.is(script.take().length, 1);
  await script.answer();
  const { applies, failures, told, unsure, lastError } = lane.state();
  assert.equal({ applies, failures, told, unsure, lastError }, { applies: 3, failures: 2, told: 2, unsure: 0, lastError: undefined });
  assert.is(warnings.length, 2);
});

LANE("an announcer that throws before it promises anything has failed too", async () => {
  const { lane } = await start(new Script());
  await lane.start({
    apply: () => {
      throw new Error("not yet");
    },
    stop: async () => {},
  });
  lane.desire(A.vip, A);
  lane.run();
  await settled();
  assert.is(lane.state().lastError, "not yet");
});

LANE("start() compares with what the outside still has", async () => {
  const script = new Script([
    A,
    { ...B, services: ["default/old"] },
    { ...C, vip: "2001:DB8::1" },
    announce("192.0.2.9"),
    announce("nonsense"),
  ]);
  const { warnings } = await start(script, [A, B, C]);
  assert.equal(script.take(), ["-192.0.2.9 default/web, ~192.0.2.2 default/web"]);
  assert.equal(warnings, ["Held row is not usable"]);
});

LANE("start() again begins anew, whatever the one before still answers", async () => {
  const hung = new Script();
  const { lane } = await start(hung, [A]);
  const next = new Script([B]);
  await lane.start(next);
  assert.equal(next.take(), ["+192.0.2.1 default/web, -192.0.2.2 default/web"]);
  await hung.answer({ vip: A.vip, reason: "too late" });
  assert.equal(next.take(), []);
  await next.answer();
  assert.equal(lane.rows(), [{ announcement: A, isDesired: true, state: "told", toldAtMs: 0 }]);
});

LANE("stop() for good takes everything down first", async () => {
  const script = new Script();
  const { lane, clock } = await start(script, [A, B]);
  script.take();
  const stopped = lane.stop("leave");
  await script.answer({ vip: B.vip, reason: "no" });
  assert.equal(script.take(), ["-192.0.2.1 default/web, -192.0.2.2 default/web"]);
  assert.equal(script.stops, []);
  await script.answer();
  await stopped;
  assert.equal(script.stops, ["leave"]);
  assert.is(clock.pending, 0);
});

LANE("stop() for good tries once more where the first call failed, and then goes", async () => {
  const script = new Script();
  const { lane } = await start(script, [A]);
  script.take();
  const stopped = lane.stop("leave");
  await script.throw("gone");
  assert.equal(script.take(), ["-192.0.2.1 default/web"]);
  await script.throw("gone");
  await stopped;
  assert.equal(script.take(), []);
  assert.equal(script.stops, ["leave"]);
});

LANE("stop() for good does not wait for the delay of a refused removal", async () => {
  const script = new Script();
  const { lane } = await start(script, [A]);
  await script.answer();
  lane.desire(A.vip, undefined);
  lane.run();
  await script.answer({ vip: A.vip, reason: "busy" });
  script.take();
  const stopped = lane.stop("leave");
  await settled();
  assert.equal(script.take(), ["-192.0.2.1 default/web"]);
  await script.answer();
  await stopped;
  assert.equal(lane.rows(), []);
});

LANE("stop() for a successor takes nothing down, and does not wait for ever", async () => {
  const script = new Script();
  const { lane, clock } = await start(script, [A]);
  script.take();
  const stopped = lane.stop("replace");
  await clock.advance(2000);
  await stopped;
  assert.equal(script.take(), []);
  assert.equal(script.stops, ["replace"]);
  const next = new Script([A]);
  await lane.start(next);
  assert.equal(next.take(), [""], "the successor holds what is wanted");
});

LANE("the first call after a start comes even where there is nothing, until it succeeds", async () => {
  const script = new Script();
  const { lane, clock } = await start(script);
  assert.equal(script.take(), [""]);
  await script.throw("not yet");
  await clock.advance(100);
  assert.equal(script.take(), [""]);
  lane.desire(A.vip, A);
  await script.answer();
  assert.equal(script.take(), ["+192.0.2.1 default/web"]);
  await script.answer();
  lane.desire(A.vip, undefined);
  lane.run();
  script.take();
  await script.answer();
  lane.run();
  assert.equal([script.take(), clock.pending], [[], 0]);
});

LANE("configure() waits for the call under way, and the next call for it", async () => {
  const script = new Script();
  const { lane } = await start(script, [A]);
  const taken = lane.configure("x");
  lane.desire(B.vip, B);
  lane.run();
  assert.equal(script.take(), ["+192.0.2.1 default/web"]);
  await script.answer();
  assert.equal(script.take(), ["config x"]);
  lane.run();
  assert.equal(script.take(), []);
  await script.answer();
  assert.equal([await taken, script.take()], [true, ["+192.0.2.2 default/web"]]);
  await script.answer();
  assert.is(lane.state().applies, 2);
});

LANE("configure() is not held back by an announcer that failed, and says what it answers", async () => {
  const script = new Script();
  const { lane } = await start(script, [A]);
  await script.throw("socket closed");
  script.take();
  const refused = lane.configure("x");
  assert.equal(script.take(), ["config x"]);
  await script.answer({ vip: "", reason: "cannot" });
  assert.is(await refused, false);
  const failed = lane.configure("y").then(String, String);
  await script.throw("bad config");
  assert.is(await failed, "Error: bad config");
});

LANE("configure() of an announcer that is not started, takes none, is stopped or gets a newer one is false", async () => {
  const clock = new FakeClock();
  const lane = new Lane({ name: "script", clock });
  assert.is(await lane.configure("x"), false);
  await lane.start({ apply: async () => [], stop: async () => {} });
  await settled();
  assert.is(await lane.configure("x"), false);
  const script = new Script();
  await lane.start(script);
  const older = lane.configure("older");
  const newer = lane.configure("newer");
  assert.is(await older, false);
  const stopped = lane.stop("replace");
  await clock.advance(2000);
  await stopped;
  assert.is(await newer, false);
});

LANE("desire() refuses what is no address", async () => {
  const { lane } = await start(new Script());
  assert.throws(() => lane.desire("web", announce("web")), /Cannot announce "web": expected an address in canonical text/);
  assert.throws(() => lane.desire("2001:DB8::1", C), /canonical/);
});

LANE.run();
