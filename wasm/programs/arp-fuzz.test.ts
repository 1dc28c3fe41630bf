/**
 * Module `arp` under a million random and mutated frames, and every fixture cut at every length: no trap, every frame answered or counted
 * once, and no answer that an independent reading of the frame does not ask for.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arpFrame, CLIENT, ProgramStation } from "../../host/workbench/testing/program-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const FUZZ = suite("arp program fuzz");
const FRAMES = 1_000_000;
const MAC = [0x02, 0, 0, 0, 0, 0x02];
const VIPS = 64;
const DRAINED = 200; // a row on standby: 198.51.100.200

function station(): ProgramStation {
  const made = new ProgramStation();
  made.program.setLink(0, MAC.map((byte) => byte.toString(16).padStart(2, "0")).join(":"), true);
  for (let vip = 0; vip < VIPS; vip++) made.put({ address: `198.51.100.${vip}` });
  made.put({ address: `198.51.100.${DRAINED}`, state: "standby" });
  for (let nowMs = 0; made.program.nextTickMs !== Infinity; nowMs += 1100) made.tick(nowMs);
  made.takeDrops();
  return made;
}

/** EtherType to operation of a request. */
const HEADER = [0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1];

/** The VIP that a frame properly asks for, or -1: RFC 826 read byte by byte, with no line of the program's. */
function askedFor(frame: Uint8Array): number {
  const has = (at: number, bytes: readonly number[]) => bytes.every((byte, index) => frame[at + index] === byte);
  const isVip = (at: number) => has(at, [198, 51, 100]) && (frame[at + 3] as number) < VIPS;
  if (frame.length < 42 || frame.length > 256 || !has(12, HEADER)) return -1;
  const isFromOne = ((frame[22] as number) & 1) === 0;
  const isForUs = has(0, [255, 255, 255, 255, 255, 255]) || has(0, MAC);
  return isFromOne && isForUs && !isVip(28) && isVip(38) ? (frame[41] as number) : -1;
}

function replyTo(frame: Uint8Array): string {
  const sender = Buffer.from(frame.subarray(22, 28)).toString("hex");
  const mac = Buffer.from(MAC).toString("hex");
  const address = (at: number) => Buffer.from(frame.subarray(at, at + 4)).toString("hex");
  return `${sender}${mac}08060001080006040002${mac}${address(38)}${sender}${address(28)}`;
}

/** Sends one batch and checks it frame by frame. Gives how many were answered. */
function check(made: ProgramStation, frames: readonly Uint8Array[], nowMs: number): number {
  const expected = frames.filter((frame) => askedFor(frame) >= 0);
  const sent = made.receive(0, frames, nowMs);
  assert.is(sent.length, expected.length);
  sent.forEach(({ link, frame }, at) => {
    assert.is(link, 0);
    assert.is(Buffer.from(frame).toString("hex"), replyTo(expected[at] as Uint8Array));
  });
  const dropped = Object.values(made.takeDrops()).reduce((sum, count) => sum + count, 0);
  assert.is(dropped, frames.length - sent.length, "every frame is counted once");
  return sent.length;
}

const sound = arpFrame({ targetAddress: "198.51.100.7", trailingBytes: 18 });

/** A sound request with other addresses and a few bytes changed, or noise; any length up to more than a slot. */
function randomFrame(random: (below: number) => number): Uint8Array {
  const kind = random(16);
  const length = kind < 12 ? sound.length - random(20) : random(320);
  const frame = new Uint8Array(length);
  if (kind === 0) return frame.map(() => random(256));
  frame.set(sound.subarray(0, length));
  const poke = (at: number, byte: number) => at < length && (frame[at] = byte);
  poke(41, random(256));
  if (kind === 1) for (const [at, byte] of [198, 51, 100, random(256)].entries()) poke(28 + at, byte);
  if (kind === 2) for (const [at, byte] of MAC.entries()) poke(at, byte);
  if (kind === 3) poke(21, random(4));
  for (let left = kind < 8 ? 0 : 1 + random(4); left > 0; left--) poke(random(Math.max(length, 1)), random(256));
  return frame;
}

FUZZ("process() has the right answer to a million frames", () => {
  const random = randomFrom(testSeed());
  const made = station();
  let answered = 0;
  for (let count = 0; count < FRAMES; count += made.program.slots) {
    const frames = Array.from({ length: made.program.slots }, () => randomFrame(random));
    answered += check(made, frames, count);
    made.program.takeEvents();
  }
  assert.ok(answered > FRAMES / 20 && answered < FRAMES / 2, `${answered} answered: the frames are neither all good nor all bad`);
});

FUZZ("process() does not look past a frame's length", () => {
  const folder = fileURLToPath(new URL("../../fixtures/arp/", import.meta.url));
  const fixtures = readdirSync(folder).map((name) => Buffer.from(readFileSync(`${folder}${name}/packet.hex`, "utf8").trim(), "hex"));
  const made = station();
  const { memory, rx, slotBytes, slots } = made.program;
  const last = slots - 1;
  for (const packet of [sound, ...fixtures]) {
    // The last slot keeps the whole packet, so whoever reads on past the length finds a sound one.
    memory.set(packet.subarray(0, slotBytes), rx + last * slotBytes);
    for (let length = 0; length <= packet.length; length++) {
      for (let slot = 0; slot < slots; slot++) made.program.setReceivedLength(slot, slot === last ? length : 0);
      const sent = made.program.process(0, slots, 0);
      const drops = made.takeDrops();
      assert.is(sent, Number(askedFor(packet.subarray(0, length)) >= 0), `${length} of ${packet.length} bytes`);
      assert.is(sent + Object.values(drops).reduce((sum, count) => sum + count), slots);
    }
  }
});

FUZZ("process() gives the same answer whatever lies behind the frame", () => {
  const made = station();
  const { memory, rx, slotBytes } = made.program;
  const outcome = (frame: Uint8Array, filler: number): string => {
    memory.fill(filler, rx, rx + slotBytes);
    const sent = made.receive(0, [frame]);
    return JSON.stringify([sent.map((one) => Buffer.from(one.frame).toString("hex")), made.takeDrops()]);
  };
  const frames = [sound, arpFrame({ senderAddress: "198.51.100.3" }), arpFrame({ operation: 2, targetAddress: CLIENT.address })];
  for (const frame of frames) {
    for (let length = 0; length <= frame.length; length++) {
      const cut = frame.subarray(0, length);
      const outcomes = new Set([0x00, 0xff, 0x06, 0x81].map((filler) => outcome(cut, filler)));
      assert.is(outcomes.size, 1, `${length} bytes: ${[...outcomes].join(" or ")}`);
    }
  }
});

FUZZ.run();
