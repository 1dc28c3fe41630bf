/** One test of the conformance suite: an announcer on a stage of its own, and somebody outside who watches it. */

import * as assert from "uvu/assert";
import type { Announcer, Changes, PluginDefinition } from "../../announcer.ts";
import type { Announcement } from "../../rules/vocabulary.ts";
import type { RunningPlugin } from "../../sandbox/start-plugin.ts";
import { createStage, type Loss, type Stage } from "./stage.ts";

/** Somebody in the network, beside the announcer. */
export interface Outside {
  /** The VIP is reached through the announcer, as far as the network knows now. */
  knows(vip: string): Promise<boolean>;
  close(): void;
}

export interface Play {
  readonly stage: Stage;
  readonly outside: Outside;
  readonly plugin: RunningPlugin;
  readonly announcer: Announcer;
}

/** uvu's `suite`, or what collects the tests. */
export type Register = (title: string, call: () => Promise<void>) => void;

/** What is tested, and how a test of it is made. */
export interface Subject<Config = unknown> {
  readonly test: Register;
  readonly definition: PluginDefinition<Config>;
  readonly makeOutside: (stage: Stage) => Outside;
  /** Four of each family that it serves. */
  readonly vips: readonly string[];
  /** Registers a test with the announcer started from its example. */
  play(title: string, call: (play: Play) => Promise<void>): void;
}

export const noChanges: Changes = { added: [], changed: [], removed: [] };

export function createSubject<Config>(
  test: Register,
  definition: PluginDefinition<Config>,
  makeOutside: (stage: Stage) => Outside,
): Subject<Config> {
  const vips = definition.serves.families.flatMap((family) =>
    [1, 2, 3, 4].map((host) => (family === 4 ? `192.0.2.${host}` : `2001:db8::${host}`)),
  );
  const play: Subject["play"] = (title, call) =>
    test(title, async () => {
      const stage = createStage();
      const outside = makeOutside(stage);
      try {
        const plugin = await stage.start(definition);
        await call({ stage, outside, plugin, announcer: plugin.announcer });
      } finally {
        outside.close();
        await stage.end();
      }
    });
  return { test, definition, makeOutside, vips, play };
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

/** Fails unless exactly these are known. */
export async function assertKnown(
  { vips }: Subject,
  { outside }: Pick<Play, "outside">,
  known: readonly string[],
  more = "",
): Promise<void> {
  for (const vip of vips) assert.is(await outside.knows(vip), known.includes(vip), `${vip} is known${more}`);
}
