/** The structs of datagrams for both word sizes, against what a C compiler says of them (gcc 12, glibc 2.36, -m64 and -m32). */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CONTROL_BYTES, type Control, Descriptor, NAME_BYTES, readControl, readName, writeControl, writeName } from "./datagram-layout.ts";
import { layouts, type StructLayout } from "./layout.ts";

const LAYOUT = suite("datagram layout");

const C: Readonly<Record<32 | 64, Partial<StructLayout>>> = {
  64: { mmsghdr: 64, name: 0, nameLength: 8, iov: 16, iovLength: 24, control: 32, controlLength: 40, length: 56, iovec: 16, cmsghdr: 16 },
  32: { mmsghdr: 32, name: 0, nameLength: 4, iov: 8, iovLength: 12, control: 16, controlLength: 20, length: 28, iovec: 8, cmsghdr: 12 },
};

/** Interface 7 and hop limit 255, as a C program would write them. */
const PACKET_INFO: Readonly<Record<32 | 64, Readonly<Record<4 | 6, string>>>> = {
  64: {
    4: "1c00000000000000 00000000 08000000 07000000 00000000 00000000 00000000 1400000000000000 00000000 02000000 ff000000 00000000",
    6: `2400000000000000 29000000 32000000 ${"00".repeat(16)} 07000000 00000000 1400000000000000 29000000 34000000 ff000000 00000000`,
  },
  32: {
    4: "18000000 00000000 08000000 07000000 00000000 00000000 10000000 00000000 02000000 ff000000",
    6: `20000000 29000000 32000000 ${"00".repeat(16)} 07000000 10000000 29000000 34000000 ff000000`,
  },
};

const bits = [32, 64] as const;
const families = [4, 6] as const;
const hex = (view: DataView, length: number) => Buffer.from(view.buffer, view.byteOffset, length).toString("hex");
const viewOf = (text: string) => new DataView(new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex")).buffer);

for (const width of bits) {
  const layout = layouts[width];

  LAYOUT(`${width}-bit structs are those of C`, () => {
    for (const [field, value] of Object.entries(C[width])) assert.is(layout[field as keyof StructLayout], value, field);
    assert.is(layout.word, width / 8);
  });

  for (const family of families) {
    const expected = PACKET_INFO[width][family].replaceAll(" ", "");

    LAYOUT(`${width}-bit control messages of IPv${family} are those of C`, () => {
      // What lies there from before must not show through.
      const view = new DataView(new Uint8Array(CONTROL_BYTES).fill(0xee).buffer);
      const length = writeControl(view, 0, family, { hopLimit: 255, index: 7 }, layout);
      assert.is(length, expected.length / 2);
      assert.ok(length <= CONTROL_BYTES);
      const written = Buffer.from(view.buffer, 0, length);
      // The padding after each is nobody's.
      const gap = layout.word === 8 ? 4 : 0;
      written.fill(0, length - gap);
      if (family === 6 && gap > 0) written.fill(0, 36, 40);
      if (family === 4 && gap > 0) written.fill(0, 28, 32);
      assert.is(written.toString("hex"), expected);

      const read: Control = { hopLimit: 1, index: 1 };
      readControl(viewOf(expected), 0, expected.length / 2, read, layout);
      assert.equal(read, { hopLimit: 255, index: 7 });
    });

    LAYOUT(`${width}-bit control messages of IPv${family} say nothing where there is nothing to say`, () => {
      const view = new DataView(new ArrayBuffer(CONTROL_BYTES));
      assert.is(writeControl(view, 0, family, { hopLimit: 0, index: 0 }, layout), 0);
      const one = writeControl(view, 0, family, { hopLimit: 64, index: 0 }, layout);
      const read: Control = { hopLimit: 9, index: 9 };
      readControl(view, 0, one, read, layout);
      assert.equal(read, { hopLimit: 64, index: 0 });
      readControl(view, 0, 0, read, layout);
      assert.equal(read, { hopLimit: 0, index: 0 });
    });
  }

  LAYOUT(`${width}-bit control messages may be anything and cut anywhere`, () => {
    const messages = fc.uint8Array({ maxLength: CONTROL_BYTES });
    fc.assert(
      fc.property(messages, fc.nat(40), (bytes, first) => {
        // Half of them begin with a length that is not absurd.
        if (bytes.length > 4 && first > 20) bytes.set([first, 0, 0, 0]);
        const read: Control = { hopLimit: 0, index: 0 };
        readControl(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, read, layout);
      }),
      { numRuns: 3000 },
    );
    const whole = viewOf(PACKET_INFO[width][6]);
    for (let length = 0; length <= whole.byteLength; length++) {
      const cut = new DataView(whole.buffer.slice(0, length));
      readControl(cut, 0, length, { hopLimit: 0, index: 0 }, layout);
    }
  });
}

LAYOUT("a sender's address becomes that of a descriptor, and back", () => {
  const names = {
    4: "0200 0ec8 c0000207 0000000000000000",
    6: "0a00 0ec8 00000000 20010db8000000000000000000000009 05000000",
  };
  const peers = { 4: "c0000207".padEnd(32, "0"), 6: "20010db8000000000000000000000009" };
  for (const family of families) {
    const descriptor = new DataView(new Uint8Array(Descriptor.bytes).fill(0xee).buffer);
    readName(viewOf(names[family].padEnd(NAME_BYTES * 2, "0")), 0, descriptor, 0);
    assert.is(descriptor.getUint16(Descriptor.peerPort, true), 3784);
    assert.is(descriptor.getUint8(Descriptor.peerFamily), family);
    assert.is(Buffer.from(descriptor.buffer, Descriptor.peer, 16).toString("hex"), peers[family]);
    const name = new DataView(new ArrayBuffer(NAME_BYTES));
    const length = writeName(name, 0, descriptor, 0, 5);
    assert.is(length, family === 4 ? 16 : 28);
    assert.is(hex(name, length), names[family].replaceAll(" ", ""));
  }
});

LAYOUT.run();
