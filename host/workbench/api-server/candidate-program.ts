/**
 * What of a controller takes part in an election, as a process of its own: to be stopped and killed by tests, with times of their own.
 *
 *   node --import tsx candidate-program.ts KUBECONFIG NAME '{"durationMs": …}'
 *
 * It prints its log, a JSON object a line, and ends with SIGTERM.
 */

import { Client } from "../../cluster/api/client.ts";
import { kubeConfigCredentials } from "../../cluster/api/credentials.ts";
import { Controller } from "../../cluster/controller.ts";
import { Leader } from "../../cluster/kubernetes/leader/leader.ts";
import type { Fence } from "../../cluster/kubernetes/leader/term.ts";
import { ServiceWriter } from "../../cluster/kubernetes/service-writer.ts";
import { KubernetesSource } from "../../cluster/kubernetes/source.ts";
import { Store } from "../../cluster/store.ts";
import { clock } from "../../roles/clock.ts";

const [kubeconfig = "", name = "", times = "{}"] = process.argv.slice(2);
const namespace = "default";

const say = (message: string, fields?: object) => void process.stdout.write(`${JSON.stringify({ message, ...fields })}\n`);
const log = { debug: say, info: say, warn: say, error: say };

const credentials = await kubeConfigCredentials(kubeconfig);
const api = new Client({ credentials });
const leader = new Leader({ api: new Client({ credentials }), namespace, name, clock, log, times: JSON.parse(times) });

async function lead(fence: Fence): Promise<() => Promise<void>> {
  const store = new Store();
  const source = await KubernetesSource.open({ api, role: "controller", namespace, log }, store, fence.signal);
  const status = new ServiceWriter({ api, fence, services: source, clock });
  const controller = new Controller({ store, source, status, log });
  await controller.start();
  return async () => {
    status.close();
    await controller.close();
    source.close();
  };
}

leader.runAsLeader({ start: lead, cutOff: () => api.cutOff() });
process.on("SIGTERM", () => {
  void leader.close().then(() => {
    api.close();
    say("Closed");
    process.exit();
  });
});
