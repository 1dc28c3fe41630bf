/**
 * `herald bench neighbors`: whether a Linux kernel that talks to VIPs for minutes keeps them in its neighbor table without a gap.
 *
 * On one switch two speakers, a listener behind the VIPs on each, and a client that sends a datagram to a VIP of each family ten times a second.
 * Its kernel's settings are the usual ones. A gap is a look that found no entry, an incomplete or failed one, or another MAC; REACHABLE, STALE, DELAY
 * and PROBE are states in which it sends at once.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostProcess } from "../../lab/host-process.ts";
import type { Listen } from "../../lab/node-process.ts";
import { PrivateNetwork } from "../../private-network.ts";
import { defineBench, type Run } from "../harness/bench.ts";
import { Child } from "../harness/child.ts";
import type { CommonReport } from "../harness/figures.ts";
import { number, type OptionsOf } from "../harness/flags.ts";
import { describeMachine, formatMachine } from "../harness/machine.ts";
import { figuresFrom, less } from "../harness/measured-figures.ts";
import { type Column, formatCount, formatTable } from "../harness/table.ts";
import { type ClientSetup, type NeighborResult, runNeighborsClient } from "./client.ts";

export interface NeighborsReport extends CommonReport {
  readonly bench: "neighbors";
  readonly options: NeighborsOptions;
  readonly vips: readonly (NeighborResult & { readonly looks: number; readonly gaps: number })[];
}

const NODES = ["node-a", "node-b"] as const;
const CLIENT = "client";
const VIPS = ["192.0.2.240", "2001:db8::f0"] as const;
const PORT = 7;
const USABLE = ["REACHABLE", "STALE", "DELAY", "PROBE"] as const;
const GRACE_MS = 40_000;

const MANIFESTS = [
  ...NODES.map((name) => ({ apiVersion: "v1", kind: "Node", metadata: { name } })),
  {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name: "both" },
    spec: { addresses: VIPS.map((vip) => `${vip}/${vip.includes(":") ? 128 : 32}`) },
  },
  { apiVersion: "metallb.io/v1beta1", kind: "L2Advertisement", metadata: { name: "both" } },
  {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name: "echo" } },
    spec: { type: "LoadBalancer", ipFamilyPolicy: "RequireDualStack", ports: [{ port: PORT, protocol: "UDP" }] },
  },
];

const flags = { minutes: number("minutes", { usual: 10, most: 1440, help: "how long it looks" }, "M") };

export type NeighborsOptions = OptionsOf<typeof flags>;

export const neighbors = defineBench({
  summary: "whether a Linux kernel keeps a VIP of each family in its neighbor table for minutes without a gap",
  network: "all",
  flags,
  estimateSeconds: ({ minutes }) => minutes * 60 + 5,
  measure,
  format: formatReport,
  exitCode: ({ vips }) => (vips.every(({ gaps }) => gaps === 0) ? 0 : 1),
  part: (setup) => runNeighborsClient(setup as ClientSetup),
});

async function measure({ minutes }: NeighborsOptions, run: Run): Promise<NeighborsReport> {
  run.tell(`Looking at two neighbor entries five times a second for ${minutes} min`);
  return createReport({ minutes }, await look(minutes, run));
}

async function look(minutes: number, run: Run): Promise<readonly NeighborResult[]> {
  const network = new PrivateNetwork();
  for (const [at, name] of NODES.entries()) network.addHost(name, `192.0.2.${11 + at}/24`, `2001:db8::${11 + at}/64 nodad`);
  network.addHost(CLIENT, "192.0.2.100/24", "2001:db8::100/64 nodad");
  const folder = mkdtempSync("/run/herald-neighbors-");
  const manifests = join(folder, "manifests.json");
  writeFileSync(manifests, JSON.stringify({ apiVersion: "v1", kind: "List", items: MANIFESTS }));
  const speakers = NODES.map((name, at) => {
    const flags = ["--manifests", manifests, "--allocations", join(folder, "allocations.yaml"), "--node", name, "--interface", "eth0"];
    const role = at === 0 ? ["--controller"] : [];
    return new Child(`the speaker on ${name}`, network.on(name, ...run.herald, "run", ...flags, "--control", "none", ...role));
  });
  const setup: ClientSetup = { vips: VIPS, port: PORT, seconds: minutes * 60 };
  const client = new Child("the client", network.on(CLIENT, ...run.part(setup)));
  try {
    await Promise.all(NODES.map((name) => listen(name, network.on(name, ...run.herald, "lab", "part", "node", name))));
    return JSON.parse(await client.next(minutes * 60_000 + GRACE_MS)) as NeighborResult[];
  } finally {
    await Promise.all([client, ...speakers].map((child) => child.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** It ends with the private network. */
async function listen(node: string, command: [string, ...string[]]): Promise<void> {
  const listener = new HostProcess(`listener on ${node}`, command, (error) => {
    throw error;
  });
  await listener.call({ ports: VIPS.map((vip) => [vip, [{ protocol: "UDP", port: PORT }]]) } satisfies Listen);
}

function createReport(options: NeighborsOptions, results: readonly NeighborResult[]): NeighborsReport {
  const vips = results.map((result) => {
    const looks = Object.values(result.states).reduce((sum, count) => sum + count, 0);
    const usable = USABLE.reduce((sum, state) => sum + (result.states[state] ?? 0), 0);
    return { ...result, looks, gaps: looks - usable + Math.max(0, result.macs.length - 1) };
  });
  const figures = figuresFrom(vips, ({ vip }) => vip, [
    less("Looks that found a gap", "", ({ gaps }) => gaps),
    less("Datagrams that came not back", "", ({ sent, echoed }) => sent - echoed),
  ]);
  return { bench: "neighbors", machine: describeMachine(), options, vips, figures, targets: [], notes: [] };
}

const COLUMNS: readonly Column<NeighborsReport["vips"][number]>[] = [
  { heading: "VIP", cell: ({ vip }) => vip, isText: true },
  { heading: "looks", cell: ({ looks }) => formatCount(looks) },
  ...USABLE.map((state) => ({ heading: state, cell: ({ states }: NeighborResult) => formatCount(states[state] ?? 0) })),
  { heading: "gaps", cell: ({ gaps }) => formatCount(gaps) },
  { heading: "asked", cell: ({ asked }) => formatCount(asked) },
  { heading: "answered", cell: ({ answered }) => formatCount(answered) },
  { heading: "sent", cell: ({ sent }) => formatCount(sent) },
  { heading: "echoed", cell: ({ echoed }) => formatCount(echoed) },
];

function formatReport({ machine, options: { minutes }, vips }: NeighborsReport): string {
  return [
    formatMachine(machine),
    `A client's neighbor table for ${minutes} min; asked and answered: by its kernel, of ARP and NDP; sent and echoed: datagrams to the VIP`,
    "",
    formatTable(COLUMNS, vips),
    "",
  ].join("\n");
}
