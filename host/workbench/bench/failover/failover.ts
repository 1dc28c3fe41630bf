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
import { defineBench, type Run } from "../harness/bench.ts";
import { count, counts, directory as directoryFlag, names, number, type OptionsOf } from "../harness/flags.ts";
import { runAsker } from "./asker.ts";
import { keepBusy } from "./calm.ts";
import { cases } from "./cases.ts";
import { runWarmClient } from "./client.ts";
import { runListener } from "./listener.ts";
import { CALM, estimateSeconds, Measurement } from "./measurement.ts";
import { createReport, type FailoverReport } from "./report.ts";
import type { FailoverPart, Programs } from "./stage.ts";
import { formatReport } from "./text.ts";

const caseNames = [...cases.map(({ name }) => name), CALM];

const flags = {
  cases: names("cases", {
    known: caseNames,
    usual: caseNames.filter((name) => name !== CALM),
    help: `of ${caseNames.join(", ")}`,
    what: "case",
  }),
  trials: count("trials", { usual: 20, most: 10_000, help: "of each case" }),
  nodeCounts: counts("nodes", { usual: "2,3,8", least: 2, most: 16, help: "clusters of so many nodes" }),
  families: names("families", {
    ...{ known: ["4", "6"] as const, usual: ["4", "6"] as const, what: "family" },
    help: "of the VIPs; with both, one Service has a VIP of each, in this order",
  }),
  minutes: number("minutes", { usual: 30, most: 1440, help: "of calm: no fault, while every core is kept busy" }, "M"),
  logs: directoryFlag("logs", { help: "keep what the speakers log there" }),
};

export type FailoverOptions = OptionsOf<typeof flags>;

export const failover = defineBench({
  summary: "how long nobody answers when the owner of a VIP fails or leaves, with 2, 3 and 8 nodes; connections lost",
  network: "all",
  flags,
  brief: { nodes: "3", trials: "9", cases: "death,link-down,leave" },
  estimateSeconds,
  measure,
  format: formatReport,
  async part(setup) {
    const part = setup as FailoverPart;
    if ("listener" in part) await runListener(part.listener);
    else if ("client" in part) await runWarmClient(part.client);
    else if ("asker" in part) await runAsker(part.asker);
    else keepBusy(part.busyMs);
  },
});

async function measure(options: FailoverOptions, run: Run): Promise<FailoverReport> {
  const directory = mkdtempSync(join("/run", "herald-bench-")); // of this network alone, and gone with it
  const measurement = new Measurement({ options, programs: programsOf(run), directory, tell: run.tell });
  run.onInterrupt(() => {
    if (measurement.found.trials.length > 0) run.show(createReport(options, measurement.found));
  });
  try {
    await measurement.run();
    return createReport(options, measurement.found);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function programsOf({ herald, part: own }: Run): Programs {
  const priority = findPriority();
  return { herald, part: (part) => [...("busyMs" in part ? [] : priority), ...own(part)] };
}

/**
 * Clients and listeners go before all else: on a real network they would not share the cores of the speakers, and who measures must be on time.
 * Empty where the kernel grants no real-time priority.
 */
function findPriority(): readonly string[] {
  const prefix = ["chrt", "--rr", "1"];
  return spawnSync(prefix[0] as string, [...prefix.slice(1), "true"]).status === 0 ? prefix : [];
}
