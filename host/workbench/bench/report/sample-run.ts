/** A made-up run of benches for tests of its page: every kind of figure, and texts that mean harm. */
import type { CommonReport, Figure } from "../harness/figures.ts";
import type { MachineState } from "../harness/machine-facts.ts";
import type { Collected } from "./collected.ts";

export const HOSTILE = `<img src=x onerror=alert(1)>"'</script><!--\u202e\u0000&amp;`;

const machine: CommonReport["machine"] = {
  ...{ cpu: "Cortex-A76", cores: 4, kernel: "Linux 6.12.1-v8-16k+", node: "v20.20.2", board: "Raspberry Pi 5 Model B Rev 1.0" },
  ...{ memoryBytes: 8.2e9, distribution: "Debian GNU/Linux 12 (bookworm)", virtual: null, governors: ["ondemand"] },
};

const state: MachineState = {
  load: [0.52, 0.4, 0.3],
  clocksMHz: [1500, 2400, 2400, 1500],
  temperatures: [{ of: "cpu-thermal", celsius: 61.2 }],
  throttling: { now: [], since: ["the voltage is too low"] },
};

const around = (median: number, spread = 0.04): number[] => [0, 1, -0.7, 0.4, -1, 0.2, 0.9].map((at) => median * (1 + at * spread));

function figures(what: string, unit: string, better: Figure["better"], of: Readonly<Record<string, readonly (number | null)[]>>): Figure[] {
  return Object.entries(of).map(([name, values]) => ({ what, of: name, unit, better, values }));
}

const responders = { "Herald, event loop": 1702, Herald: 1610, "C, batched": 1583, "C, one call a frame": 2411, kernel: 1130 };
const scaled = (factor: number, spread?: number) =>
  Object.fromEntries(Object.entries(responders).map(([name, ns], at) => [name, around(ns * factor * (1 + at / 50), spread)]));

const arp: CommonReport = {
  ...{ bench: "arp", machine, options: { rounds: 7, seconds: 1, vips: 1000, driver: ["poll", "event-loop"] } },
  figures: [
    ...figures("CPU per reply, flooded", "ns", "less", scaled(1)),
    ...figures("CPU per reply, 10,000 requests/s", "ns", "less", scaled(2.3, 0.12)),
    ...figures("Replies, flooded", "1/s", "more", scaled(310)),
    ...figures("Latency p99, 10,000 requests/s", "µs", "less", { ...scaled(0.02, 0.3), kernel: [0.4, 0.5, 0.6, null, 0.4, 0.5, 0.4] }),
  ],
  targets: [
    { what: "Herald, event loop: of C, batched", wanted: "at least 90 %", found: "93.0 %", isMet: true },
    { what: "Herald: of C, batched", wanted: "at least 97 %", found: "95.2 %", isMet: false },
    { what: "Herald: lost at 100,000 requests/s", wanted: "0", found: null, isMet: null },
  ],
  notes: ["Noise: in 3 of 70 measurements a process waited for its CPU more than 4 % of the time (at worst 9 %)"],
};

const plan: CommonReport = {
  ...{ bench: "plan", machine, options: { rounds: 3, [HOSTILE]: HOSTILE } },
  figures: [
    ...figures("CPU of a run after a node joined", "ms", "less", {
      "3 nodes": [0.2, 0.3, 0.2],
      "30 nodes": [4, 5, 4],
      "5,000 nodes": [913, 920, 899],
    }),
    ...figures("Owners lost", "", "less", { "3 nodes": [0, 0, 0], "30 nodes": [0, 0, 0] }),
    ...figures(`Of ${HOSTILE}`, "ms", "less", {
      [HOSTILE]: [1, 2, 3],
      "a contender whose name is far longer than the width of a telephone has room for": [2e-7, 5, 6],
    }),
    ...figures("Not one value", "ms", "less", { Herald: [null, null] }),
  ],
  series: ["Herald", "bird", "frr"].map((of, line) => ({
    ...{ what: "Resident memory over routes", of, unit: "MB", along: "routes" },
    points: Array.from({ length: 2000 }, (_, at) => [at * 500, 40 + at * 0.02 * (line + 1) + Math.sin(at / 40) * 3] as const),
  })),
  targets: [],
  notes: [HOSTILE],
};

export const sampleRun: Collected = {
  ...{ herald: "0.1.0", startedAt: "2026-11-27T02:21:12.000Z", seconds: 1284, machine, state, isInterrupted: false },
  command: ["herald", "bench", "all", "--report", "it's here"],
  parts: [
    {
      bench: "arp",
      summary: "CPU per ARP reply, replies/s, loss and latency, beside responders in C and the kernel's own",
      command: ["herald", "bench", "arp", "--rounds", "7"],
      seconds: 310,
      report: arp,
      reason: null,
      state,
    },
    {
      bench: "cluster",
      summary: "Controller and speaker on a real API server",
      command: ["herald", "bench", "cluster"],
      seconds: 0.2,
      report: null,
      reason: "no kube-apiserver in $KUBEBUILDER_ASSETS",
      state,
    },
    {
      ...{
        bench: "plan",
        summary: "Who owns what with 3 to 5,000 nodes",
        command: ["herald", "bench", "plan"],
        seconds: 60,
        report: plan,
        reason: HOSTILE,
      },
      state: { ...state, temperatures: [], throttling: { now: ["it is throttled"], since: ["the voltage is too low", "it is throttled"] } },
    },
  ],
};
