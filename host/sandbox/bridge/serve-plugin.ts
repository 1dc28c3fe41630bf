/**
 * The plugin's half of the bridge: it makes the context that the plugin is started with, and serves its definition and announcer to the host.
 *
 * It runs in the guard, beside the plugin's code, and uses nothing but the language and what the guard hands to it. Whatever the plugin gives
 * (a getter, a proxy, a thenable, a list without an end) is read here and becomes plain data of a bounded size, or an error.
 *
 * Configs and attributes are checked against the plugin's whole schemas here, not in the host: a pattern or a reference in a schema can keep
 * a validator busy forever, and whoever lies about its own schema fools nobody but itself.
 */

import type { Announcement, Announcer, Links, PluginDefinition } from "../../announcer.ts";
import type { Channel, Plain } from "../cell/channel.ts";
import { type Check, createCheck, NO_ATTRIBUTES } from "../check-config.ts";
import { Opened } from "../opened.ts";
import { borrowContext } from "./borrowed-context.ts";
import { demandFunction, FarSide, type GuardPowers } from "./far-side.ts";
import { type Page, Pages } from "./pages.ts";
import { borrowLinks } from "./powers/links.ts";

const MOST_SERIES = 10_000;
const OPTIONAL = ["held", "configure", "drain", "undrain", "inspect"] as const;
type Kind = "added" | "changed" | "removed" | "moved";

/** Serves one plugin, whatever its definition is, until the channel ends. */
export function servePlugin(channel: Channel, definition: unknown, powers: GuardPowers): void {
  const served = new Served(channel, definition as PluginDefinition, powers);
  channel.serve({
    inspect: () => served.manifest(),
    permissions: (config) => served.permissions(config),
    start: (node, config) => served.start(node as string, config),
    hear: (id, what, ...args) => void served.hear(id, what, ...args),
    collect: (id) => served.collect(id as number),
    page: (id) => served.pages.next(id as number),
    "page.close": (id) => served.pages.close(id as number),
    held: async () => served.pages.first(await served.announcer.held?.()),
    rows: (batch, kind, rows) => served.rows(batch as number, kind as Kind, rows as readonly Plain[]),
    apply: (batch) => served.apply(batch as number),
    configure: (config) => served.configure(config),
    drain: async () => void (await served.announcer.drain?.()),
    undrain: async () => void (await served.announcer.undrain?.()),
    ask: (what) => served.ask(what as string),
    stop: async (why) => void (await served.announcer.stop(why as "leave" | "replace")),
  });
}

interface Batch {
  readonly number: number;
  readonly added: Announcement[];
  readonly changed: Announcement[];
  readonly removed: Announcement[];
  readonly moved: string[];
}

class Served {
  readonly pages = new Pages();
  readonly #definition: PluginDefinition;
  readonly #far: FarSide;
  readonly #opened: Opened;
  readonly #links: Links;
  readonly #collectors = new Map<number, unknown>();
  #announcer: Announcer | undefined;
  #batch: Batch | undefined;
  /** Settles with the last apply. */
  #applying: Promise<unknown> = Promise.resolve();
  #attributes: Check | undefined;

  constructor(channel: Channel, definition: PluginDefinition, powers: GuardPowers) {
    const name = nameOf(definition);
    this.#definition = definition;
    this.#far = new FarSide(name, channel, powers);
    this.#opened = new Opened(name);
    this.#links = borrowLinks(this.#far); // the host tells them before the start
    channel.onEnd(() => this.#opened.end());
  }

  manifest(): Plain {
    if (typeof this.#definition !== "object" || this.#definition === null) {
      throw new TypeError("The plugin's default export is no definition: expected what definePlugin gives");
    }
    const { name, api, from, serves, config, example, attributes, program } = this.#definition;
    return { name, api, from, serves, config, example, attributes, program } as Plain;
  }

  async permissions(config: Plain): Promise<unknown> {
    this.#check(config);
    return this.#definition.permissions(this.#far.harden(config));
  }

  async start(node: string, config: Plain): Promise<Plain> {
    if (this.#announcer !== undefined) throw new Error("The plugin has been started already");
    this.#check(config);
    const { program, attributes = NO_ATTRIBUTES } = this.#definition;
    this.#attributes = createCheck(`plugin ${this.#far.plugin}`, attributes);
    const [far, opened, collectors] = [this.#far, this.#opened, this.#collectors];
    const context = borrowContext({ far, opened, node, links: this.#links, hasProgram: program !== undefined, collectors });
    const announcer = await this.#definition.start(context, far.harden(config));
    if (typeof announcer !== "object" || announcer === null) throw new TypeError("start: expected an announcer");
    demandFunction("The announcer's apply", announcer.apply);
    demandFunction("The announcer's stop", announcer.stop);
    this.#announcer = announcer;
    return OPTIONAL.filter((name) => typeof announcer[name] === "function");
  }

  get announcer(): Announcer {
    if (this.#announcer === undefined) throw new Error("The plugin has not been started");
    return this.#announcer;
  }

  hear(id: Plain, what: Plain, ...args: readonly Plain[]): void {
    this.#far.hear(id, what, ...args);
  }

  async collect(id: number): Promise<Page | undefined> {
    const rows: unknown[] = [];
    const tell = (name: unknown, value: unknown, labels: unknown): void => {
      if (rows.length < MOST_SERIES) rows.push({ name, value, labels });
    };
    const call = this.#collectors.get(id) as ((tell: unknown) => unknown) | undefined;
    await call?.(this.#far.harden(tell));
    return this.pages.first(rows);
  }

  /** Rows of a batch that `apply` is called with when all are there. */
  rows(number: number, kind: Kind, rows: readonly Plain[]): void {
    if (this.#batch?.number !== number) this.#batch = { number, added: [], changed: [], removed: [], moved: [] };
    (this.#batch[kind] as Plain[]).push(...rows);
  }

  /** One after the other, also where the host has given up waiting for the last. */
  async apply(number: number): Promise<Page | undefined> {
    const { added, changed, removed, moved } = this.#batch?.number === number ? this.#batch : noRows(number);
    this.#batch = undefined;
    const before = this.#applying;
    const applied = (async () => {
      await before.catch(() => {});
      const refused = [...added, ...changed].flatMap((row) => this.#whyNot(row) ?? []);
      const isGood = ({ vip }: Announcement): boolean => !refused.some((refusal) => refusal.vip === vip);
      const good = { added: added.filter(isGood), changed: changed.filter(isGood), removed };
      const refusals: unknown = await this.announcer.apply({ ...this.#far.harden(good), moved: new Set(moved) });
      return { refused, refusals };
    })();
    this.#applying = applied;
    const { refused, refusals } = await applied;
    return this.pages.first(both(refused, refusals as Iterable<unknown>));
  }

  async configure(config: Plain): Promise<boolean> {
    this.#check(config);
    return (await this.announcer.configure?.(this.#far.harden(config))) === true;
  }

  /** `{}`: nothing is known by that name. */
  async ask(what: string): Promise<Plain> {
    const found: unknown = await this.announcer.inspect?.(what);
    if (found === undefined) return {};
    const page = typeof found === "string" ? undefined : await this.pages.first(found);
    return page === undefined ? { value: found as Plain } : { page: page as unknown as Plain };
  }

  #check(config: Plain): void {
    const { config: schema } = this.#definition;
    const problems = createCheck(`plugin ${this.#far.plugin}`, schema)(config);
    const lines = problems.map(
      ({ path, found, expected }) => `config${path === "" ? "" : ` ${path}`}: found ${found}, expected ${expected}`,
    );
    if (lines.length > 0) throw new Error(lines.join("; "));
  }

  #whyNot({ vip, attributes }: Announcement): { vip: string; reason: string } | undefined {
    const [problem] = this.#attributes?.(attributes) ?? [];
    return problem && { vip, reason: `attributes ${problem.path}: found ${problem.found}, expected ${problem.expected}` };
  }
}

function* both(first: Iterable<unknown>, second: Iterable<unknown>): Generator<unknown> {
  yield* first;
  yield* second;
}

function noRows(number: number): Batch {
  return { number, added: [], changed: [], removed: [], moved: [] };
}

function nameOf(definition: PluginDefinition): string {
  try {
    const { name } = definition;
    return typeof name === "string" ? name : "?";
  } catch {
    return "?";
  }
}
