/**
 * `herald bench footprint`: what a speaker that has nothing to do costs.
 *
 * On one segment the real speaker, as the systemd unit starts it, with a home's three Services of both families: arp and ndp alone, with an
 * established BGP session, with a third-party plugin in its process, and with speakers on one and two more nodes, with each of which it has a BFD
 * session. Once it rests: resident memory (of children too), and for some seconds how often any of its threads woke (voluntary context
 * switches) and how long they ran.
 */
import { defineBench, type Run } from "../harness/bench.ts";
import { count, names, number, type OptionsOf } from "../harness/flags.ts";
import { interleave } from "../harness/interleave.ts";
import { measureFootprint } from "./measure.ts";
import { createReport, type FootprintReport } from "./report.ts";
import { Segment } from "./segment.ts";
import { settingNames, settings } from "./settings.ts";
import { formatReport } from "./text.ts";

/** To start a speaker and to end it. */
const AROUND_SECONDS = 5;
/** Announcements are repeated for 5.5 s, the heap is made small once it rests, and V8 compiles what became hot, in threads of its own. */
const SETTLE_SECONDS = 30;

const flags = {
  rounds: count("rounds", { usual: 3, most: 1000, help: "how often each is measured" }),
  settings: names("settings", { known: settingNames, usual: settingNames, help: "of the speaker", what: "setting" }),
  settleSeconds: number("settle", { usual: SETTLE_SECONDS, most: 3600, help: "from the start of each to its rest" }),
  idleSeconds: number("idle", { usual: 20, most: 3600, help: "rest of each, while wake-ups are counted" }),
};

export type FootprintOptions = OptionsOf<typeof flags>;

export const footprint = defineBench({
  summary: "memory, wake-ups, CPU, files and threads of a speaker that has nothing to do",
  network: "all",
  flags,
  brief: { rounds: "1", idle: "10" },
  estimateSeconds: ({ rounds, settings: chosen, settleSeconds, idleSeconds }) =>
    rounds * chosen.length * (settleSeconds + idleSeconds + AROUND_SECONDS),
  measure,
  format: formatReport,
});

async function measure(options: FootprintOptions, run: Run): Promise<FootprintReport> {
  const segment = new Segment(run.herald);
  const chosen = settings.filter(({ flag }) => options.settings.includes(flag));
  const contenders = chosen.map((setting) => ({
    name: setting.name,
    measure: async () => [await measureFootprint(segment, setting, options)],
  }));
  return createReport(options, await interleave(options.rounds, contenders, run.tell));
}
