/** Those who answer, one at a time at the far end of the wire: Herald, two responders in C, the kernel, a peer, and nobody for comparison. */
import { findTool } from "../../testing/requirements.ts";
import { Child, START_LIMIT_MS } from "../harness/child.ts";
import { compileReference } from "../harness/compile.ts";
import { type HeraldDriver, names } from "./contenders.ts";
import type { Manner } from "./family.ts";
import type { HeraldSetup } from "./herald-responder.ts";
import type { AnswersNetwork } from "./network.ts";
import { peerOf } from "./peers.ts";

export interface Running {
  /** Null: no process of its own. */
  readonly pid: number | null;
  /** Throws where it has ended. */
  mustRun(): void;
  stop(): Promise<void>;
}

export interface Responder {
  readonly name: string;
  readonly manner?: Manner;
  readonly graceMs?: number;
  /** A program of others: it does not say when it is ready, and may fail without the bench. */
  readonly isPeer?: boolean;
  start(): Promise<Running>;
}

export interface RespondersSetup {
  readonly network: AnswersNetwork;
  readonly vips: number;
  readonly drivers: readonly HeraldDriver[];
  /** Keeps a command on the responder's CPU. */
  readonly pinned: readonly string[];
  /** Command line of this program's own parts. */
  readonly part: (setup: { responder: HeraldSetup }) => readonly string[];
}

export interface NotRun {
  readonly name: string;
  readonly reason: string;
}

export interface Responders {
  /** In the order of tables. */
  readonly responders: readonly Responder[];
  readonly notRun: readonly NotRun[];
  /** What a reader must know to be fair to them. */
  readonly notes: readonly string[];
}

type Some = Partial<Responders>;

const nothing: Running = { pid: null, mustRun: () => {}, stop: async () => {} };

/** Those that can run here, and those that cannot. */
export function createResponders(setup: RespondersSetup): Responders {
  const all: Some[] = [
    herald(setup),
    inC(setup),
    kernel(setup),
    peer(setup),
    { responders: [{ name: names.nobody, start: async () => nothing }] },
  ];
  return {
    responders: all.flatMap(({ responders = [] }) => responders),
    notRun: all.flatMap(({ notRun = [] }) => notRun),
    notes: all.flatMap(({ notes = [] }) => notes),
  };
}

function herald({ network, vips, drivers, pinned, part }: RespondersSetup): Some {
  const { name: family, stations } = network.family;
  const link = { id: 0, ...network.responder, mac: stations.responder.mac, up: true };
  const start = (driver: HeraldDriver) =>
    startChild(names[driver], network.at("responder", ...pinned, ...part({ responder: { family, driver, link, vips } })));
  return { responders: drivers.map((driver) => ({ name: names[driver], start: () => start(driver) })) };
}

function inC({ network, vips, pinned }: RespondersSetup): Some {
  const { family, responder } = network;
  const compiled = compileReference("responder.c");
  const shapes = ["batched", "single"] as const;
  if (!compiled.ok) return { notRun: shapes.map((shape) => ({ name: names[shape], reason: compiled.reason })) };
  const command = (shape: string) => [
    compiled.file,
    family.name,
    shape,
    `${responder.index}`,
    family.stations.responder.mac,
    family.firstVip,
  ];
  const start = (shape: (typeof shapes)[number]) =>
    startChild(names[shape], network.at("responder", ...pinned, ...command(shape), `${vips}`));
  return { responders: shapes.map((shape) => ({ name: names[shape], start: () => start(shape) })) };
}

async function startChild(name: string, command: readonly string[]): Promise<Running> {
  const child = new Child(name, command);
  try {
    await child.next(START_LIMIT_MS);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { pid: child.pid, mustRun: () => child.mustRun(), stop: () => child.stop() };
}

function kernel({ network, vips }: RespondersSetup): Some {
  const reason = network.whyNoKernel(vips);
  if (reason !== undefined) return { notRun: [{ name: names.kernel, reason }] };
  const start = async () => {
    network.setKernel("answering", vips);
    return { ...nothing, stop: async () => network.setKernel("silent", 0) };
  };
  return { responders: [{ name: names.kernel, start }], notes: network.kernelNotes };
}

function peer({ network, pinned }: RespondersSetup): Some {
  const { name, manner, graceMs, note, start } = peerOf(network.family);
  const file = findTool(name);
  if (file === undefined) return { notRun: [{ name: names[name], reason: `not installed (apt-get install ${name})` }] };
  return { responders: [{ name: names[name], manner, graceMs, isPeer: true, start: () => start(file, network, pinned) }], notes: [note] };
}
