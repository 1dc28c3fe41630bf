/**
 * A plugin's packet program as its context shows it: names of links and texts of addresses on this side, ids and bytes on the
 * side of the packet service. It follows the links: one that comes, goes, or changes its MAC is attached anew without the plugin.
 */

import type { Log, Program, ProgramEvent, ProgramRow, Refusal } from "../announcer.ts";
import type { LinkSource } from "../packets/links.ts";
import { ROW_BYTES, type RawEvent, type RowCounters } from "../packets/program.ts";
import type { PacketService } from "../packets/service.ts";
import { formatAddress, parseAddress } from "../rules/addresses.ts";
import type { Grants } from "./grants.ts";

const STATES = { active: 1, standby: 2, draining: 3 } as const;
const EVENT_KINDS: Readonly<Record<number, ProgramEvent["kind"]>> = { 1: "conflict" };
const EVERY_LINK = 0xffff_ffff_ffff_ffffn;

export interface ProgramPort extends Program {
  /** Counters of every row that the program has, by address. */
  counters(): Promise<Map<string, RowCounters>>;
  close(): void;
}

export interface ProgramHost {
  readonly service: PacketService;
  readonly links: LinkSource;
  readonly grants: Grants;
  readonly log: Log;
}

/** Loads the program and gives the port to it. `match`: the frames that the plugin's grant names. */
export async function openProgram(name: string, module: WebAssembly.Module, match: { etherType: number; ipProtocol?: number }, host: ProgramHost): Promise<ProgramPort> {
  const { service, links, grants, log } = host;
  const seed = crypto.getRandomValues(new Uint32Array(2));
  await service.addProgram(name, module, match, [seed[0] ?? 0, seed[1] ?? 0]);
  const rowIds = new Map<string, number>();
  const listeners: ((event: ProgramEvent) => void)[] = [];
  let wanted: ReadonlySet<string> = new Set();
  const complaints = new Map<string, string>();

  const attach = async (): Promise<void> => {
    const failures = await service.attach(name, links.all().filter((link) => wanted.has(link.name)));
    for (const { link, error } of failures) if (complaints.get(link) !== error) log.warn("Cannot attach link", { link, error });
    complaints.clear();
    for (const { link, error } of failures) complaints.set(link, error);
  };
  const watch = links.watch(() => void attach().catch((error: Error) => log.error("Cannot follow the links", { error: error.message })));
  service.onEvent((program, event) => {
    if (program === name) for (const call of listeners) call(toEvent(event, links));
  });

  return {
    async attach(names) {
      for (const link of names) grants.demand({ kind: "frame", link, ...match });
      wanted = new Set(names);
      await attach();
    },
    async put(rows) {
      const refusals: Refusal[] = [];
      const good = rows.filter((row) => parseAddress(row.address) !== undefined || refusals.push({ vip: row.address, reason: "not an address" }) < 0);
      const records = packRows(good, (link) => links.id(link));
      const { ids, refused } = await service.put(name, records);
      good.forEach((row, at) => void rowIds.set(row.address, ids[at] as number));
      for (const { at, reason } of refused) {
        const vip = good[at]?.address as string;
        rowIds.delete(vip);
        refusals.push({ vip, reason });
      }
      return refusals;
    },
    async remove(addresses) {
      const known = addresses.filter((address) => rowIds.has(address));
      await service.remove(name, packRows(known.map(rowOf), () => 0));
      for (const address of known) rowIds.delete(address);
    },
    onEvent(call) {
      listeners.push(call);
      return () => void listeners.splice(listeners.indexOf(call), listeners.includes(call) ? 1 : 0);
    },
    async counters() {
      const addresses = [...rowIds.keys()];
      const counters = await service.counters(name, Int32Array.from(rowIds.values()));
      return new Map(addresses.map((address, at) => [address, counters[at] as RowCounters]));
    },
    close: watch,
  };
}

function rowOf(address: string): ProgramRow {
  return { address, family: parseAddress(address)?.family ?? 4, links: null, state: "active" };
}

/** `docs/packet-programs.md` "Rows": 64 bytes a row. */
export function packRows(rows: readonly ProgramRow[], linkId: (name: string) => number): Uint8Array {
  const records = new Uint8Array(rows.length * ROW_BYTES);
  const view = new DataView(records.buffer);
  rows.forEach((row, index) => {
    const at = index * ROW_BYTES;
    records[at] = row.family;
    records[at + 1] = STATES[row.state];
    const mask = row.links === null ? EVERY_LINK : row.links.reduce((bits, link) => bits | (1n << BigInt(linkId(link))), 0n);
    view.setBigUint64(at + 8, mask, true);
    const { family, value } = parseAddress(row.address) ?? { family: 4, value: 0n };
    if (family === 4) view.setUint32(at + 16, Number(value));
    else {
      view.setBigUint64(at + 16, value >> 64n);
      view.setBigUint64(at + 24, value & 0xffff_ffff_ffff_ffffn);
    }
    if (row.attributes !== undefined) records.set(row.attributes.subarray(0, 32), at + 32);
  });
  return records;
}

function toEvent(event: RawEvent, links: LinkSource): ProgramEvent {
  const isIPv4 = event.address.subarray(4).every((byte) => byte === 0);
  const hex = Buffer.from(isIPv4 ? event.address.subarray(0, 4) : event.address).toString("hex");
  return {
    kind: EVENT_KINDS[event.kind] ?? event.kind,
    address: formatAddress({ family: isIPv4 ? 4 : 6, value: BigInt(`0x${hex}`) }),
    link: links.all().find(({ id }) => id === event.link)?.name ?? `link ${event.link}`,
    mac: Array.from(event.mac, (byte) => byte.toString(16).padStart(2, "0")).join(":"),
  };
}
