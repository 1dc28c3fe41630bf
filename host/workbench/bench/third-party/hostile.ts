/** Plugins that do as much harm as they can from where they are, for `herald bench plugins`; and one that does none. */
import type { PluginBundle } from "../../../sandbox/hosted.ts";

/** What each does, over and over, from a moment after its start; `at` is a number that grows. */
const HARMS: Readonly<Record<string, string>> = {
  "endless-loop": "for (;;) ;",
  "endless-promises": "const again = () => Promise.resolve().then(again); again();",
  computing: "clock.every(10, () => { for (let left = 2e6; left > 0; left--) at += left; });",
  "log-flood": 'clock.every(1, () => { for (let n = 0; n < 1000; n++) context.log.info("x".repeat(1000), { n }); });',
  "report-flood": 'clock.every(1, () => { for (let n = 0; n < 1000; n++) context.report("key " + at++, "state"); });',
  "metric-flood": 'clock.every(1, () => { for (let n = 0; n < 1000; n++) context.metrics.count("metric" + at++, { n: String(n) }); });',
  "call-flood":
    'clock.every(1, () => { for (let n = 0; n < 1000; n++) context.secrets.hmac("none", new Uint8Array(1000)).catch(() => {}); });',
  "timer-flood": "const more = () => { try { for (;;) clock.every(1, more); } catch {} }; more();",
  "heap-bomb": "const kept = []; clock.every(1, () => { for (let n = 0; n < 100; n++) kept.push(new Array(1e4).fill(at++)); });",
  "buffer-bomb": "const kept = []; clock.every(1, () => { kept.push(new Uint8Array(1e7).fill(1)); });",
};
const HARM_AFTER_MS = 50;

/** `count` of them, each kind as often as the others. */
export function hostilePlugins(count: number): PluginBundle[] {
  const kinds = Object.entries(HARMS);
  return Array.from({ length: count }, (_, at) => {
    const [name, harm] = kinds[at % kinds.length] as (typeof kinds)[number];
    return bundle(`${name}-${at}`, `const { clock } = context; let at = 0; clock.after(${HARM_AFTER_MS}, () => { ${harm} });`);
  });
}

/** It announces nothing, and answers each question by 1. */
export function idlePlugin(at: number): PluginBundle {
  return bundle(`idle-${at}`, "");
}

function bundle(name: string, begin: string): PluginBundle {
  const code = `({ default: {
  ...{ name: ${JSON.stringify(name)}, api: 1, from: "owner", serves: { kind: "Bench", families: [4] }, config: {}, example: {} },
  permissions: () => [],
  start: async (context) => { ${begin} return { apply: async () => [], inspect: () => 1, stop: async () => {} }; },
} })`;
  const map = JSON.stringify({ version: 3, sources: ["plugin.ts"], names: [], mappings: "AAAA" });
  return { specifier: `./${name}.ts`, pin: `sha256-${name}`, code, map, programs: new Map() };
}
