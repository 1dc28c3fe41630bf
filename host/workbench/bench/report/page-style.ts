/** How the page looks: on a screen by day and by night, on a telephone, on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #ffffff; --ink: #1c2329; --dim: #5c6873; --edge: #dfe4e8; --grid: #e9edf0;
  --herald: #1f7a45; --other: #7a858f; --missed: #b3541e; --mark: #f4f6f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181b; --card: #191e22; --ink: #e4e9ec; --dim: #9aa6af; --edge: #2d343a; --grid: #262d32;
    --herald: #52c483; --other: #8b97a1; --missed: #e5925f; --mark: #1f262b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 40px 24px 64px; max-width: 1120px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
a { color: inherit; text-decoration-color: var(--other); text-underline-offset: 3px; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--herald); outline-offset: 2px; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; }
h2 { margin: 56px 0 4px; padding-top: 20px; border-top: 1px solid var(--edge); font-size: 20px; font-weight: 650; letter-spacing: -0.01em; }
h3 { margin: 28px 0 8px; font-size: 15px; font-weight: 650; }
p { margin: 0 0 10px; max-width: 75ch; }
.dim { color: var(--dim); fill: var(--dim); }
.lead { margin-top: 6px; color: var(--dim); }
.note { margin: 12px 0 0; padding: 2px 0 2px 12px; border-left: 3px solid var(--edge); color: var(--dim); }
.missed { color: var(--missed); font-weight: 600; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; margin: 12px 0; font-size: 14px; overflow-wrap: anywhere; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--edge); text-align: left; vertical-align: baseline; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--dim); font-weight: 500; font-size: 13px; overflow-wrap: normal; }
tbody th { min-width: 8em; font-weight: 500; }
.n { text-align: right; white-space: nowrap; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 14px 24px; margin: 24px 0; }
dt { color: var(--dim); font-size: 13px; }
dd { margin: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 20px; align-items: start; margin-top: 20px; }
figure { margin: 0; padding: 16px 18px 12px; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); min-width: 0; break-inside: avoid; }
figcaption { margin-bottom: 14px; font-weight: 600; line-height: 1.35; }
.plot { display: block; font-size: 13px; overflow: visible; }
.plot text { fill: var(--ink); stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.plot .tick, .plot .dim { fill: var(--dim); }
.plot .tick { font-size: 12px; }
.grid { stroke: var(--grid); }
.rule { stroke: var(--edge); }
.reference { stroke: var(--other); stroke-dasharray: 3 4; }
.other { --tone: var(--other); }
.herald { --tone: var(--herald); }
.herald .name, .herald .number tspan:first-child { font-weight: 600; }
.interval { stroke: var(--tone); stroke-width: 8; stroke-opacity: 0.28; }
.round { fill: var(--tone); fill-opacity: 0.5; }
.median { fill: var(--tone); stroke: var(--card); stroke-width: 2; }
.line { fill: none; stroke: var(--other); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.line-0 { stroke: var(--herald); }
.line-1 { stroke-dasharray: 7 5; }
.line-2 { stroke-dasharray: 2 5; }
.line-3 { stroke-dasharray: 12 4 2 4; }
.line-4 { stroke-width: 1; }
.line-5 { stroke-width: 1; stroke-dasharray: 7 5; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 2px; padding: 0; list-style: none; font-size: 13px; }
.legend svg { vertical-align: middle; margin-right: 7px; }
details { margin-top: 8px; font-size: 14px; }
summary { width: fit-content; color: var(--dim); font-size: 13px; cursor: pointer; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
pre { margin: 8px 0; padding: 10px 12px; border-radius: 6px; background: var(--mark); white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 56px; padding-top: 20px; border-top: 1px solid var(--edge); color: var(--dim); font-size: 13px; }
@media (max-width: 560px) {
  body { padding: 24px 16px 40px; }
  h2 { margin-top: 40px; }
  dl { grid-template-columns: 1fr 1fr; }
  figure { padding: 14px 14px 10px; }
  .targets thead { position: absolute; clip-path: inset(50%); }
  .targets tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--edge); }
  .targets th, .targets td { display: block; padding: 0; border: 0; text-align: left; white-space: normal; }
  .targets td[data-name]:not(:empty)::before { content: attr(data-name) " "; color: var(--dim); }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --dim: #444; --edge: #bbb; --grid: #ddd; --herald: #1f7a45; --other: #777; --missed: #b3541e; --mark: #f4f4f4; color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 12px; }
  .cards { grid-template-columns: 1fr 1fr; }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
  a { text-decoration: none; }
}
`;
