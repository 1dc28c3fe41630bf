import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testSeed } from "../../../host/workbench/testing/random.ts";
import type { SessionConfig } from "./config.ts";
import { THEM, US } from "./test-situations.ts";
import { NO_FAULTS, type Side, World } from "./test-world.ts";

const simulation = suite("bgp session simulation");

const WORLDS = 60;
/** Hold times, damping and a lost OPEN in a row. */
const SETTLE_MS = 1_200_000;
const STAY_MS = 400_000;

const variants: readonly (readonly [string, Partial<SessionConfig>, Partial<SessionConfig>])[] = [
  ["both active", {}, {}],
  ["one passive", { passive: true }, {}],
  ["DelayOpen at one", { delayOpenSeconds: 3 }, {}],
  ["DelayOpen at both", { delayOpenSeconds: 3 }, { delayOpenSeconds: 5 }],
  ["graceful restart", gracefulRestart(), gracefulRestart()],
  ["graceful restart without the N bit at one", gracefulRestart(), { gracefulRestart: { restartTimeSeconds: 60, notification: false } }],
  ["equal identifiers", {}, { localIdentifier: US.localIdentifier }],
  ["short hold time", { holdTimeSeconds: 3, keepaliveSeconds: 1 }, {}],
  ["no hold time at one", { holdTimeSeconds: 9 }, { holdTimeSeconds: 90 }],
  ["fixed retry", { connectRetrySeconds: 5 }, { connectRetrySeconds: 5 }],
];

function gracefulRestart(): Partial<SessionConfig> {
  return { gracefulRestart: { restartTimeSeconds: 120, notification: true } };
}

const worldOf = (ours: Partial<SessionConfig>, theirs: Partial<SessionConfig>, seed: number) =>
  new World(
    [
      { ...US, ...ours },
      { ...THEM, ...theirs },
    ],
    seed,
  );

function startBoth(world: World): void {
  world.put(0, { type: "start", restarting: false });
  world.run(world.random(3) * 10);
  world.put(1, { type: "start", restarting: false });
}

/** One misfortune. */
function harm(world: World): void {
  const side = world.random(2) as Side;
  const harms = [
    () => world.break("both"),
    () => world.break("one"),
    () => world.break("swallow"),
    () => world.crash(side, false),
    () => world.crash(side, true),
    () => world.put(side, { type: "bfdDown", admin: false }),
    () => world.put(side, { type: "configure", config: world.configs[side], transportChanged: true }),
    () => {
      world.put(side, { type: "stop", why: (["shutdown", "deconfigured", "replace"] as const)[world.random(3)] ?? "replace" });
      world.run(world.random(5000));
      world.put(side, { type: "start", restarting: false });
    },
  ];
  harms[world.random(harms.length)]?.();
}

const firstSeed = testSeed();
for (const [name, ours, theirs] of variants) {
  simulation(`two sessions, ${name}, come together whatever happens to them`, () => {
    for (let number = 0; number < WORLDS; number += 1) {
      const seed = (firstSeed + number) | 0;
      const world = worldOf(ours, theirs, seed);
      world.longestDelayMs = Math.min([1, 50, 500, 3000][number % 4] as number, world.configs[0].holdTimeSeconds * 100);
      world.faults = { refuse: 0.2, loseConnect: 0.1, loseClose: 0.2 };
      startBoth(world);
      for (let harms = world.random(12); harms > 0; harms -= 1) {
        world.run(world.random([100, 5000, 120_000][world.random(3)] as number));
        harm(world);
      }
      world.faults = NO_FAULTS;
      world.run(SETTLE_MS);
      const tail = () => `seed ${seed} world ${number}\n${world.story.slice(-20).join("\n")}`;
      assert.ok(world.isJoined, `not established: ${tail()}`);
      const told = world.story.length;
      world.run(STAY_MS);
      assert.is(world.story.length, told, `does not stay: ${tail()}`);
    }
  });

  simulation(`two sessions, ${name}, come together within seconds where nothing happens`, () => {
    for (let number = 0; number < WORLDS; number += 1) {
      const seed = (firstSeed + number) | 0;
      const world = worldOf(ours, theirs, seed);
      startBoth(world);
      world.run(30_000);
      const told = `seed ${seed} world ${number}\n${world.story.join("\n")}`;
      assert.ok(world.isJoined, told);
      // A collision costs a connection, never a session.
      assert.is(world.story.filter((line) => line.endsWith("established")).length, 2, told);
    }
  });
}

simulation.run();
