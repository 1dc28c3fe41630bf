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
import type { CommandIo } from "../../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../../private-network.ts";
import { monotonicMs, type StationSetup } from "../arp/station.ts";
import type { Bench, ManifestsOptions, Self } from "../harness/bench.ts";
import type { Child } from "../harness/child.ts";
import { measureEmptyNode } from "../harness/empty-node.ts";
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
const NOT_ALLOWED = 3;
const INTERRUPTED = 130;

export const manifests: Bench = {
  run,
  part: (setup) => runClient(setup as StationSetup),
};

async function run(options: ManifestsOptions, io: CommandIo, self: Self): Promise<number> {
  if (!isInside()) {
    const way = findWay();
    if (way.ok) return enter(way, self.all);
    io.stderr.write(`herald bench manifests: only costs are measured, since no private network can be made here: ${way.reason}\n`);
    show(createReport(options, await measureCosts(options), null), options, io);
    return NOT_ALLOWED;
  }
  const directory = mkdtempSync(join(options.directory ?? "/run", "herald-bench-"));
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  onLetGo(() => {
    removeDirectory();
    process.exit(INTERRUPTED);
  });
  const seconds = 2 * options.rounds * 4 + 2 * (options.edits * 0.06 + quietMs(options) / 1000 + 3) + 30;
  io.stderr.write(`Starting ${2 * options.rounds + 4} speakers and editing ${2 * options.edits} times: about ${Math.ceil(seconds)} s\n`);
  try {
    const wire = await measureOnWire(options, self, directory);
    show(createReport(options, await measureCosts(options), wire), options, io);
    return 0;
  } finally {
    removeDirectory();
  }
}

function show(report: ManifestsReport, { json }: ManifestsOptions, io: CommandIo): void {
  io.stdout.write(json ? `${JSON.stringify(report)}\n` : formatReport(report));
}

async function measureCosts({ services, edits }: ManifestsOptions): Promise<Costs> {
  const parse = measureParse(EDITED_BYTES, edits);
  return { parse, reconcile: await measureReconcile(services, { service: edits, node: NODE_CHANGES }) };
}

async function measureOnWire(options: ManifestsOptions, self: Self, directory: string): Promise<OnWire> {
  const node = [process.execPath, ...process.execArgv];
  const network = new ManifestsNetwork({
    speaker: [...node, self.program, "run"],
    client: (setup) => [...node, ...self.part, JSON.stringify(setup)],
  });
  const emptyNodeBytes = await measureEmptyNode();
  const client = await network.startClient();
  try {
    const setting = { network, client, directory, options };
    return { emptyNodeBytes, starts: await measureStarts(setting), rests: await measureRests(setting), edits: await measureEdits(setting) };
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
async function measureStarts(setting: Setting): Promise<Measured<Start>[]> {
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
  return interleave(rounds, [contend("cold", forget), contend("warm", () => {})]);
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
