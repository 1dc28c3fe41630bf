/**
 * The solicited-node groups of a packet program's rows: who looks for an IPv6 address sends to a group that its last 24 bits name (RFC 4291
 * §2.7.1), so this machine joins that of every row on every link of it, before the program answers for the row. Several rows may share one.
 *
 * Where a link does not let it join, what a switch sends everywhere is answered all the same; it is tried again whenever links change.
 */

import type { Log } from "../../announcer.ts";
import type { MulticastGroups } from "../../packets/multicast-groups.ts";
import { parseAddress } from "../../rules/addresses.ts";

const LAST_BITS = 0xffffffn;

interface GroupLink {
  readonly name: string;
  readonly index: number;
}

interface Group {
  readonly octets: Uint8Array;
  /** Address → its links by name, or null for all. */
  readonly rows: Map<bigint, readonly string[] | null>;
  /** Indexes of the links on which it is joined. */
  readonly joined: Set<number>;
}

export class SolicitedNodes {
  readonly #kernel: MulticastGroups;
  readonly #log: Log;
  /** By the last 24 bits. */
  readonly #groups = new Map<bigint, Group>();
  #links: readonly GroupLink[] = [];
  /** Link → why it refused a group. */
  readonly #failures = new Map<string, string>();

  constructor(kernel: MulticastGroups, log: Log) {
    this.#kernel = kernel;
    this.#log = log;
  }

  /** The links that the program has from now on. */
  follow(links: readonly GroupLink[]): void {
    const isSame = links.length === this.#links.length && links.every(({ index }, at) => index === this.#links[at]?.index);
    if (isSame && this.#failures.size === 0) return;
    this.#links = links.map(({ name, index }) => ({ name, index }));
    const refusedBefore = new Map(this.#failures);
    this.#failures.clear();
    for (const group of this.#groups.values()) this.#settle(group, refusedBefore);
    for (const name of refusedBefore.keys()) {
      if (!this.#failures.has(name) && links.some((link) => link.name === name)) this.#log.info("Joined groups after all", { link: name });
    }
  }

  /** Anything but an IPv6 address has no group. */
  put(address: string, links: readonly string[] | null): void {
    const parsed = parseAddress(address);
    if (parsed?.family !== 6) return;
    const key = parsed.value & LAST_BITS;
    const group = this.#groups.get(key) ?? { octets: groupOctets(key), rows: new Map(), joined: new Set() };
    this.#groups.set(key, group);
    group.rows.set(parsed.value, links);
    this.#settle(group, this.#failures);
  }

  remove(address: string): void {
    const parsed = parseAddress(address);
    const key = (parsed?.value ?? 0n) & LAST_BITS;
    const group = this.#groups.get(key);
    if (parsed?.family !== 6 || group?.rows.delete(parsed.value) !== true) return;
    this.#settle(group, this.#failures);
    if (group.rows.size === 0) this.#groups.delete(key);
  }

  close(): void {
    this.#groups.clear();
    this.#kernel.close();
  }

  #settle({ octets, rows, joined }: Group, told: ReadonlyMap<string, string>): void {
    const wanted = [...rows.values()];
    const links = this.#links.filter(({ name }) => wanted.some((names) => names === null || names.includes(name)));
    for (const index of joined) {
      if (links.some((link) => link.index === index)) continue;
      joined.delete(index);
      this.#kernel.leave(index, octets);
    }
    for (const link of links) {
      if (joined.has(link.index)) continue;
      try {
        this.#kernel.join(link, octets);
        joined.add(link.index);
      } catch (error) {
        const { message } = error as Error;
        if (told.get(link.name) !== message && !this.#failures.has(link.name))
          this.#log.warn("Switches may keep solicitations from us; trying again", { link: link.name, error: message });
        this.#failures.set(link.name, message);
      }
    }
  }
}

function groupOctets(key: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(`ff0200000000000000000001ff${key.toString(16).padStart(6, "0")}`, "hex"));
}
