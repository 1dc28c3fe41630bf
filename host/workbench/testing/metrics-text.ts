/** Reads Prometheus' text format, strictly: for tests of what Herald writes in it. */

export interface ParsedFamily {
  readonly type: string;
  readonly help: string;
  /** Lines as they are. */
  readonly samples: string[];
}

const HEAD = /^# HELP (\S+) (.*)\n# TYPE (\S+) (counter|gauge|histogram)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.e+-]+|[+-]Inf|NaN)$/;

/** By name. Throws on the first line that the format does not know, or that is not below its own HELP and TYPE. */
export function parseMetrics(text: string): Record<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("The text does not end with a newline");
  const families: Record<string, ParsedFamily> = {};
  for (const part of text.trimEnd().split("\n\n")) {
    const lines = part.split("\n");
    const [, name = "", help = "", typed, type = ""] = HEAD.exec(lines.slice(0, 2).join("\n")) ?? [];
    if (typed !== name || name in families) throw new Error(`No HELP and TYPE of a new name: ${part}`);
    const samples = lines.slice(2);
    for (const line of samples) demandSample(line, name, type);
    families[name] = { type, help, samples };
  }
  return families;
}

function demandSample(line: string, name: string, type: string): void {
  const found = SAMPLE.exec(line)?.[1];
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  if (!suffixes.some((suffix) => found === `${name}${suffix}`)) throw new Error(`No sample of ${name}: ${line}`);
}
