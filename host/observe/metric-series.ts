/** Values by name and labels, of one teller and no more than that one may have. */

import type { HistogramCounts } from "./histogram.ts";
import type { MetricDeclaration } from "./metric-table.ts";

export type MetricLabels = Readonly<Record<string, string>>;

export interface Sample {
  readonly name: string;
  readonly labels: MetricLabels;
  value: number | HistogramCounts;
}

/** All samples of one name. */
export interface Family extends Pick<MetricDeclaration, "type" | "help"> {
  readonly name: string;
  /** By their labels, as `seriesKey` has them. */
  readonly samples: Map<string, Sample>;
}

export interface SeriesLimits {
  readonly names: number;
  readonly series: number;
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,63}$/;
const MOST_LABELS = 8;
const MOST_VALUE_LENGTH = 256;
const MOST_LABELS_KNOWN = 100;

export class SeriesBook {
  readonly families = new Map<string, Family>();
  readonly #limits: SeriesLimits;
  /** Names of labels that were looked at, and are fit. */
  readonly #labels = new Set<string>();
  #series = 0;

  constructor(limits: SeriesLimits) {
    this.#limits = limits;
  }

  /** The sample of these labels, 0 where it is new. Undefined: it cannot be had, for its name, type, labels, or the limits. */
  find(name: string, { type, help }: Pick<MetricDeclaration, "type" | "help">, labels: MetricLabels): Sample | undefined {
    let family = this.families.get(name);
    if (family !== undefined && family.type !== type) return undefined;
    const key = seriesKey(labels);
    const known = family?.samples.get(key);
    if (known !== undefined) return known;
    if (this.#series >= this.#limits.series || !this.#areFit(labels)) return undefined;
    if (family === undefined) {
      if (this.families.size >= this.#limits.names || !NAME.test(name)) return undefined;
      this.families.set(name, (family = { name, type, help, samples: new Map() }));
    }
    const sample = { name, labels: { ...labels }, value: 0 };
    family.samples.set(key, sample);
    this.#series += 1;
    return sample;
  }

  #areFit(labels: MetricLabels): boolean {
    let count = 0;
    for (const name in labels) {
      const value: unknown = labels[name];
      if (++count > MOST_LABELS || typeof value !== "string" || value.length > MOST_VALUE_LENGTH) return false;
      if (this.#labels.has(name)) continue;
      if (name === "le" || !LABEL_NAME.test(name)) return false;
      if (this.#labels.size < MOST_LABELS_KNOWN) this.#labels.add(name);
    }
    return true;
  }
}

/** The same for the same labels in another order; by the lengths, no text can pass for two. Made for every sample of every reading. */
function seriesKey(labels: MetricLabels): string {
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  let key = "";
  for (const name of names) key += `${name.length} ${name}${labels[name]?.length} ${labels[name]}`;
  return key;
}
