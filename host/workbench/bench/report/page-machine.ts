/** The machine of a report: what it is, and how its load, clock and heat went while it was measured. */
import type { Machine } from "../harness/machine.ts";
import type { MachineState } from "../harness/machine-facts.ts";
import { formatCount, formatNumber } from "../harness/table.ts";
import type { Collected } from "./collected.ts";
import { html, type Markup } from "./markup.ts";

const MOST_CLOCKS = 3;

/** The main facts, for the head of the page. */
export function machineFacts(machine: Machine): readonly (readonly [name: string, value: string])[] {
  const { cpu, cores, kernel, node, board, memoryBytes, distribution, virtual, governors, emulatedOn } = machine;
  return [
    [
      "Machine",
      [board ?? "", virtual === null ? "" : `virtual machine${virtual === "not said" ? "" : ` (${virtual})`}`].filter(Boolean).join(", ") ||
        "not said",
    ],
    ["CPU", `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}${emulatedOn === undefined ? "" : `, played on ${emulatedOn}`}`],
    ["Memory", `${formatNumber(memoryBytes / 1e9)} GB`],
    ["System", `${distribution === null ? "" : `${distribution}, `}${kernel}`],
    ["Clock governor", governors.join(", ") || "not said"],
    ["Node.js", node],
  ];
}

export function machineSection({ state, parts }: Collected): Markup {
  const states: (readonly [string, MachineState])[] = [
    ["before", state],
    ...parts.map((part) => [`after ${part.bench}`, part.state] as const),
  ];
  return html`<section aria-labelledby="machine-h"><h2 id="machine-h">The machine while it was measured</h2>
<p class="dim">${hasHeldBack(states) ? "It was held back in the meantime: figures of one bench do not stand beside those of another." : "What moves a figure without being Herald's: load of others, clock and heat."}</p>
<div class="scroll"><table><thead><tr><th scope="col"></th><th scope="col" class="n">load, 1 min</th><th scope="col" class="n">clock of the cores, MHz</th><th scope="col" class="n">temperature, °C</th><th scope="col">held back</th></tr></thead>
<tbody>${states.map(([when, one]) => stateRow(when, one))}</tbody></table></div></section>`;
}

function stateRow(when: string, { load, clocksMHz, temperatures, throttling }: MachineState): Markup {
  const hottest = temperatures.toSorted((left, right) => right.celsius - left.celsius)[0];
  return html`<tr><th scope="row">${when}</th><td class="n">${formatNumber(load[0] ?? 0)}</td><td class="n">${clocks(clocksMHz)}</td><td class="n">${
    hottest === undefined ? "–" : `${hottest.celsius.toFixed(1)} (${hottest.of})`
  }</td><td>${heldBack(throttling)}</td></tr>`;
}

/** Of a machine with two kinds of cores: `4 × 1,800, 2 × 2,400`; where each has its own, from the slowest to the fastest. */
function clocks(clocksMHz: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const mhz of clocksMHz.map(Math.round).sort((left, right) => left - right)) counts.set(mhz, (counts.get(mhz) ?? 0) + 1);
  const [slowest] = counts.keys();
  if (slowest === undefined) return "–";
  if (counts.size <= MOST_CLOCKS) return Array.from(counts, ([mhz, cores]) => `${cores} × ${formatCount(mhz)}`).join(", ");
  return `${formatCount(slowest)}–${formatCount([...counts.keys()].at(-1) ?? slowest)}`;
}

function heldBack(throttling: MachineState["throttling"]): string {
  if (throttling === null) return "not said";
  const past = throttling.since.filter((hold) => !throttling.now.includes(hold));
  return [...throttling.now, ...past.map((hold) => `earlier: ${hold}`)].join("; ") || "no";
}

/** Also where it was between two looks. */
function hasHeldBack(states: readonly (readonly [string, MachineState])[]): boolean {
  const before = states[0]?.[1].throttling?.since ?? [];
  return states.some(([, { throttling }]) => throttling !== null && (throttling.now.length > 0 || throttling.since.length > before.length));
}
