/** Registers tests that play on one cluster with one controller, started with the first and stopped after the last. */

import type { Test } from "uvu";
import type { Daemon } from "../api-server/daemon.ts";
import { writeNamespace } from "../api-server/objects.ts";
import { apiServer, testWith } from "../testing/requirements.ts";
import { Cluster } from "./cluster.ts";
import { Scene } from "./scene.ts";

/** What a failure shows of the controller's log. */
const LOG_TAIL = 1500;

/** The controller is that of the whole file: whoever ends it starts it again. */
export type SceneBody = (scene: Scene, controller: Daemon) => Promise<void>;

export function sceneTests<T>(suite: Test<T>): (name: string, body: SceneBody) => void {
  let opened: Promise<{ cluster: Cluster; controller: Daemon }> | undefined;
  let count = 0;
  suite.after(async () => (await opened?.catch(() => undefined))?.cluster.stop());
  return (name, body) =>
    testWith(suite, [apiServer], name, async () => {
      opened ??= Cluster.start().then((cluster) => ({ cluster, controller: cluster.controller() }));
      const { cluster, controller } = await opened;
      const scene = new Scene(cluster, `case-${++count}`);
      await writeNamespace(scene.admin, scene.namespace);
      await scene.clear();
      try {
        await body(scene, controller);
      } catch (error) {
        if (error instanceof Error) error.stack += `\nThe controller:\n${controller.log().slice(-LOG_TAIL)}`;
        throw error;
      }
    });
}
