/**
 * A program's slots as recvmmsg and sendmmsg take datagrams: bytes go straight into and out of the slots, while message headers, addresses
 * and control messages lie in memory of the host's own. A program sees of those what its descriptors say.
 */

import { CONTROL_BYTES, type Control, Descriptor, NAME_BYTES, readControl, readName, writeControl, writeName } from "./datagram-layout.ts";
import { Layout, setWord } from "./layout.ts";
import type { Libc } from "./libc.ts";
import type { LinkTable } from "./link-table.ts";

export interface Slots {
  readonly memory: Uint8Array;
  readonly base: number;
  readonly slotBytes: number;
  readonly count: number;
  /** Where the descriptors of the slots begin. */
  readonly descriptors: number;
}

export class DatagramSlots {
  readonly count: number;
  /** Address of the first header, for the kernel. */
  readonly address: number;
  readonly #slots: Slots;
  readonly #view: DataView;
  readonly #descriptors: DataView;
  readonly #iovecs: number;
  readonly #names: number;
  readonly #controls: number;
  readonly #control: Control = { hopLimit: 0, index: 0 };

  constructor(libc: Libc, slots: Slots) {
    const { count, memory } = slots;
    this.count = count;
    this.#slots = slots;
    this.#descriptors = new DataView(memory.buffer, slots.descriptors, count * Descriptor.bytes);
    this.#iovecs = count * Layout.mmsghdr;
    this.#names = this.#iovecs + count * Layout.iovec;
    this.#controls = this.#names + count * NAME_BYTES;
    const bytes = new Uint8Array(new ArrayBuffer(this.#controls + count * CONTROL_BYTES));
    this.#view = new DataView(bytes.buffer);
    this.address = libc.address(bytes);
    const first = libc.address(memory) + slots.base;
    for (let slot = 0; slot < count; slot++) this.#writePointers(slot, first + slot * slots.slotBytes);
  }

  header(slot: number): number {
    return this.address + slot * Layout.mmsghdr;
  }

  /** What the kernel wrote for a slot becomes its descriptor; the slot is then ready for the next call. */
  take(slot: number, port: number, links: LinkTable): void {
    const view = this.#view;
    const header = slot * Layout.mmsghdr;
    const descriptor = slot * Descriptor.bytes;
    const control = this.#control;
    readControl(view, this.#controls + slot * CONTROL_BYTES, view.getUint32(header + Layout.controlLength, true), control);
    readName(view, this.#names + slot * NAME_BYTES, this.#descriptors, descriptor);
    const length = view.getUint32(header + Layout.length, true);
    this.#descriptors.setUint16(descriptor + Descriptor.length, Math.min(length, 0xffff), true);
    this.#descriptors.setUint8(descriptor + Descriptor.port, port);
    this.#descriptors.setUint8(descriptor + Descriptor.hopLimit, control.hopLimit);
    this.#descriptors.setUint32(descriptor + Descriptor.link, links.idOf(control.index), true);
    this.#restore(header);
  }

  /** Makes a slot's header what its descriptor says. The descriptor may hold anything: `mayLeave` has looked at it. */
  lay(slot: number, family: 4 | 6, links: LinkTable): void {
    const view = this.#view;
    const header = slot * Layout.mmsghdr;
    const descriptor = slot * Descriptor.bytes;
    const control = this.#control;
    control.hopLimit = this.#descriptors.getUint8(descriptor + Descriptor.hopLimit);
    control.index = links.find(this.#descriptors.getUint32(descriptor + Descriptor.link, true))?.index ?? 0;
    const nameLength = writeName(view, this.#names + slot * NAME_BYTES, this.#descriptors, descriptor, control.index);
    view.setUint32(header + Layout.nameLength, nameLength, true);
    setWord(view, header + Layout.controlLength, writeControl(view, this.#controls + slot * CONTROL_BYTES, family, control));
    const length = this.#descriptors.getUint16(descriptor + Descriptor.length, true);
    setWord(view, this.#iovecs + slot * Layout.iovec + Layout.iovecLength, Math.min(length, this.#slots.slotBytes));
  }

  #writePointers(slot: number, bytes: number): void {
    const header = slot * Layout.mmsghdr;
    const iovec = this.#iovecs + slot * Layout.iovec;
    setWord(this.#view, header + Layout.name, this.address + this.#names + slot * NAME_BYTES);
    setWord(this.#view, header + Layout.iov, this.address + iovec);
    setWord(this.#view, header + Layout.iovLength, 1);
    setWord(this.#view, header + Layout.control, this.address + this.#controls + slot * CONTROL_BYTES);
    setWord(this.#view, iovec, bytes);
    setWord(this.#view, iovec + Layout.iovecLength, this.#slots.slotBytes);
    this.#restore(header);
  }

  /** The kernel writes how much it used over how much there is. */
  #restore(header: number): void {
    this.#view.setUint32(header + Layout.nameLength, NAME_BYTES, true);
    setWord(this.#view, header + Layout.controlLength, CONTROL_BYTES);
  }
}
