import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWith, tool } from "../../workbench/testing/requirements.ts";
import { captureFrames, isCapture } from "./capture.ts";

const capture = suite("capture");

const frames = ["ffffffffffff0200000000010806", "02000000000a02000000000108004500", "0180c2000000020000000002002642"];
const bytes = (hex: string) => Buffer.from(hex.replace(/\s/g, ""), "hex");

/** A number in the file's byte order. */
type Order = "little" | "big";
function number(order: Order, width: 2 | 4, value: number): Buffer {
  const buffer = Buffer.alloc(width);
  buffer.writeUIntBE(value, 0, width);
  return order === "big" ? buffer : buffer.reverse();
}

function pcap(order: Order, magic = 0xa1b2c3d4, linkType = 1): Buffer {
  const u32 = (value: number) => number(order, 4, value);
  const header = [u32(magic), number(order, 2, 2), number(order, 2, 4), u32(0), u32(0), u32(65535), u32(linkType)];
  const records = frames.flatMap((frame) => [u32(1), u32(2), u32(frame.length / 2), u32(1500), bytes(frame)]);
  return Buffer.concat([...header, ...records]);
}

function block(order: Order, type: number, ...body: Buffer[]): Buffer {
  const whole = Buffer.concat(body);
  const padded = Buffer.concat([whole, Buffer.alloc(-whole.length & 3)]);
  const length = number(order, 4, padded.length + 12);
  return Buffer.concat([number(order, 4, type), length, padded, length]);
}

const section = (order: Order) =>
  block(order, 0x0a0d0d0a, number(order, 4, 0x1a2b3c4d), number(order, 2, 1), number(order, 2, 0), Buffer.alloc(8, 0xff));
const device = (order: Order, linkType = 1, most = 0) =>
  block(order, 1, number(order, 2, linkType), number(order, 2, 0), number(order, 4, most));
function enhanced(order: Order, on: number, frame: string, length = frame.length / 2): Buffer {
  const u32 = (value: number) => number(order, 4, value);
  return block(order, 6, u32(on), u32(0), u32(0), u32(length), u32(length), bytes(frame));
}

const read = (file: Buffer) => Array.from(captureFrames(file), (frame) => Buffer.from(frame).toString("hex"));

for (const order of ["little", "big"] as const) {
  for (const magic of [0xa1b2c3d4, 0xa1b23c4d]) {
    capture(`captureFrames() reads pcap, ${order} endian, magic ${magic.toString(16)}`, () => {
      assert.is(isCapture(pcap(order, magic)), true);
      assert.equal(read(pcap(order, magic)), frames);
    });
  }

  capture(`captureFrames() reads pcapng, ${order} endian, and passes over blocks without packets`, () => {
    const [first = "", second = "", third = ""] = frames;
    const statistics = block(order, 5, Buffer.alloc(12));
    const old = block(
      order,
      2,
      number(order, 2, 1),
      number(order, 2, 0),
      Buffer.alloc(8),
      number(order, 4, second.length / 2),
      number(order, 4, 99),
      bytes(second),
    );
    const simple = block(order, 3, number(order, 4, 1500), bytes(third));
    const most = third.length / 2;
    const file = Buffer.concat([section(order), device(order, 1, most), device(order), enhanced(order, 1, first), statistics, old, simple]);
    assert.is(isCapture(file), true);
    assert.equal(read(file), frames);
  });
}

capture("captureFrames() reads sections of different byte order, each with interfaces of its own", () => {
  const [first = "", second = ""] = frames;
  const file = [
    section("little"),
    device("little"),
    enhanced("little", 0, first),
    section("big"),
    device("big"),
    enhanced("big", 0, second),
  ];
  assert.equal(read(Buffer.concat(file)), [first, second]);
});

capture("captureFrames() gives out what is whole before it says where the file ends", () => {
  const file = pcap("little");
  for (const cut of [1, 15, 16, 30]) {
    const found: string[] = [];
    const run = () => {
      for (const frame of captureFrames(file.subarray(0, file.length - cut))) found.push(Buffer.from(frame).toString("hex"));
    };
    assert.throws(run, /^Capture ends inside packet 3$/);
    assert.equal(found, frames.slice(0, 2));
  }
});

const [first = ""] = frames;
const faults: Readonly<Record<string, readonly [file: Buffer, says: string]>> = {
  "of a cut header": [pcap("big").subarray(0, 23), "Capture ends inside its header"],
  "of any interface": [pcap("big", 0xa1b2c3d4, 276), "link type 276, expected 1, Ethernet: capture on one interface, not on any"],
  "of Wi-Fi": [pcap("little", 0xa1b2c3d4, 127), "link type 127, expected 1, Ethernet"],
  "of Wi-Fi as pcapng": [Buffer.concat([section("big"), device("big", 127), enhanced("big", 0, first)]), "link type 127"],
  "with a packet of no interface": [
    Buffer.concat([section("big"), device("big"), enhanced("big", 1, first)]),
    "a packet of interface 1, but describes 1 interfaces",
  ],
  "with a cut block": [
    Buffer.concat([section("big"), device("big"), enhanced("big", 0, first)]).subarray(0, -1),
    "Capture ends inside block 3",
  ],
  "with a block of three bytes": [
    Buffer.concat([section("big"), number("big", 4, 6), number("big", 4, 3), Buffer.alloc(8)]),
    "Block 2 of the capture claims 3 bytes",
  ],
  "with a block too small for its kind": [
    Buffer.concat([section("big"), device("big"), block("big", 6, Buffer.alloc(16))]),
    "Block 3 of the capture is shorter than its fields",
  ],
  "with a packet longer than its block": [
    Buffer.concat([section("big"), device("big"), enhanced("big", 0, first, 17), pcap("big")]),
    "a packet of 17 bytes in a block with room for 16",
  ],
};

for (const [what, [file, says]] of Object.entries(faults)) {
  capture(`captureFrames() refuses a capture ${what}`, () => {
    assert.throws(
      () => read(file),
      (error: Error) => error.name === "CaptureError" && error.message.includes(says),
    );
  });
}

capture("isCapture() does not take hex text or nothing for a capture", () => {
  for (const text of ["", "ff", "ffffffffffff 0200", "0a0d0d0a", "a1b2c3d4"]) assert.is(isCapture(Buffer.from(text)), false, text);
});

for (const [tell, format] of [
  ["nanoseconds", "nsecpcap"],
  ["pcapng", "pcapng"],
  ["pcap", "pcap"],
] as const) {
  testWith(capture, [tool("editcap", "wireshark-common")], `captureFrames() reads ${tell} as Wireshark writes it`, () => {
    const folder = mkdtempSync(join(tmpdir(), "herald-capture-"));
    try {
      writeFileSync(join(folder, "in.pcap"), pcap("big"));
      execFileSync("editcap", ["-F", format, join(folder, "in.pcap"), join(folder, "out")]);
      assert.equal(read(readFileSync(join(folder, "out"))), frames);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

capture.run();
