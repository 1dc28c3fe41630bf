/** `index.html`: one page that needs nothing else, no script and no network, to be read. Pure. */

import { commandText, formatDuration } from "../harness/words.ts";
import type { Collected, Part } from "./collected.ts";
import { html, jsonMarkup, type Markup, raw, toText } from "./markup.ts";
import { benchSection, idOf } from "./page-bench.ts";
import { machineFacts, machineSection } from "./page-machine.ts";
import { style } from "./page-style.ts";

/** A browser and a mail bear so much. */
const MOST_EMBEDDED_BYTES = 4e6;

export function createPage(collected: Collected): string {
  const { herald, startedAt, seconds, command, machine, parts, isInterrupted } = collected;
  const day = startedAt.replace("T", " ").replace(/:\d\d(\.\d+)?Z$/, " UTC");
  return `<!doctype html>\n${toText(html`<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Herald bench report, ${day}</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style></head>
<body>
<header>
<h1>Herald bench report</h1>
<p class="lead">Herald ${herald}, ${day}, ${formatDuration(seconds)}${isInterrupted ? "; interrupted before it was complete" : ""}</p>
<dl>${machineFacts(machine).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
<main>
${overview(parts)}
<p class="dim">Contenders are measured in turns, round by round. A large dot is the median of the rounds, the small ones are single rounds, and the bar holds the true median in 9 of 10 runs. Green is Herald. Where a responder in C is measured beside it, a dashed line marks it, and figures are told as times of C in the same round.</p>
${parts.map(benchSection)}
${machineSection(collected)}
</main>
<footer><p>All of it: <code>${commandText(command)}</code></p>
<p>${embeddedNote(collected)} Two of them are compared by <code>herald bench compare A.json B.json</code>.</p></footer>
${embedded(collected)}
</body></html>`)}\n`;
}

function overview(parts: readonly Part[]): Markup {
  return html`<div class="scroll"><table><thead><tr><th scope="col">bench</th><th scope="col">result</th><th scope="col" class="n">targets met</th><th scope="col" class="n">took</th></tr></thead>
<tbody>${parts.map((part) => {
    const targets = part.report?.targets.filter(({ isMet }) => isMet !== null) ?? [];
    const met = targets.filter(({ isMet }) => isMet).length;
    const shown = targets.length === 0 ? "–" : `${met} of ${targets.length}`;
    return html`<tr><th scope="row"><a href="#${idOf(part.bench)}">${part.bench}</a></th><td>${stateOf(part)}</td><td class="n">${
      met < targets.length ? html`<span class="missed">${shown}</span>` : shown
    }</td><td class="n">${formatDuration(part.seconds)}</td></tr>`;
  })}</tbody></table></div>`;
}

function stateOf({ report, reason }: Part): Markup {
  if (report === null) return html`<span class="missed">not measured</span>`;
  return reason === null ? html`measured` : html`measured in part`;
}

/** What a page leaves out that would be too large: measurements behind the figures. */
function embedded(collected: Collected): Markup {
  return html`<script type="application/json" id="report">${jsonMarkup(isWhole(collected) ? collected : withoutMeasurements(collected))}</script>`;
}

function embeddedNote(collected: Collected): string {
  return isWhole(collected)
    ? "The page's source has every measurement as JSON, the same as report.json beside it."
    : "The page's source has the figures as JSON; every measurement behind them, too large for a page, is in report.json beside it.";
}

function isWhole(collected: Collected): boolean {
  return JSON.stringify(collected).length <= MOST_EMBEDDED_BYTES;
}

function withoutMeasurements(collected: Collected): Collected {
  const parts = collected.parts.map((part) => {
    if (part.report === null) return part;
    const { bench, machine, options, figures, targets, notes } = part.report;
    return { ...part, report: { bench, machine, options, figures, targets, notes } };
  });
  return { ...collected, parts };
}
