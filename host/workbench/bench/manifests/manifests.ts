/**
 * `herald bench manifests`: how soon what is written in manifests is on the wire.
 *
 * On one switch the whole speaker, as `herald run` starts it, and a client that knows nothing but ARP.
 *
 * - Start: from the start of the process to the first answer, with nothing allocated yet (cold) and with `allocations.yaml` there (warm).
 * - Edit: from a change of one document in a file of 100 KB to the announcement of its new VIP; that file alone, and beside all Services.
 * - Rest: resident memory once nothing is left to do, with 1,000 Services and with all.
 * - Costs: parsing after such an edit, and a run of the reconciler after one, in this process.
 *
 * The manifests lie in memory (tmpfs), so the time that a disk takes to flush `allocations.yaml` is left out; `--directory` puts them on one.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs, type StationSetup } from "../answers/arp-station.ts";
import { defineBench, type Run } from "../harness/bench.ts";
import type { Child } from "../harness/child.ts";
import { measureEmptyNode } from "../harness/empty-node.ts";
import { count, directory as directoryFlag, type OptionsOf } from "../harness/flags.ts";
import { type Contender, interleave, type Measured } from "../harness/interleave.ts";
import { readCpuTime, readResidentBytes, since } from "../harness/machine.ts";
import { runClient } from "./client.ts";
import { type Costs, measureParse, measureReconcile } from "./costs.ts";
import { joinDocuments, writeDocuments, writeManifests } from "./files.ts";
import { type Client, ManifestsNetwork } from "./network.ts";
import { createReport, type EditRun, FEW_SERVICES, type ManifestsReport, type OnWire, type Rest, type Start } from "./report.ts";
import { formatReport } from "./text.ts";

/** Of the file that is edited, at most. */
const EDITED_BYTES = 100_000;
/** Directories: few Services, the edited file alone, and beside all Services. */
const FEW = "few";
const ALONE = "alone";
const ALL = "all";
const START_TIMEOUT_MS = 30_000;
/** Memory is read that long after the last answer. */
const SETTLE_MS = 1000;
/** The five rounds in which a speaker announces every VIP are over by then; those of few disturb nobody. */
const QUIET_MS = 6000;
const MANY = 1000;
/** By then a speaker has given back what its start took. */
const REST_MS = 10_000;
const NODE_CHANGES = 20;

const flags = {
  rounds: count("rounds", { usual: 5, most: 1000, help: "starts of each kind" }),
  services: count("services", { usual: 10_000, most: 60_000, help: "Services in the directory" }),
  edits: count("edits", { usual: 200, most: 5000, help: "changes of one document" }),
  directory: directoryFlag("directory", { help: "where the manifests are written; otherwise in memory" }),
};

export type ManifestsOptions = OptionsOf<typeof flags>;

export const manifests = defineBench({
  summary: "from the start to the first answer with 10,000 Services in manifests, and from an edit to the wire",
  network: "some",
  flags,
  estimateSeconds: (options) => 2 * options.rounds * 4 + 2 * (options.edits * 0.06 + quietMs(options) / 1000 + 3) + 30,
  measure,
  format: formatReport,
  part: (setup) => runClient(setup as StationSetup),
});

async function measure(options: ManifestsOptions, run: Run): Promise<ManifestsReport> {
  if (run.withoutNetwork !== null) {
    run.skip("only costs are measured", run.withoutNetwork);
    return createReport(options, await measureCosts(options), null);
  }
  const directory = mkdtempSync(join(options.directory ?? "/run", "herald-bench-"));
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  run.onInterrupt(removeDirectory);
  try {
    const wire = await measureOnWire(options, run, directory);
    run.tell("Parsing and reconciling", 0.95);
    return createReport(options, await measureCosts(options), wire);
  } finally {
    removeDirectory();
  }
}

async function measureCosts({ services, edits }: ManifestsOptions): Promise<Costs> {
  const parse = measureParse(EDITED_BYTES, edits);
  return { parse, reconcile: await measureReconcile(services, { service: edits, node: NODE_CHANGES }) };
}

async function measureOnWire(options: ManifestsOptions, run: Run, directory: string): Promise<OnWire> {
  const network = new ManifestsNetwork({
    speaker: [...run.herald, "run"],
    client: run.part,
  });
  const emptyNodeBytes = await measureEmptyNode();
  const client = await network.startClient();
  try {
    const setting = { network, client, directory, options };
    const starts = await measureStarts(setting, run);
    run.tell("Memory at rest", 0.5);
    const rests = await measureRests(setting);
    run.tell("Edits", 0.6);
    return { emptyNodeBytes, starts, rests, edits: await measureEdits(setting) };
  } finally {
    await client.stop();
  }
}

interface Setting {
  readonly network: ManifestsNetwork;
  readonly client: Client;
  readonly directory: string;
  readonly options: ManifestsOptions;
}

/** Of the client, in milliseconds since the start of the speaker. */
type Answers = Omit<Start, "residentBytes">;

/** In turns, the cold one first: it leaves the allocations that the warm one starts with. */
async function measureStarts(setting: Setting, run: Run): Promise<Measured<Start>[]> {
  const { services, rounds } = setting.options;
  const manifests = join(setting.directory, ALL);
  writeManifests(manifests, services);
  const contend = (name: string, prepare: () => void): Contender<Start> => ({
    name,
    async measure() {
      prepare();
      return [await withSpeaker(setting, manifests, { firstVip: 0, vips: services }, settle)];
    },
  });
  const forget = () => rmSync(join(manifests, "allocations.yaml"), { force: true });
  return interleave(rounds, [contend("cold", forget), contend("warm", () => {})], (what, share) => run.tell(`${what} start`, share / 2));
}

async function settle({ pid }: Child, answers: Answers): Promise<Start> {
  await sleep(SETTLE_MS);
  return { ...answers, residentBytes: readResidentBytes(pid) };
}

async function measureRests(setting: Setting): Promise<Rest[]> {
  const { services } = setting.options;
  const few = Math.min(FEW_SERVICES, services);
  const rests: Rest[] = [];
  for (const [place, count] of services > few
    ? ([
        [FEW, few],
        [ALL, services],
      ] as const)
    : ([[FEW, few]] as const)) {
    const manifests = join(setting.directory, place);
    writeManifests(manifests, count);
    rests.push(
      await withSpeaker(setting, manifests, { firstVip: 0, vips: count }, async ({ pid }) => {
        await sleep(REST_MS);
        return { services: count, residentBytes: readResidentBytes(pid) };
      }),
    );
  }
  return rests;
}

async function measureEdits(setting: Setting): Promise<EditRun[]> {
  const { services, edits } = setting.options;
  writeManifests(join(setting.directory, ALONE), 0);
  const runs: EditRun[] = [];
  for (const place of [ALONE, ALL] as const) {
    const manifests = join(setting.directory, place);
    const task = { file: join(manifests, "edited.yaml"), bytes: EDITED_BYTES, firstVip: services, edits };
    const documents = writeDocuments(task.bytes, task.firstVip);
    writeFileSync(task.file, joinDocuments(documents));
    const asked = { firstVip: services, vips: documents.length };
    runs.push(
      await withSpeaker(setting, manifests, asked, async ({ pid }) => {
        await sleep(quietMs(setting.options));
        const before = readCpuTime(pid);
        const results = await setting.client.edit(task);
        return { place, edits: results, ...since(before, readCpuTime(pid)), residentBytes: readResidentBytes(pid) };
      }),
    );
  }
  return runs;
}

function quietMs({ services }: ManifestsOptions): number {
  return services >= MANY ? QUIET_MS : 0;
}

/** Starts a speaker, has the client ask until all of these VIPs are answered, and stops it after `use`. */
async function withSpeaker<Result>(
  { network, client }: Setting,
  manifests: string,
  vips: { firstVip: number; vips: number },
  use: (speaker: Child, answers: Answers) => Promise<Result>,
): Promise<Result> {
  const asking = client.ask({ ...vips, timeoutMs: START_TIMEOUT_MS });
  const startedMs = monotonicMs();
  const speaker = network.startSpeaker(manifests);
  try {
    const { firstMs, endsMs, allMs, answered, wrong } = await asking;
    speaker.mustRun();
    if (firstMs === null || endsMs === null || allMs === null)
      throw new Error(`Cannot bench: the speaker answered for ${answered} of ${vips.vips} VIPs within ${START_TIMEOUT_MS / 1000} s`);
    return await use(speaker, { firstMs: firstMs - startedMs, endsMs: endsMs - startedMs, allMs: allMs - startedMs, wrong });
  } finally {
    await speaker.stop();
  }
}
