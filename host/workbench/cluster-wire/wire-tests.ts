/**
 * Registers tests that play on one stage, opened with the first of them. Each begins with plain Nodes, and without Services and configuration.
 *
 *   const layer2 = suite("layer 2 in a cluster");
 *   const behaves = wireTests(layer2, import.meta.url);
 *   behaves("a VIP is reachable", async ({ scene, stage, play }) => { … });
 *   layer2.run();
 */

import type { Test } from "uvu";
import { writeNamespace } from "../api-server/objects.ts";
import { Scene } from "../cluster-e2e/scene.ts";
import { insideTests } from "../testing/inside.ts";
import { apiServer, type Requirement } from "../testing/requirements.ts";
import { NODES } from "./hosts.ts";
import { Play } from "./play.ts";
import { type StageOptions, WireStage } from "./wire-stage.ts";

/** The first opens the stage. */
const LIMIT_MS = 90_000;
/** What a failure shows of each log. */
const LOG_TAIL = 1500;

export interface WireScene {
  /** Pools and Services. */
  readonly scene: Scene;
  readonly stage: WireStage;
  /** What else a test writes and looks at. */
  readonly play: Play;
}

export type WireBody = (wire: WireScene) => Promise<void>;

export interface WireOptions extends StageOptions {
  readonly needs?: readonly Requirement[];
}

export function wireTests<T>(suite: Test<T>, url: string, { needs = [], ...options }: WireOptions = {}) {
  let opened: Promise<WireStage> | undefined;
  let count = 0;
  const end = async () => (await opened?.catch(() => undefined))?.close();
  const inside = insideTests(suite, url, { limitMs: LIMIT_MS, end });
  return (name: string, body: WireBody): void =>
    inside(name, [apiServer, ...needs], async () => {
      opened ??= WireStage.open(options);
      const stage = await opened;
      const scene = new Scene(stage.cluster, `case-${++count}`);
      const play = new Play(scene, stage);
      await writeNamespace(stage.admin, scene.namespace);
      await Promise.all([scene.clear(), play.clear(), ...NODES.map((node) => stage.node(node))]);
      try {
        await body({ scene, stage, play });
      } catch (error) {
        if (error instanceof Error) error.stack += stage.logs(LOG_TAIL);
        throw error;
      }
    });
}
