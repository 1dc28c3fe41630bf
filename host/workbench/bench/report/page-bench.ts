/** The section of one bench: targets, what to doubt, a card for each measured thing, and how it was run. */
import type { Figure } from "../harness/figures.ts";
import { formatCount, formatInterval, formatNumber } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import { commandText, formatDuration } from "../harness/words.ts";
import type { Part } from "./collected.ts";
import { dotPlot } from "./dot-plot.ts";
import { type FigureGroup, formatTimes, groupFigures } from "./group.ts";
import { groupSeries, linePlot, MOST_LINES, type SeriesGroup } from "./line-plot.ts";
import { html, type Markup } from "./markup.ts";

const QUIET_SPREAD = 0.2;
/** So many of a run's figures may be that wide: what is measured in microseconds always is. */
const QUIET_SHARE = 0.25;
/** Rows of a table of a line; the JSON has them all. */
const MOST_POINTS_TOLD = 20;

export function benchSection({ bench, summary, seconds, report, reason, command }: Part): Markup {
  return html`<section id="${idOf(bench)}" aria-labelledby="${idOf(bench)}-h">
<h2 id="${idOf(bench)}-h">${bench}</h2>
<p class="dim">${summary.charAt(0).toUpperCase()}${summary.slice(1)}. ${report === null ? "Not measured." : `Took ${formatDuration(seconds)}.`}</p>
${reason === null ? null : html`<p class="note">${report === null ? "" : "Measured in part: "}${reason}</p>`}
${[...(report?.notes ?? []), ...noiseNotes(report?.figures ?? [])].map((note) => html`<p class="note">${note}</p>`)}
${report === null || report.targets.length === 0 ? null : targetsTable(report.targets)}
${
  report === null
    ? null
    : html`<div class="cards">${groupFigures(report.figures).map((group, at) => figureCard(group, `${idOf(bench)}-${at}`))}
${groupSeries(report.series ?? []).map((group, at) => seriesCard(group, `${idOf(bench)}-s${at}`))}</div>`
}
<h3>To repeat it</h3>
<pre>${commandText(command)}</pre>
${report === null ? null : html`<details><summary>Every setting</summary>${settingsTable(report.options)}</details>`}
</section>`;
}

/** A run whose rounds differ that much tells less than it seems to. */
function noiseNotes(figures: readonly Figure[]): string[] {
  const rows = groupFigures(figures).flatMap((group) => group.rows);
  const wide = rows.filter(({ summary: { low, high, median } }) => high - low > QUIET_SPREAD * median).length;
  if (wide <= rows.length * QUIET_SHARE) return [];
  return [`Noise: the intervals of ${wide} of ${rows.length} figures are wider than ${QUIET_SPREAD * 100} % of their median`];
}

export function idOf(bench: string): string {
  return bench.replace(/[^a-z0-9-]/gi, "-");
}

function targetsTable(targets: readonly Target[]): Markup {
  return html`<h3>Targets</h3>
<table class="targets"><thead><tr><th scope="col">target</th><th scope="col">wanted</th><th scope="col" class="n">found</th><th scope="col"></th></tr></thead>
<tbody>${targets.map(
    ({ what, wanted, found, isMet }) =>
      html`<tr><th scope="row">${what}</th><td data-name="wanted">${wanted}</td><td class="n" data-name="found">${found ?? "–"}</td><td>${
        isMet === null ? html`<span class="dim">not measured</span>` : isMet ? "met" : html`<span class="missed">missed</span>`
      }</td></tr>`,
  )}</tbody></table>`;
}

function figureCard(group: FigureGroup, id: string): Markup {
  const { what, unit, reference, rows } = group;
  return html`<figure><figcaption>${what}</figcaption>
${dotPlot(group, id)}
<details><summary>As a table</summary><div class="scroll"><table>
<thead><tr><th scope="col"></th><th scope="col" class="n">median${unit === "" ? "" : `, ${unit}`}</th><th scope="col" class="n">interval</th>${
    reference === null ? null : html`<th scope="col" class="n">over ${reference}</th>`
  }<th scope="col" class="n">rounds</th></tr></thead>
<tbody>${rows.map(
    ({ of, summary, values, timesReference }) =>
      html`<tr><th scope="row">${of}</th><td class="n">${formatNumber(summary.median)}</td><td class="n">${formatInterval(summary)}</td>${
        reference === null ? null : html`<td class="n">${timesReference === null ? "–" : formatTimes(timesReference)}</td>`
      }<td class="n">${formatCount(values.length)}</td></tr>`,
  )}</tbody></table></div></details></figure>`;
}

function seriesCard(group: SeriesGroup, id: string): Markup {
  const { what, unit, along, lines } = group;
  const shown = lines.slice(0, MOST_LINES);
  return html`<figure><figcaption>${what}</figcaption>
${linePlot(group, id)}
<ul class="legend">${shown.map(
    ({ of }, at) => html`<li><svg width="26" height="8" aria-hidden="true"><path class="line line-${at}" d="M1 4H25"/></svg>${of}</li>`,
  )}</ul>
${lines.length > MOST_LINES ? html`<p class="dim">${lines.length - MOST_LINES} more are in the report's JSON.</p>` : null}
<details><summary>As a table</summary><div class="scroll"><table>
<thead><tr><th scope="col"></th><th scope="col" class="n">${along}</th><th scope="col" class="n">${unit || "count"}</th></tr></thead>
<tbody>${shown.flatMap(({ of, points }) =>
    points
      .filter((_, at) => at % Math.ceil(points.length / MOST_POINTS_TOLD) === 0)
      .map(
        ([at, value]) =>
          html`<tr><th scope="row">${of}</th><td class="n">${formatNumber(at)}</td><td class="n">${formatNumber(value)}</td></tr>`,
      ),
  )}</tbody></table></div></details></figure>`;
}

function settingsTable(options: object): Markup {
  return html`<table><tbody>${Object.entries(options).map(
    ([name, value]) =>
      html`<tr><th scope="row">${name}</th><td>${typeof value === "string" ? value : (JSON.stringify(value) ?? "–")}</td></tr>`,
  )}</tbody></table>`;
}
