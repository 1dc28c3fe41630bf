/** Lines over something that grows. As in `dot-plot.ts` text is in pixels; only the lines themselves are stretched to the width. */
import type { Series } from "../harness/figures.ts";
import { html, type Markup } from "./markup.ts";
import { formatTick, type Scale, scaleFor } from "./scale.ts";

/** Series of one `what` and unit, of contenders or cases. */
export interface SeriesGroup extends Pick<Series, "what" | "unit" | "along"> {
  readonly lines: readonly { readonly of: string; readonly points: Series["points"] }[];
}

const HEIGHT_PX = 180;
const TOP_PX = 16;
const AXIS_PX = 44;
/** More cannot be told apart; the rest is in the report's JSON. */
export const MOST_LINES = 6;
/** Along the width; more would be below a pixel. */
const MOST_POINTS = 500;
/** Units of the stretched drawing. */
const SPAN = 1000;

export function groupSeries(series: readonly Series[]): SeriesGroup[] {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    if (one.points.length === 0) continue;
    const key = JSON.stringify([one.what, one.unit, one.along]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return Array.from(groups.values(), (own) => {
    const { what, unit, along } = own[0] as Series;
    return { what, unit, along, lines: own.map(({ of, points }) => ({ of, points: thin(points) })) };
  });
}

function thin(points: Series["points"]): Series["points"] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, at) => at % step === 0 || at === points.length - 1);
}

export function linePlot({ what, unit, along, lines }: SeriesGroup, id: string): Markup {
  const shown = lines.slice(0, MOST_LINES);
  const across = scaleFor(shown.flatMap(({ points }) => points.map(([at]) => at)));
  const up = scaleFor(shown.flatMap(({ points }) => points.map(([, value]) => value)));
  const y = (value: number) => TOP_PX + (1 - up.at(value)) * HEIGHT_PX;
  return html`<svg class="plot" width="100%" height="${TOP_PX + HEIGHT_PX + AXIS_PX}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${what}</title>
<desc id="${id}-d">${`${unit || "count"} over ${along}: ${lines.map(({ of }) => of).join("; ")}`}</desc>
${up.ticks.map((tick) => html`<line class="grid" x1="0" x2="100%" y1="${y(tick)}" y2="${y(tick)}"/>`)}
<svg x="0" y="${TOP_PX}" width="100%" height="${HEIGHT_PX}" viewBox="0 0 ${SPAN} ${SPAN}" preserveAspectRatio="none" overflow="visible">
${shown.map(({ points }, at) => html`<path class="line line-${at}" d="${pathOf(points, across, up)}"/>`)}
</svg>
${up.ticks.map((tick, at) => html`<text class="tick" x="0" y="${y(tick) - 4}">${formatTick(tick)}${at === up.ticks.length - 1 ? ` ${unit}` : ""}</text>`)}
${across.ticks.map((tick, at) => acrossTick(across, tick, at))}
<text class="tick" x="100%" y="${TOP_PX + HEIGHT_PX + 36}" text-anchor="end">${along}</text>
</svg>`;
}

function acrossTick(scale: Scale, tick: number, at: number): Markup {
  const anchor = at === 0 ? "start" : at === scale.ticks.length - 1 ? "end" : "middle";
  return html`<text class="tick" x="${(scale.at(tick) * 100).toFixed(2)}%" y="${TOP_PX + HEIGHT_PX + 18}" text-anchor="${anchor}">${formatTick(tick)}</text>`;
}

function pathOf(points: Series["points"], across: Scale, up: Scale): string {
  const places = points.map(([at, value]) => `${(across.at(at) * SPAN).toFixed(1)} ${((1 - up.at(value)) * SPAN).toFixed(1)}`);
  // A line of one point is a dot.
  return `M${places.join("L")}${places.length === 1 ? "h0" : ""}`;
}
