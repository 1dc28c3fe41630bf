/**
 * Contenders on one scale: a row each, with every round as a faint dot, the interval as a bar and the median as a large dot.
 *
 * Places along the axis are shares of the width and everything else is in pixels, so a plot is as wide as its card and its text stays as
 * large as that around it, without a script.
 */
import { formatNumber } from "../harness/table.ts";
import { cut, type FigureGroup, formatTimes, type GroupRow } from "./group.ts";
import { html, type Markup } from "./markup.ts";
import { formatTick, type Scale, scaleFor } from "./scale.ts";

/** Letters of any font that fit a line on a telephone: of a name in bold, and of a name with its numbers, most of which are not. */
const NAME_LETTERS = 36;
const LINE_LETTERS = 41;
const LINE_PX = 19;
/** A row's dots are nearer to its name than to the next. */
const DOTS_PX = 26;
const AXIS_PX = 44;
/** So much of the width is left free at each end, so that no dot is cut. */
const MARGIN = 0.016;
/** More rounds than that would only blacken the bar. */
const MOST_DOTS = 200;

interface Row {
  readonly row: GroupRow;
  readonly label: string;
  readonly isTwoLines: boolean;
  readonly top: number;
}

export function dotPlot(group: FigureGroup, id: string): Markup {
  const rows = layOut(group);
  const bottom = rows.reduce((sum, { isTwoLines }) => sum + heightOf(isTwoLines), 0);
  const scale = scaleFor(group.rows.flatMap(({ values }) => values));
  return html`<svg class="plot" width="100%" height="${bottom + AXIS_PX}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${group.what}</title>
<desc id="${id}-d">${describe(group)}</desc>
${scale.ticks.map((tick) => html`<line class="grid" x1="${place(scale, tick)}" x2="${place(scale, tick)}" y1="0" y2="${bottom + 4}"/>`)}
${referenceLine(group, scale, bottom)}
${rows.map((row) => drawRow(row, group, scale))}
${axis(group, scale, bottom)}
</svg>`;
}

function layOut(group: FigureGroup): Row[] {
  let top = 0;
  const isTwoLines = group.rows.some((row) => row.of.length + numbersOf(row, group).length + 2 > LINE_LETTERS);
  return group.rows.map((row) => {
    const placed = { row, label: cut(row.of, NAME_LETTERS), isTwoLines, top };
    top += heightOf(isTwoLines);
    return placed;
  });
}

function heightOf(isTwoLines: boolean): number {
  return LINE_PX * (isTwoLines ? 2 : 1) + DOTS_PX;
}

function numbersOf({ summary, timesReference }: GroupRow, { unit }: FigureGroup): string {
  return `${formatNumber(summary.median)} ${unit}${timesReference === null ? "" : `  ${formatTimes(timesReference)}`}`;
}

function drawRow({ row, label, isTwoLines, top }: Row, group: FigureGroup, scale: Scale): Markup {
  const { summary, values, timesReference } = row;
  const line = top + 14;
  const y = top + heightOf(isTwoLines) - 18;
  const dots = values.length > MOST_DOTS ? [] : values;
  return html`<g class="${row.isHerald ? "herald" : "other"}">
<text class="name" x="0" y="${line}">${label}</text>
<text class="number" x="100%" y="${isTwoLines ? line + LINE_PX : line}" text-anchor="end"><tspan>${formatNumber(summary.median)} ${group.unit}</tspan>${
    timesReference === null ? null : html`<tspan class="dim" dx="8">${formatTimes(timesReference)}</tspan>`
  }</text>
<line class="rule" x1="0" x2="100%" y1="${y}" y2="${y}"/>
<line class="interval" x1="${place(scale, summary.low)}" x2="${place(scale, summary.high)}" y1="${y}" y2="${y}"/>
${dots.map((value) => html`<circle class="round" cx="${place(scale, value)}" cy="${y}" r="2.5"/>`)}
<circle class="median" cx="${place(scale, summary.median)}" cy="${y}" r="5"/>
</g>`;
}

function referenceLine({ reference, rows }: FigureGroup, scale: Scale, bottom: number): Markup | null {
  const found = rows.find(({ of }) => of === reference);
  if (found === undefined) return null;
  const x = place(scale, found.summary.median);
  return html`<line class="reference" x1="${x}" x2="${x}" y1="0" y2="${bottom + 4}"/>`;
}

function axis({ unit, better }: FigureGroup, scale: Scale, bottom: number): Markup {
  const labels = scale.ticks.map((tick, at) => {
    const anchor = at === 0 ? "start" : at === scale.ticks.length - 1 ? "end" : "middle";
    return html`<text class="tick" x="${place(scale, tick)}" y="${bottom + 18}" text-anchor="${anchor}">${formatTick(tick)}</text>`;
  });
  const said = [unit, `${better} is better`, ...(scale.isLog ? ["logarithmic"] : [])].filter((word) => word !== "");
  return html`${labels}<text class="tick" x="100%" y="${bottom + 36}" text-anchor="end">${said.join(", ")}</text>`;
}

function place(scale: Scale, value: number): string {
  return `${((MARGIN + scale.at(value) * (1 - 2 * MARGIN)) * 100).toFixed(2)}%`;
}

function describe({ rows, unit, better }: FigureGroup): string {
  const each = rows.map(({ of, summary: { median, low, high } }) => {
    return `${of}: median ${formatNumber(median)}, interval ${formatNumber(low)} to ${formatNumber(high)}`;
  });
  return `${unit === "" ? "Counts" : `In ${unit}`}, ${better} is better. ${each.join("; ")}.`;
}
