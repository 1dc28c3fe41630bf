/** The rows with a succession, over all plugins: which VIP is of which group, and who its members are. */

import { formatAddress, parseAddress } from "../rules/addresses.ts";
import type { Family, Succession } from "../rules/vocabulary.ts";

interface Followed {
  readonly vip: string;
  readonly family: Family;
  readonly plugin: string;
  readonly succession: Succession;
}

export class FollowedRows {
  /** By plugin and VIP. */
  readonly #rows = new Map<string, Followed>();
  readonly #plugins = new Map<string, Set<Family>>();

  /** Gives true where something is new. A VIP is an address in any form; undefined: it has no succession any more. */
  set(plugin: string, text: string, succession: Succession | undefined): boolean {
    const address = parseAddress(text);
    if (address === undefined) return false;
    const vip = formatAddress(address);
    const key = `${plugin} ${vip}`;
    if (succession === undefined) return this.#rows.delete(key);
    const before = this.#rows.get(key)?.succession;
    this.#plugins.set(plugin, (this.#plugins.get(plugin) ?? new Set()).add(address.family));
    this.#rows.set(key, { vip, family: address.family, plugin, succession });
    return before === undefined || before.group !== succession.group || before.members.join() !== succession.members.join();
  }

  /** The plugin has no rows any more. */
  forget(plugin: string): void {
    for (const [key, row] of this.#rows) if (row.plugin === plugin) this.#rows.delete(key);
    this.#plugins.delete(plugin);
  }

  groupOf(vip: string): string | undefined {
    for (const plugin of this.#plugins.keys()) {
      const found = this.#rows.get(`${plugin} ${vip}`);
      if (found !== undefined) return found.succession.group;
    }
    return undefined;
  }

  *successions(): Generator<Succession> {
    for (const { succession } of this.#rows.values()) yield succession;
  }

  members(): Set<string> {
    return new Set([...this.#rows.values()].flatMap(({ succession }) => succession.members));
  }

  vips(): string[] {
    return Array.from(this.#rows.values(), ({ vip }) => vip);
  }

  /** Each plugin that has or had rows, with their families. */
  plugins(): ReadonlyMap<string, ReadonlySet<Family>> {
    return this.#plugins;
  }
}
