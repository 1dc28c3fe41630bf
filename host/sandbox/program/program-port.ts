/**
 * A plugin's packet program as its context shows it: names of links and texts of addresses on this side, ids and bytes on the
 * side of the packet service. It follows the links: one that comes, goes, or changes its MAC is attached anew without the plugin.
 *
 * The service takes calls in the order in which they are made, so what was asked last is what holds. Each change of the links is
 * handed on at once: a link that is down for a moment must be seen down, or nothing would be announced when it is back.
 */

import type { AttachOptions, DatagramBinding, Log, Program, ProgramEvent, ProgramRow, Refusal } from "../../announcer.ts";
import type { Members } from "../../liveness/members.ts";
import type { Membership } from "../../liveness/ownership/world.ts";
import type { FrameMatch } from "../../packets/filter.ts";
import type { LinkSource } from "../../packets/links.ts";
import type { MulticastGroups } from "../../packets/multicast-groups.ts";
import { ROW_BYTES, type RowCounters } from "../../packets/program.ts";
import type { PacketService } from "../../packets/service.ts";
import type { WasmModule } from "../../packets/wasm.ts";
import type { WireLink } from "../../packets/wire.ts";
import { formatAddress, parseAddress } from "../../rules/addresses.ts";
import type { Grants } from "../permissions/grants.ts";
import { hostText } from "../permissions/host-scope.ts";
import { readSocketAddress } from "../powers/socket-address.ts";
import { type GuardParts, ProgramGuard } from "./program-guard.ts";
import { readEvent, writeAddress, writeRow } from "./program-rows.ts";
import { Receptions } from "./reception.ts";
import { SolicitedNodes } from "./solicited-nodes.ts";

const RETRY_MS = 1000;
const ETHERTYPE_IPV6 = 0x86dd;
const ICMPV6 = 58;

export interface ProgramPort extends Program {
  /** Counters of every row that the program has, by address. */
  counters(): Promise<Map<string, RowCounters>>;
  /** Unloads the program: its ports are closed, its rows forgotten. */
  close(): Promise<void>;
}

export interface ProgramHost {
  readonly node: string;
  readonly service: PacketService;
  /** Of a program that is not built in; its service is the one above. */
  readonly guard?: GuardParts | undefined;
  readonly links: LinkSource;
  /** Absent: a wire that carries every frame to everybody. */
  readonly groups?: (() => MulticastGroups) | undefined;
  /** Absent: no link is. */
  readonly isWireless?: ((link: string) => boolean) | undefined;
  /** Hears of every row with a succession. */
  readonly members?: Pick<Members, "follow" | "forget"> | undefined;
  readonly grants: Grants;
  /** Hears each event of the program, as the plugin does. */
  readonly onEvent?: ((event: ProgramEvent) => void) | undefined;
  readonly log: Log;
}

/** Loads a program for the plugin and gives the port to it. `match`: its frames; undefined for one of datagrams only. */
export async function openProgram(
  plugin: string,
  module: WasmModule,
  match: FrameMatch | undefined,
  host: ProgramHost,
): Promise<ProgramPort> {
  const [low = 0, high = 0] = crypto.getRandomValues(new Uint32Array(2));
  await host.service.addProgram(plugin, module, match, [low, high]);
  try {
    return new Port(plugin, match, host);
  } catch (error) {
    await host.service.removeProgram(plugin);
    throw error;
  }
}

class Port implements ProgramPort {
  readonly #name: string;
  readonly #match: FrameMatch | undefined;
  readonly #host: ProgramHost;
  /** Of a program that hears ICMPv6. */
  readonly #groups: SolicitedNodes | undefined;
  readonly #receptions: Receptions;
  readonly #guard: ProgramGuard | undefined;
  readonly #closes: readonly (() => void)[];
  readonly #listeners = new Set<(event: ProgramEvent) => void>();
  /** Canonical address → row of the program. */
  readonly #rows = new Map<string, number>();
  /** Link → why it could not be attached. */
  #failures: ReadonlyMap<string, string> = new Map();
  #wanted: ReadonlySet<string> = new Set();
  /** The links that the service has attached; undefined while that is not sure. */
  #attached: string | undefined;
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(name: string, match: FrameMatch | undefined, host: ProgramHost) {
    this.#name = name;
    this.#match = match;
    this.#host = host;
    const hearsIcmp = match?.etherType === ETHERTYPE_IPV6 && match.ipProtocol === ICMPV6;
    this.#groups = hearsIcmp && host.groups !== undefined ? new SolicitedNodes(host.groups(), host.log) : undefined;
    this.#receptions = new Receptions(host.isWireless ?? (() => false), host.log);
    this.#guard = host.guard && new ProgramGuard(name, host.guard, host.grants, host.log);
    this.#closes = [
      host.links.watch(() => this.#follow()),
      host.service.onEvent((program, event) => {
        if (program !== name) return;
        const linkName = (id: number) => host.links.all().find((link) => link.id === id)?.name ?? `link ${id}`;
        const translated = readEvent(event, linkName, (address) => this.#rows.has(address));
        for (const call of this.#listeners) call(translated);
        host.onEvent?.(translated);
      }),
    ];
  }

  async attach(names: readonly string[], { promiscuous = false }: AttachOptions = {}): Promise<void> {
    const match = this.#match;
    // Without frames a link is a name for where datagrams come from, and opens nothing.
    if (match !== undefined) for (const link of names) this.#host.grants.demand({ kind: "frame", link, ...match });
    this.#wanted = new Set(names);
    this.#receptions.setPromiscuous(promiscuous);
    await this.#attach();
  }

  async bind(datagramPort: number, { address, port, link: name, ...options }: DatagramBinding): Promise<number> {
    this.#demandLife();
    const { service, links, grants } = this.#host;
    const at = readSocketAddress(address);
    grants.demand({ kind: "udp", host: hostText(at.bare, port) });
    const link = links.all().find((candidate) => candidate.name === name);
    if (name !== undefined && link === undefined) throw new Error(`Cannot bind a datagram port on ${name}: no such link`);
    const place = link === undefined ? {} : { link: { name: link.name, index: link.index } };
    const chosen = await service.openDatagrams(this.#name, datagramPort, { address: at.text, udpPort: port, ...options, ...place });
    try {
      grants.demandNotDenied({ kind: "udp", host: hostText(at.bare, chosen) });
    } catch (error) {
      await service.closeDatagrams(this.#name, datagramPort);
      throw error;
    }
    return chosen;
  }

  async unbind(datagramPort: number): Promise<void> {
    this.#demandLife();
    await this.#host.service.closeDatagrams(this.#name, datagramPort);
  }

  async put(rows: Parameters<Program["put"]>[0]): Promise<readonly Refusal[]> {
    this.#demandLife();
    const refusals: Refusal[] = [];
    const good: ProgramRow[] = [];
    const records = new Uint8Array(rows.length * ROW_BYTES);
    for (const row of rows) {
      const record = records.subarray(good.length * ROW_BYTES, (good.length + 1) * ROW_BYTES);
      try {
        writeRow(record, { ...row, links: row.links && this.#mayName(row.links) }, (link) => this.#host.links.id(link));
        if (this.#guard?.has(row.address) === false) throw new Error("it is not assigned to this plugin now");
        good.push(row);
        this.#groups?.put(row.address, row.links);
        this.#host.members?.follow(this.#name, row.address, row.succession);
      } catch (error) {
        record.fill(0);
        refusals.push({ vip: row.address, reason: (error as Error).message });
      }
    }
    const { ids, refused } = await this.#host.service.put(this.#name, records.slice(0, good.length * ROW_BYTES), this.#memberships(good));
    for (const [at, { address }] of good.entries()) this.#rows.set(canonical(address), ids[at] as number);
    for (const { at, reason } of refused) {
      const { address } = good[at] as ProgramRow;
      this.#forget(address);
      refusals.push({ vip: address, reason });
    }
    return refusals;
  }

  /** Undefined where no row has a succession that this node is in. */
  #memberships(rows: readonly ProgramRow[]): (Membership | undefined)[] | undefined {
    if (this.#guard !== undefined) return undefined;
    const memberships = rows.map(({ succession }) => {
      const at = succession?.members.indexOf(this.#host.node) ?? -1;
      return succession === undefined || at < 0 ? undefined : { ...succession, at };
    });
    return memberships.some((membership) => membership !== undefined) ? memberships : undefined;
  }

  async remove(addresses: readonly string[], moved?: ReadonlySet<string>): Promise<void> {
    this.#demandLife();
    const good = addresses.filter((address) => parseAddress(address) !== undefined);
    const records = new Uint8Array(good.length * ROW_BYTES);
    for (const [at, address] of good.entries()) writeAddress(records.subarray(at * ROW_BYTES), address);
    const flags = moved && Uint8Array.from(good, (address) => Number(moved.has(address)));
    await this.#host.service.remove(this.#name, records, flags);
    for (const address of good) this.#forget(address);
  }

  #forget(address: string): void {
    this.#rows.delete(canonical(address));
    this.#groups?.remove(address);
    this.#host.members?.follow(this.#name, address, undefined);
  }

  onEvent(call: (event: ProgramEvent) => void): () => void {
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  async counters(): Promise<Map<string, RowCounters>> {
    const addresses = [...this.#rows.keys()];
    const counters = await this.#host.service.counters(this.#name, Int32Array.from(this.#rows.values()));
    return new Map(addresses.map((address, at) => [address, counters[at] as RowCounters]));
  }

  async close(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const close of this.#closes) close();
    this.#guard?.end();
    this.#groups?.close();
    clearTimeout(this.#retry);
    this.#listeners.clear();
    const { service, members, log } = this.#host;
    members?.forget(this.#name);
    // A service that has ended has closed everything itself.
    await service
      .removeProgram(this.#name)
      .catch((error: Error) => log.debug("Packet program went with its worker", { error: error.message }));
    await this.#guard?.release();
  }

  /** Most changes of the links are nothing to the service: those of others, and of addresses. */
  #follow(): void {
    if (this.#wanted.size === 0) return;
    const { found } = this.#find();
    this.#groups?.follow(found);
    if (this.#attached === JSON.stringify(found)) return;
    this.#attach().catch((error: Error) => this.#hasEnded || this.#host.log.error("Cannot follow the links", { error: error.message }));
  }

  async #attach(): Promise<void> {
    this.#demandLife();
    this.#attempts += 1;
    const attempt = this.#attempts;
    clearTimeout(this.#retry);
    const { found, failures } = this.#find();
    this.#attached = undefined;
    this.#groups?.follow(found);
    if (this.#guard !== undefined) await this.#guard.follow(found);
    for (const { link, error } of await this.#host.service.attach(this.#name, found)) failures.set(link, error);
    if (attempt !== this.#attempts || this.#hasEnded) return;
    this.#tell(failures);
    if (failures.size === 0) this.#attached = JSON.stringify(found);
    else this.#retry = setTimeout(() => this.#follow(), RETRY_MS);
  }

  /** The wanted links that exist. Asking for an id keeps it from links that nobody wants. */
  #find(): { found: readonly WireLink[]; failures: Map<string, string> } {
    const { links } = this.#host;
    const failures = new Map<string, string>();
    for (const name of this.#mayName([...this.#wanted])) {
      try {
        links.id(name);
      } catch (error) {
        failures.set(name, (error as Error).message);
      }
    }
    const wanted = links.all().filter(({ name }) => this.#wanted.has(name) && !failures.has(name));
    const wide = (name: string) => (this.#match === undefined ? {} : this.#receptions.of(name));
    return { found: wanted.map(({ id, name, index, mac, up }) => ({ id, name, index, mac, up, ...wide(name) })), failures };
  }

  /** Ids are few, and kept for good: a program that is not built in has none of links that are not there. */
  #mayName(names: readonly string[]): readonly string[] {
    if (this.#guard === undefined) return names;
    const there = new Set(this.#host.links.all().map(({ name }) => name));
    return names.filter((name) => there.has(name));
  }

  #tell(failures: ReadonlyMap<string, string>): void {
    for (const [link, error] of failures) {
      if (this.#failures.get(link) !== error) this.#host.log.warn("Cannot attach link; trying again", { link, error });
    }
    for (const link of this.#failures.keys()) if (!failures.has(link)) this.#host.log.info("Attached link after all", { link });
    this.#failures = failures;
  }

  #demandLife(): void {
    if (this.#hasEnded) throw new Error(`Cannot use the packet program of plugin ${this.#name}: it has stopped`);
  }
}

function canonical(address: string): string {
  const parsed = parseAddress(address);
  return parsed === undefined ? address : formatAddress(parsed);
}
