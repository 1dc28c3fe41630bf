/** Registers tests of what Herald does while something is wrong: each on a cluster of its own, with a witness of all that is given out. */

import type { Test } from "uvu";
import * as assert from "uvu/assert";
import type { Daemon } from "../api-server/daemon.ts";
import { type FaultProxy, startFaultProxy } from "../api-server/fault-proxy.ts";
import { testSeed } from "../testing/random.ts";
import { apiServer, testWith } from "../testing/requirements.ts";
import { Cluster } from "./cluster.ts";
import { writeBigPool } from "./crowd.ts";
import { Witness } from "./witness.ts";

/** What a failure shows of each log. */
const LOG_TAIL = 3000;

export interface FaultStage {
  readonly cluster: Cluster;
  /** The way of `controller` to the API server. */
  readonly proxy: FaultProxy;
  /** Past the proxy. Sees every Service from the start. */
  readonly witness: Witness;
  /** Starts one that goes through the proxy. */
  startController(): Daemon;
}

/** After `body` the witness must have seen nothing wrong. */
export function faultTests<T>(suite: Test<T>): (name: string, body: (stage: FaultStage) => Promise<void>) => void {
  return (name, body) =>
    testWith(suite, [apiServer], name, async () => {
      const cluster = await Cluster.start();
      const controllers: Daemon[] = [];
      let proxy: FaultProxy | undefined;
      const witness = new Witness(cluster.server.admin);
      try {
        proxy = await startFaultProxy(cluster.server, testSeed());
        await writeBigPool(cluster);
        await witness.start();
        const { url } = proxy;
        const startController = (): Daemon => {
          const controller = cluster.controller({ url });
          controllers.push(controller);
          return controller;
        };
        await body({ cluster, proxy, witness, startController });
        assert.equal(witness.faults, []);
      } catch (error) {
        const logs = controllers.map((controller) => `\nA controller:\n${controller.log().slice(-LOG_TAIL)}`);
        if (error instanceof Error) error.stack += logs.join("");
        throw error;
      } finally {
        await witness.close();
        await proxy?.close();
        await cluster.stop();
      }
    });
}
