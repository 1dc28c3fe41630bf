/** Who answers in `herald bench arp`: Herald, two responders in C, the kernel, and nobody for comparison. */

import { Child } from "../harness/child.ts";
import { compileReference } from "../harness/compile.ts";
import { vipAddress } from "./frames.ts";
import type { HeraldSetup } from "./herald-responder.ts";
import { type ArpNetwork, stations } from "./network.ts";

export const heraldDrivers = ["poll", "event-loop", "guarded"] as const;
/** Herald's responders: by how the packet worker sleeps, or arp as a program that is not built in, in the guarded worker's event loop. */
export type HeraldDriver = (typeof heraldDrivers)[number];

export interface Running {
  /** Null: no process of its own. */
  readonly child: Child | null;
  stop(): Promise<void>;
}

export interface Responder {
  readonly name: string;
  start(): Promise<Running>;
}

/** In tables and in `--json`. */
export const names = {
  poll: "Herald",
  "event-loop": "Herald, event loop",
  guarded: "Herald, guarded",
  batched: "C, batched",
  single: "C, one call a frame",
  kernel: "kernel",
  /** The kernel's own work is what a request costs the sender more than here. */
  nobody: "nobody",
} as const;

export interface RespondersSetup {
  readonly network: ArpNetwork;
  readonly vips: number;
  readonly drivers: readonly HeraldDriver[];
  /** Keeps a command on the responder's CPU. */
  readonly pinned: readonly string[];
  /** Command line of this program's own parts. */
  readonly part: (setup: { responder: HeraldSetup }) => readonly string[];
}

const START_TIMEOUT_MS = 10_000;

export interface NotRun {
  readonly name: string;
  readonly reason: string;
}

/** Those that can run here, in the order of tables, and those that cannot. */
export function createResponders(setup: RespondersSetup): { responders: Responder[]; notRun: NotRun[] } {
  const { network, vips, drivers, pinned, part } = setup;
  const atFarEnd = (name: string, command: readonly string[]): Responder => ({
    name,
    start: () => startChild(name, network.at("responder", ...pinned, ...command)),
  });
  const link = { id: 0, ...network.responder, mac: stations.responder.mac, up: true };
  const herald = drivers.map((driver) => atFarEnd(names[driver], part({ responder: { driver, link, vips } })));
  const compiled = compileReference("responder.c");
  const shapes = ["batched", "single"] as const;
  const inC = compiled.ok
    ? shapes.map((shape) => atFarEnd(names[shape], [compiled.file, "arp", shape, `${link.index}`, link.mac, vipAddress(0), `${vips}`]))
    : [];
  return {
    responders: [...herald, ...inC, kernel(network), { name: names.nobody, start: async () => ({ child: null, stop: async () => {} }) }],
    notRun: compiled.ok ? [] : shapes.map((shape) => ({ name: names[shape], reason: compiled.reason })),
  };
}

async function startChild(name: string, command: readonly string[]): Promise<Running> {
  const child = new Child(name, command);
  try {
    await child.next(START_TIMEOUT_MS);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { child, stop: () => child.stop() };
}

function kernel(network: ArpNetwork): Responder {
  return {
    name: names.kernel,
    async start() {
      network.setKernelAnswers(true);
      return { child: null, stop: async () => network.setKernelAnswers(false) };
    },
  };
}
