/**
 * `herald bench failover`: how long nobody answers when the owner of a VIP fails, leaves, or is cut off.
 *
 * On one switch 2, 3 or 8 nodes, each a network namespace with a speaker as `herald run` starts it and a listener behind the VIPs, which lie on
 * `lo` as kube-proxy would have them; a gateway; a warm client, whose own kernel resolves the VIPs and which sends a probe each 5 ms over each;
 * and a cold one, which asks for them by ARP and NDP each 20 ms. A trial hits the owner and ends when it has its VIPs back, as with the default
 * policy it must; so each begins with the same owner. All figures are of real processes in default settings, and count what the clients saw.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { CommandIo } from "../../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../../private-network.ts";
import type { Bench, FailoverOptions, Self } from "../harness/bench.ts";
import { runAsker } from "./asker.ts";
import { keepBusy } from "./calm.ts";
import { runWarmClient } from "./client.ts";
import { runListener } from "./listener.ts";
import { Measurement, type Measurements } from "./measurement.ts";
import { createReport } from "./report.ts";
import type { FailoverPart, Programs } from "./stage.ts";
import { formatReport } from "./text.ts";

const NOT_ALLOWED = 3;
const INTERRUPTED = 130;

export const failover: Bench = {
  run,
  async part(setup) {
    const part = setup as FailoverPart;
    if ("listener" in part) await runListener(part.listener);
    else if ("client" in part) await runWarmClient(part.client);
    else if ("asker" in part) await runAsker(part.asker);
    else keepBusy(part.busyMs);
  },
};

async function run(options: FailoverOptions, io: CommandIo, self: Self): Promise<number> {
  if (!isInside()) {
    const way = findWay();
    if (way.ok) return enter(way, self.all);
    io.stderr.write(`herald bench failover: nothing is measured, since no private network can be made here: ${way.reason}\n`);
    return NOT_ALLOWED;
  }
  const directory = mkdtempSync(join("/run", "herald-bench-")); // of this network alone, and gone with it
  const measurement = new Measurement({ options, programs: programsOf(self), directory, say: (line) => void io.stderr.write(`${line}\n`) });
  onLetGo(() => {
    if (measurement.found.trials.length > 0) show(options, measurement.found, io);
    process.exit(INTERRUPTED);
  });
  try {
    await measurement.run();
    show(options, measurement.found, io);
    return 0;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function show(options: FailoverOptions, found: Measurements, io: CommandIo): void {
  const report = createReport(options, found);
  io.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
}

function programsOf({ program, part: own }: Self): Programs {
  const node = [process.execPath, ...process.execArgv];
  const priority = findPriority();
  return {
    herald: [...node, program],
    part: (part) => [...("busyMs" in part ? [] : priority), ...node, ...own, JSON.stringify(part)],
  };
}

/**
 * Clients and listeners go before all else: on a real network they would not share the cores of the speakers, and who measures must be on time.
 * Empty where the kernel grants no real-time priority.
 */
function findPriority(): readonly string[] {
  const prefix = ["chrt", "--rr", "1"];
  return spawnSync(prefix[0] as string, [...prefix.slice(1), "true"]).status === 0 ? prefix : [];
}
