/** One test of the conformance suite: an announcer on a stage of its own, and perhaps somebody outside who watches it. */

import * as assert from "uvu/assert";
import type { Announcer, Changes, Permission, PluginDefinition } from "../../announcer.ts";
import type { Announcement } from "../../rules/vocabulary.ts";
import type { HostedPlugin, Manifest } from "../../sandbox/hosted.ts";
import type { RunningPlugin } from "../../sandbox/start-plugin.ts";
import type { Capture } from "../authoring/captures.ts";
import { memoryWorld } from "../authoring/memory-world.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { testLink } from "../testing/links.ts";
import { testSeed } from "../testing/random.ts";
import { createStage, type Loss, type Stage } from "./stage.ts";

/** What speaks by UDP needs addresses to speak from. */
const LINKS = ["eth0", "eth1"].map((name, at) =>
  testLink(name, {
    addresses: [
      { address: `192.0.2.${100 + at}`, prefixLength: 24 },
      { address: `2001:db8::${100 + at}`, prefixLength: 64 },
      { address: `fe80::${100 + at}`, prefixLength: 64 },
    ],
  }),
);
const own = (): string[] => LINKS.flatMap(({ addresses = [] }) => addresses.map(({ address }) => address));

/** Somebody in the network, beside the announcer. */
export interface Outside {
  /** The VIP is reached through the announcer, as far as the network knows now. */
  knows(vip: string): Promise<boolean>;
  close(): void;
}

export type MakeOutside = (stage: Stage) => Outside;

/** A plugin in this process, or what is known of one in another. */
export type Tested<Config = unknown> = PluginDefinition<Config> | (Manifest & { readonly open: () => Promise<HostedPlugin> });

export interface ConformanceOptions {
  readonly outside?: MakeOutside;
  /** Hears which permissions were declared and not used; default: that is a fault. */
  readonly onUnused?: (permissions: readonly Permission[]) => void;
  /** Recorded traffic, and what it answers to that with all its rows. Default: none. */
  readonly captures?: readonly Capture[];
  /** Of what is random, for each test that needs one. Default: `testSeed`, which prints it. */
  readonly seed?: () => number;
}

export interface Play {
  readonly stage: Stage;
  readonly plugin: RunningPlugin;
  readonly announcer: Announcer;
}

/** uvu's `suite`, or what collects the tests. */
export type Register = (title: string, call: () => Promise<void>) => void;

/** What is tested, and how a test of it is made. */
export interface Subject {
  readonly test: Register;
  readonly manifest: Manifest;
  readonly options: ConformanceOptions;
  /** Its code runs in this process. */
  readonly isHere: boolean;
  seed(): number;
  /** Four of each family that it serves. */
  readonly vips: readonly string[];
  /** It, not started, and in a process of its own in a new one: `Stage.end` ends that. */
  open(): Promise<HostedPlugin>;
  createStage(): Stage;
  /** Registers a test with the announcer started from its example. */
  play(title: string, call: (play: Play) => Promise<void>): void;
}

export const noChanges: Changes = { added: [], changed: [], removed: [] };

export function createSubject(test: Register, plugin: Tested, options: ConformanceOptions): Subject {
  const vips = plugin.serves.families.flatMap((family) =>
    [1, 2, 3, 4].map((host) => (family === 4 ? `192.0.2.${host}` : `2001:db8::${host}`)),
  );
  const isHere = !("open" in plugin);
  const hasOwnTime = !isHere || plugin.program !== undefined;
  const open = isHere ? async () => plugin : plugin.open;
  const newStage = () => createStage(LINKS, { world: memoryWorld({ own, ...(hasOwnTime ? {} : { clock: new FakeClock() }) }) });
  const play: Subject["play"] = (title, call) =>
    test(title, async () => {
      const stage = newStage();
      try {
        const running = await stage.start(await open());
        await call({ stage, plugin: running, announcer: running.announcer });
      } finally {
        await stage.end();
      }
    });
  const { seed = testSeed } = options;
  return { test, manifest: plugin, options, seed, isHere, vips, open, createStage: newStage, play };
}

/** An announcement as a plan makes them. */
export function row(vip: string, services: readonly string[] = ["default/web"]): Announcement {
  return { vip, family: vip.includes(":") ? 6 : 4, links: null, services, attributes: {} };
}

/** Applies, and takes it ill where a row is refused. */
export async function settle(announcer: Announcer, changes: Partial<Changes>): Promise<void> {
  assert.equal(await announcer.apply({ ...noChanges, ...changes }), [], "no row is refused");
}

/** Applies with a loss in the way, whatever comes of it. */
export async function applyWithLoss(stage: Stage, announcer: Announcer, changes: Partial<Changes>, loss: Loss): Promise<void> {
  stage.losses.push(loss);
  await announcer.apply({ ...noChanges, ...changes }).catch(() => {});
  stage.losses.length = 0;
}
