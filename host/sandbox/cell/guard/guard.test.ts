/** The parts of the guard that hold a plugin's means within bounds, each by itself. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createConsole } from "./lent-console.ts";
import { LentTime, MAX_TIMERS } from "./lent-time.ts";
import { refuseImports } from "./refuse-imports.ts";

const guard = suite("guard");

/** A clock that the test moves. */
class Hand {
  ms = 0.75;
  readonly set: { readonly atMs: number; readonly call: () => void }[] = [];
  readonly lent = {
    nowMs: () => this.ms,
    wallMs: () => 1_700_000_000_000 + this.ms,
    setTimeout: (call: () => void, delayMs: number) => {
      const timer = { atMs: this.ms + delayMs, call };
      this.set.push(timer);
      return timer;
    },
    clearTimeout: (timer: unknown) => void (this.set.includes(timer as never) && this.set.splice(this.set.indexOf(timer as never), 1)),
  };

  move(byMs: number): void {
    const until = this.ms + byMs;
    for (let due = this.#due(until); due !== undefined; due = this.#due(until)) {
      this.set.splice(this.set.indexOf(due), 1);
      this.ms = due.atMs;
      due.call();
    }
    this.ms = until;
  }

  #due(until: number) {
    return this.set.filter(({ atMs }) => atMs <= until).sort((one, other) => one.atMs - other.atMs)[0];
  }
}

guard("a plugin's clock has whole milliseconds", () => {
  const { clock } = new LentTime(new Hand().lent);
  assert.is(clock.now(), 0);
});

guard("timers come once or again, wait a millisecond at least, and can be very long", () => {
  const hand = new Hand();
  const { clock } = new LentTime(hand.lent);
  const heard: string[] = [];
  clock.after(0, () => heard.push("once"));
  const stop = clock.every(-5, () => heard.push("again"));
  clock.after(0x8000_0000, () => heard.push("late"));
  clock.after(Number.POSITIVE_INFINITY, () => heard.push("never"));
  hand.move(0.5);
  assert.equal(heard, []);
  hand.move(2.6);
  assert.equal(heard, ["once", "again", "again", "again"]);
  stop();
  hand.move(0x7fff_ffff - 5);
  assert.is(heard.at(-1), "again");
  hand.move(10);
  assert.is(heard.at(-1), "late");
});

guard("a plugin has 256 timers at once, no more, and none after its end", () => {
  const hand = new Hand();
  const time = new LentTime(hand.lent);
  const stops = Array.from({ length: MAX_TIMERS }, () => time.clock.every(1, () => undefined));
  assert.throws(() => time.clock.after(1, () => undefined), /found 256, expected fewer/);
  stops[0]?.();
  let heard = 0;
  time.clock.after(1, () => heard++);
  assert.throws(() => time.clock.after(1, "code" as never), /expected a function/);
  assert.throws(() => time.clock.after(Number.NaN, () => undefined), /expected a number/);
  time.close();
  hand.move(100);
  assert.equal([heard, hand.set.length], [0, 0]);
});

guard("the console has a burst of lines, then some a second, and says how many were too many", () => {
  let ms = 0;
  const said: string[] = [];
  const lines = createConsole(
    () => ms,
    (level, text) => said.push(`${level} ${text}`),
  );
  for (let at = 0; at < 100; at++) lines.log("line", at, { at });
  assert.equal([said.length, said[0]], [50, 'info line 0 {"at":0}']);
  ms = 1000;
  lines.error(new RangeError("x"), "y".repeat(5000));
  assert.match(said.at(-1) ?? "", /^error RangeError: x y+ \(50 lines before it were too many\)$/);
  assert.ok((said.at(-1) ?? "").length < 2200);
  const trap = {
    toJSON: () => {
      throw new Error("trap");
    },
  };
  lines.warn(trap);
  assert.is(said.at(-1), "warn ?");
});

for (const code of [
  "import('x')",
  "[...import ('x')]",
  "import.source('x')",
  "import\n.defer\n('x')",
  "x.import()",
  "`import`",
  "// import",
]) {
  guard(`${JSON.stringify(code)} is not evaluated`, () =>
    assert.throws(() => refuseImports(`1;\n${code}`), /the word import in it \(line 2\)/),
  );
}

guard("other words are left alone", () =>
  assert.is(refuseImports("important; reimport; imports; \\u0069mport"), "important; reimport; imports; \\u0069mport"),
);

guard.run();
