/**
 * Module `ndp` under half a million random and mutated frames, and every fixture cut at every length: no trap, every frame answered or
 * counted once, and no answer that an independent reading of the frame does not ask for.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advertise, probe, solicit } from "../../host/workbench/testing/ndp-frames.ts";
import { ProgramStation } from "../../host/workbench/testing/program-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const FUZZ = suite("ndp program fuzz");
const FRAMES = 500_000;
const MAC = "020000000002";
const PREFIX = "20010db8000000000000000000000a";
const VIPS = 64;
const ALL_NODES = "ff020000000000000000000000000001";
const SOLICITED_NODE = "ff0200000000000000000001ff";
const NO_ADDRESS = "0".repeat(32);

function station(): ProgramStation {
  const made = new ProgramStation("ndp");
  made.program.setLink(0, "02:00:00:00:00:02", true);
  for (let vip = 0; vip < VIPS; vip++)
    made.put({ address: Buffer.from(`${PREFIX}${vip.toString(16).padStart(2, "0")}`, "hex"), family: 6 });
  made.put({ address: "2001:db8::a80", state: "standby" });
  for (let nowMs = 0; made.program.nextTickMs !== Infinity; nowMs += 1100) made.tick(nowMs);
  made.takeDrops();
  return made;
}

const isVip = (address: string) => address.startsWith(PREFIX) && Number.parseInt(address.slice(30), 16) < VIPS;
const isGroup = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/** RFC 4443 §2.3, sixteen bits at a time over the pseudo-header and the message; 0 where it is right. */
function checksum(source: string, destination: string, message: string): number {
  const words = `${source}${destination}${(message.length / 2).toString(16).padStart(8, "0")}0000003a${message}`.padEnd(4 * 20, "0");
  const whole = words.length % 4 === 0 ? words : words.padEnd(words.length + (4 - (words.length % 4)), "0");
  let sum = 0;
  for (let at = 0; at < whole.length; at += 4) sum += Number.parseInt(whole.slice(at, at + 4), 16);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - sum;
}

/** The MAC in the first source link-layer option; empty: there is none. Undefined: the options are broken. */
function sourceOption(options: string): string | undefined {
  let found = "";
  for (let at = 0; at < options.length; ) {
    const size = Number.parseInt(options.slice(at + 2, at + 4), 16) * 16;
    if (!(size > 0) || at + size > options.length) return undefined;
    const mac = options.slice(at + 4, at + 16);
    if (found === "" && options.startsWith("0101", at) && mac !== "000000000000") found = mac;
    at += size;
  }
  return found;
}

interface Question {
  readonly [field: string]: string;
}

/** A well-formed solicitation in hex: RFC 4861 §4.3 read byte by byte, with no line of the program's. */
function readSolicitation(frame: Uint8Array): Question | undefined {
  const hex = Buffer.from(frame).toString("hex");
  const octets = (at: number, length: number) => hex.slice(at * 2, (at + length) * 2);
  const payload = Number.parseInt(octets(18, 2), 16);
  if (frame.length > 256 || frame.length < 78 || payload < 24 || 54 + payload > frame.length) return undefined;
  if (octets(12, 2) !== "86dd" || octets(14, 1)[0] !== "6" || octets(20, 2) !== "3aff" || octets(54, 2) !== "8700") return undefined;
  const question = { toMac: octets(0, 6), fromMac: octets(6, 6), from: octets(22, 16), to: octets(38, 16), target: octets(62, 16) };
  if (checksum(question.from, question.to, octets(54, payload)) !== 0) return undefined;
  const option = sourceOption(octets(78, payload - 24));
  return option === undefined ? undefined : { ...question, option };
}

/** RFC 4861 §7.1.1, of the addresses. */
function isValid({ fromMac = "", from = "", to = "", target = "", option = "" }: Question): boolean {
  if (isGroup(fromMac) || isGroup(option || "00") || from.startsWith("ff") || target.startsWith("ff")) return false;
  return from !== NO_ADDRESS || (option === "" && to.startsWith(SOLICITED_NODE));
}

function isForUs({ toMac = "", to = "", target = "" }: Question): boolean {
  if (!(toMac === MAC || isGroup(toMac))) return false;
  return !to.startsWith("ff") || to === ALL_NODES || to === `${SOLICITED_NODE}${target.slice(26)}`;
}

/** The frame that answers a frame. Undefined: none does. */
function answerTo(frame: Uint8Array): string | undefined {
  const question = readSolicitation(frame);
  if (question === undefined || !isValid(question) || !isForUs(question)) return undefined;
  const { fromMac = "", from = "", target = "", option } = question;
  if (isVip(from) || !isVip(target)) return undefined;
  const [mac, address, flags] = from === NO_ADDRESS ? ["333300000001", ALL_NODES, "20"] : [option || fromMac, from, "60"];
  const body = `${flags}000000${target}0201${MAC}`;
  const sum = checksum(target, address, `88000000${body}`).toString(16).padStart(4, "0");
  return `${mac}${MAC}86dd6000000000203aff${target}${address}8800${sum}${body}`;
}

/** Sends one batch and checks it frame by frame. Gives how many were answered. */
function check(made: ProgramStation, frames: readonly Uint8Array[], nowMs: number): number {
  const expected = frames.map(answerTo).filter((answer) => answer !== undefined);
  const sent = made.receive(0, frames, nowMs);
  assert.equal(
    sent.map(({ frame }) => Buffer.from(frame).toString("hex")),
    expected,
  );
  const dropped = Object.values(made.takeDrops()).reduce((sum, count) => sum + count, 0);
  assert.is(dropped, frames.length - sent.length, "every frame is counted once");
  return sent.length;
}

const seeds = [
  solicit("2001:db8::a07"),
  solicit("2001:db8::a07", { sourceLinkLayerAddress: "00:00:00:00:00:00", destination: "02:00:00:00:00:02" }),
  solicit("2001:db8::a07", { sourceAddress: "2001:db8::a08" }),
  probe("2001:db8::a07", { trailingBytes: 18 }),
  advertise("2001:db8::a07", "02:00:00:00:00:66"),
];

/** Sound but for a few bytes, of which the checksum knows in most; or noise. Any length up to more than a slot. */
function randomFrame(random: (below: number) => number): Uint8Array {
  const kind = random(16);
  if (kind === 0) return new Uint8Array(random(320)).map(() => random(256));
  const sound = seeds[random(seeds.length)] as Uint8Array;
  const frame = new Uint8Array(kind < 12 ? sound.length : Math.max(0, sound.length - 24 + random(200)));
  frame.set(sound.subarray(0, frame.length));
  for (let left = kind < 4 ? 0 : 1 + random(3); left > 0; left--) frame[random(Math.max(frame.length, 1))] = random(256);
  if (kind < 8 && frame.length > 80) frame[77] = random(256);
  if (random(8) > 0 && frame.length >= 86) mendChecksum(frame);
  return frame;
}

function mendChecksum(frame: Uint8Array): void {
  frame.fill(0, 56, 58);
  const hex = Buffer.from(frame).toString("hex");
  const payload = Math.min(Number.parseInt(hex.slice(36, 40), 16), frame.length - 54);
  const sum = checksum(hex.slice(44, 76), hex.slice(76, 108), hex.slice(108, 108 + payload * 2));
  frame.set([sum >> 8, sum & 0xff], 56);
}

FUZZ("process() has the right answer to half a million frames", () => {
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

const fixtures = ["neighbor-solicitation", "neighbor-advertisement", "router-advertisement"].flatMap((format) => {
  const folder = fileURLToPath(new URL(`../../fixtures/${format}/`, import.meta.url));
  return readdirSync(folder).map((name) => Buffer.from(readFileSync(`${folder}${name}/packet.hex`, "utf8").trim(), "hex"));
});

FUZZ("process() does not look past a frame's length", () => {
  const made = station();
  const { memory, rx, slotBytes, slots } = made.program;
  const last = slots - 1;
  for (const packet of [...seeds, ...fixtures]) {
    // The last slot keeps the whole packet, so whoever reads on past the length finds a sound one.
    memory.set(packet.subarray(0, slotBytes), rx + last * slotBytes);
    for (let length = 0; length <= packet.length; length++) {
      for (let slot = 0; slot < slots; slot++) made.program.setReceivedLength(slot, slot === last ? length : 0);
      const sent = made.program.process(0, slots, 0);
      const drops = made.takeDrops();
      assert.is(sent, Number(answerTo(packet.subarray(0, length)) !== undefined), `${length} of ${packet.length} bytes`);
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
  for (const frame of [...seeds, ...fixtures]) {
    for (let length = 0; length <= Math.min(frame.length, slotBytes); length++) {
      const cut = frame.subarray(0, length);
      const outcomes = new Set([0x00, 0xff, 0x06, 0x81].map((filler) => outcome(cut, filler)));
      assert.is(outcomes.size, 1, `${length} bytes: ${[...outcomes].join(" or ")}`);
    }
  }
});

FUZZ.run();
