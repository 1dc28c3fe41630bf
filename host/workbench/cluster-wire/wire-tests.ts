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
import { routerNeeds } from "../bgp-peers/routers.ts";
import { Scene } from "../cluster-e2e/scene.ts";
import { insideTests } from "../testing/inside.ts";
import { apiServer, type Requirement } from "../testing/requirements.ts";
import { NODES } from "./hosts.ts";
import { Play } from "./play.ts";
import { EXTERNAL, INTERNAL, peerOf, WireRouter } from "./wire-router.ts";
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

/** A scene with two routers. */
export interface RoutedScene extends WireScene {
  readonly external: WireRouter;
  readonly internal: WireRouter;
}

export type WireBody = (wire: WireScene) => Promise<void>;

export interface WireOptions extends StageOptions {
  readonly needs?: readonly Requirement[];
  /** Names of configuration that stays from test to test. */
  readonly lasting?: readonly string[];
}

export function wireTests<T>(suite: Test<T>, url: string, { needs = [], lasting = [], ...options }: WireOptions = {}) {
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
      await Promise.all([scene.clear(), play.clear(lasting), ...NODES.map((node) => stage.node(node))]);
      try {
        await body({ scene, stage, play });
      } catch (error) {
        if (error instanceof Error) error.stack += stage.logs(LOG_TAIL);
        throw error;
      }
    });
}

/** The same with two routers, and a BGPPeer for each of them, which tests may write otherwise. */
export function routedTests<T>(suite: Test<T>, url: string) {
  const needs = [EXTERNAL, INTERNAL].flatMap(({ program }) => routerNeeds(program));
  const behaves = wireTests(suite, url, { needs, lasting: [EXTERNAL.name, INTERNAL.name] });
  let started: Promise<[WireRouter, WireRouter]> | undefined;
  return (name: string, body: (wire: RoutedScene) => Promise<void>): void =>
    behaves(name, async (wire) => {
      const { network } = wire.stage;
      started ??= Promise.all([WireRouter.start(network, EXTERNAL), WireRouter.start(network, INTERNAL)]);
      const [external, internal] = await started;
      for (const place of [EXTERNAL, INTERNAL]) await wire.play.peer(place.name, peerOf(place));
      await body({ ...wire, external, internal });
    });
}
