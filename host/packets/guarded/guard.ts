/**
 * Module `guard` for one plugin: what it may send, which addresses are assigned to it now, and the memory in which its frames are looked at
 * and from which they leave.
 */

import { macNumber } from "../program.ts";
import { Row } from "../row-layout.ts";
import { loadModule } from "../wasm.ts";
import type { FrameRule, HostRule, SendRules } from "./rules.ts";

/** The guard of `dist/wasm/guard.wasm`. Memory offsets and sizes are in bytes. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  setLink(link: number, mac: number): void;
  useRules(frames: number, hosts: number): void;
  assign(): number;
  free(): void;
  checkFrame(at: number, length: number, link: number): number;
  checkDatagram(at: number): number;
}

type Numbers = Readonly<Record<string, number>>;

const ADDRESS_BYTES = 16;

export class Guard {
  /** The guard's own, which no plugin can reach; `area` is where the host may put what it likes. */
  readonly memory: Uint8Array;
  readonly area: number;
  readonly areaBytes: number;
  /** By the number that a check gives; the first, none, is that of what may leave. */
  readonly dropNames: readonly string[];
  readonly #exports: Exports;
  readonly #numbers: Numbers;
  readonly #view: DataView;

  constructor() {
    const { exports } = new WebAssembly.Instance(loadModule("guard"));
    const globals = Object.entries(exports).filter(
      (entry): entry is [string, WebAssembly.Global] => entry[1] instanceof WebAssembly.Global,
    );
    this.#exports = exports as unknown as Exports;
    this.#numbers = Object.fromEntries(globals.map(([name, { value }]) => [name, value]));
    const names: string[] = [];
    for (const [name, { value }] of globals)
      if (name.startsWith("Drop."))
        names[value] = name
          .slice("Drop.".length)
          .replace(/(?<=[a-z0-9])[A-Z]/g, "_$&")
          .toLowerCase();
    this.dropNames = names;
    const { buffer } = this.#exports.memory;
    this.memory = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.area = this.#number("AREA");
    this.areaBytes = this.#number("AREA_BYTES");
  }

  /** From now on these hold, and no others. Throws where there are more than it has room for: nothing has changed then. */
  setRules({ frames, hosts }: SendRules): void {
    demandRoom("frame", frames.length, this.#number("FRAME_RULES"));
    demandRoom("udp", hosts.length, this.#number("HOST_RULES"));
    const place = (table: string, at: number) => this.#number(`${table}_TABLE`) + at * this.#number(`${table}_RULE_BYTES`);
    for (const [at, rule] of frames.entries()) this.#writeFrameRule(place("FRAME", at), rule);
    for (const [at, rule] of hosts.entries()) this.#writeHostRule(place("HOST", at), rule);
    this.#exports.useRules(frames.length, hosts.length);
  }

  /** `mac`: empty where the link has none. */
  setLink(link: number, mac: string): void {
    this.#exports.setLink(link, macNumber(mac));
  }

  /** `row`: its family and address count. False: there is no room for more addresses. */
  assign(row: Uint8Array): boolean {
    this.#writeAddress(row);
    return this.#exports.assign() !== 0;
  }

  free(row: Uint8Array): void {
    this.#writeAddress(row);
    this.#exports.free();
  }

  /** A frame of `length` bytes at `at`, in the area: 0, or the number of the reason why it may not leave on that link. */
  checkFrame(at: number, length: number, link: number): number {
    return this.#exports.checkFrame(at, length, link);
  }

  /** As `checkFrame`, of the receiver that a descriptor at `at`, in the area, names. */
  checkDatagram(at: number): number {
    return this.#exports.checkDatagram(at);
  }

  #writeFrameRule(at: number, { isDenial, links, etherType, ipProtocol, source }: FrameRule): void {
    const view = this.#view;
    const flags = (isDenial ? this.#number("DENIED") : 0) | (source === undefined ? 0 : this.#number("HAS_SOURCE"));
    view.setBigUint64(at + this.#number("FRAME_LINKS"), links, true);
    this.#writeMac(at + this.#number("FRAME_MAC"), source?.value ?? 0);
    view.setUint16(at + this.#number("FRAME_ETHERTYPE"), etherType, true);
    this.#writeMac(at + this.#number("FRAME_MASK"), source?.mask ?? 0);
    view.setUint16(at + this.#number("FRAME_PROTOCOL"), ipProtocol ?? this.#number("ANY_PROTOCOL"), true);
    view.setUint8(at + this.#number("FRAME_FLAGS"), flags);
  }

  #writeMac(at: number, mac: number): void {
    this.#view.setUint16(at, Math.floor(mac / 2 ** 32));
    this.#view.setUint32(at + 2, mac % 2 ** 32);
  }

  #writeHostRule(at: number, { isDenial, first, last, port }: HostRule): void {
    const flags = (isDenial ? this.#number("DENIED") : 0) | (port === undefined ? this.#number("ANY_PORT") : 0);
    this.memory.set(first, at + this.#number("HOST_FIRST"));
    this.memory.set(last, at + this.#number("HOST_LAST"));
    this.#view.setUint16(at + this.#number("HOST_PORT"), port ?? 0, true);
    this.#view.setUint8(at + this.#number("HOST_FLAGS"), flags);
  }

  /** IPv4 in its mapped form. */
  #writeAddress(row: Uint8Array): void {
    const at = this.#number("ADDRESS");
    const address = row.subarray(Row.address, Row.address + ADDRESS_BYTES);
    if (row[Row.family] === 6) this.memory.set(address, at);
    else this.memory.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address.subarray(0, 4)], at);
  }

  #number(name: string): number {
    return this.#numbers[name] as number;
  }
}

function demandRoom(kind: string, found: number, most: number): void {
  if (found > most) throw new Error(`Cannot keep ${found} ${kind} permissions of a plugin apart: expected at most ${most}`);
}
