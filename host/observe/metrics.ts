/**
 * Herald's metrics: what is counted as it happens, and what others hold and are asked for when somebody reads.
 *
 * The host tells only what `metric-table.ts` declares; anything else is a bug. A plugin tells what it likes, in a scope of its own that is
 * bounded and ends with it, so that a hostile one cannot eat memory and no series outlives whom it is of. What is asked for afresh at
 * every reading needs no care at all: what is not told any more is gone.
 */

import type { Close, Metrics } from "../announcer.ts";
import { withinTime } from "../sandbox/within-time.ts";
import { Histogram, type HistogramCounts } from "./histogram.ts";
import { type Family, type MetricLabels, type Sample, SeriesBook, type SeriesLimits } from "./metric-series.ts";
import { declarationOf, type MetricDeclaration, type MetricName } from "./metric-table.ts";

type Told<Name> = (name: Name, value: number | HistogramCounts, labels?: MetricLabels) => void;
/** What the host's own parts tell by. */
export type TellMetric = Told<MetricName>;
type TellAny = Told<string>;

export interface MetricsRegistry extends Metrics {
  /** Into a histogram of the table, which has no labels and these bounds from its first use on. */
  observe(name: MetricName, value: number, bounds: readonly number[]): void;
  /** Asks for values at every reading. A call that fails, or takes longer than 2 s, costs its own values only. */
  collect(call: (tell: TellAny) => unknown): Close;
  /** For one plugin; closed with it. A third party's names get the prefix `herald_plugin_<name>_`, a built-in's that are in the table do not. */
  forPlugin(plugin: string, origin: "built-in" | "third-party"): Metrics & { close: Close };
  /** Everything as it is now, by name. Who asks while it is read gets the same. */
  read(): Promise<readonly Family[]>;
  /** The same as a flat list. */
  samples(): Promise<readonly Sample[]>;
}

const UNLIMITED: SeriesLimits = { names: Number.POSITIVE_INFINITY, series: Number.POSITIVE_INFINITY };
const OF_A_PLUGIN: SeriesLimits = { names: 100, series: 10_000 };
const PATIENCE_MS = 2000;

type Describe = (
  name: string,
  fallback: MetricDeclaration["type"],
) => { name: string; declaration: Pick<MetricDeclaration, "type" | "help"> };

/** What one teller has told, and whom of it to ask. */
class Scope implements Metrics {
  readonly book: SeriesBook;
  readonly collectors = new Set<(tell: TellAny) => unknown>();
  readonly #limits: SeriesLimits;
  readonly #describe: Describe;
  readonly #onRefused: () => void;

  constructor(limits: SeriesLimits, describe: Describe, onRefused: () => void) {
    this.book = new SeriesBook(limits);
    this.#limits = limits;
    this.#describe = describe;
    this.#onRefused = onRefused;
  }

  count(name: string, labels: MetricLabels = {}, by = 1): void {
    const { name: full, declaration } = this.#describe(name, "counter");
    const sample = by >= 0 && Number.isFinite(by) && declaration.type !== "histogram" && this.book.find(full, declaration, labels);
    if (sample) sample.value = (sample.value as number) + by;
    else this.#onRefused();
  }

  gauge(name: string, value: number, labels: MetricLabels = {}): void {
    this.#set(this.book, name, value, labels);
  }

  collect(call: (tell: TellAny) => unknown): Close {
    this.collectors.add(call);
    return () => void this.collectors.delete(call);
  }

  /** What one collector says, in a book of its own, also where it does not come to its end. */
  async ask(collector: (tell: TellAny) => unknown, onFailure: () => void): Promise<SeriesBook> {
    const book = new SeriesBook(this.#limits);
    const tell: TellAny = (name, value, labels = {}) => this.#set(book, name, value, labels);
    await withinTime("A part", PATIENCE_MS, async () => await collector(tell)).catch(onFailure);
    return book;
  }

  #set(book: SeriesBook, name: string, value: number | HistogramCounts, labels: MetricLabels): void {
    const { name: full, declaration } = this.#describe(name, "gauge");
    const isFit = declaration.type === "histogram" ? typeof value === "object" : Number.isFinite(value);
    const sample = isFit ? book.find(full, declaration, labels) : undefined;
    if (sample === undefined) this.#onRefused();
    else sample.value = value;
  }
}

export function createMetrics(): MetricsRegistry {
  // A name of an object may be longer than a label can be, and costs no more than its own series.
  const host: Scope = new Scope(UNLIMITED, describeOwn, () => host.count("herald_scrape_failures_total"));
  const scopes = new Set([host]);
  const histograms = new Map<MetricName, Histogram>();
  host.collect((tell) => {
    for (const [name, histogram] of histograms) tell(name, histogram.read());
  });
  let reading: Promise<readonly Family[]> | undefined;
  const readAll = async (): Promise<readonly Family[]> => {
    const onFailure = () => host.count("herald_scrape_failures_total");
    const asked = [...scopes].flatMap((scope) => Array.from(scope.collectors, (collector) => scope.ask(collector, onFailure)));
    const told = await Promise.all(asked);
    return merge([...Array.from(scopes, ({ book }) => copyOf(book.families)), ...told.map(({ families }) => families)]);
  };
  const read = () => (reading ??= readAll().finally(() => (reading = undefined)));
  return {
    count: (...args) => host.count(...args),
    gauge: (...args) => host.gauge(...args),
    collect: (call) => host.collect(call),
    observe(name, value, bounds) {
      let histogram = histograms.get(name);
      if (histogram === undefined) histograms.set(name, (histogram = new Histogram(bounds)));
      histogram.observe(value);
    },
    forPlugin(plugin, origin) {
      const onRefused = () => host.count("herald_plugin_refused_series_total", { plugin });
      const scope = new Scope(OF_A_PLUGIN, describeFor(plugin, origin), onRefused);
      scopes.add(scope);
      return {
        count: (...args) => scope.count(...args),
        gauge: (...args) => scope.gauge(...args),
        collect: (call) => scope.collect(call),
        close: () => void scopes.delete(scope),
      };
    },
    read,
    samples: async () => (await read()).flatMap(({ samples }) => [...samples.values()]),
  };
}

function describeOwn(name: string): ReturnType<Describe> {
  const declaration = declarationOf(name);
  if (declaration === undefined) throw new Error(`Cannot tell metric ${name}: it is not in the table`);
  return { name, declaration };
}

function describeFor(plugin: string, origin: "built-in" | "third-party"): Describe {
  const prefix = `herald_plugin_${plugin.replaceAll("-", "_")}_`;
  return (name, type) => {
    const declaration = origin === "built-in" ? declarationOf(name) : undefined;
    return declaration === undefined
      ? { name: `${prefix}${name}`, declaration: { type, help: `Of plugin ${plugin}` } }
      : { name, declaration };
  };
}

type Families = ReadonlyMap<string, Family>;

/** A reading may still be written out when more is counted. */
function copyOf(families: Families): Families {
  const copySamples = (samples: Family["samples"]) => new Map(Array.from(samples, ([key, sample]) => [key, { ...sample }]));
  return new Map(Array.from(families, ([name, family]) => [name, { ...family, samples: copySamples(family.samples) }]));
}

/** Of two that tell the same series, both count where it counts, else the later one. */
function merge(all: readonly Families[]): readonly Family[] {
  const merged = new Map<string, Family>();
  for (const families of all) {
    for (const family of families.values()) {
      const known = merged.get(family.name);
      if (known === undefined) merged.set(family.name, family);
      else if (known.type === family.type) for (const [key, sample] of family.samples) addSample(known, key, sample);
    }
  }
  return [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function addSample({ type, samples }: Family, key: string, sample: Sample): void {
  const before = samples.get(key)?.value;
  const { value } = sample;
  const isSum = type === "counter" && typeof before === "number" && typeof value === "number";
  samples.set(key, isSum ? { ...sample, value: before + value } : sample);
}
