/**
 * Herald's own packet programs with fuel in them, beside those without: after every call both have the same memory, byte for byte, whatever
 * frames came; and with what a call may cost nobody of them runs dry.
 */
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addressAttributes, writeRow } from "../../workbench/testing/program-station.ts";
import { randomFrom, testSeed } from "../../workbench/testing/random.ts";
import { PacketProgram } from "../program.ts";
import { Row } from "../row-layout.ts";
import { injectFuel } from "./inject-fuel.ts";

const SHIPPED = suite("shipped programs with fuel");
const MAC = "02:00:00:00:00:02";
const PLENTY = 1_000_000_000;
const BATCHES = 300;

function bytesOf(name: string): Uint8Array {
  return readFileSync(new URL(`../../../dist/wasm/${name}.wasm`, import.meta.url));
}

function readFixtures(protocol: string): Uint8Array[] {
  const folder = new URL(`../../../fixtures/${protocol}/`, import.meta.url);
  return readdirSync(folder).map((name) =>
    Buffer.from(readFileSync(new URL(`${name}/packet.hex`, folder), "utf8").replace(/\s/g, ""), "hex"),
  );
}

type Call = (program: PacketProgram) => unknown;

class Twins {
  readonly #plain: PacketProgram;
  readonly #fuelled: PacketProgram;

  constructor(name: string) {
    const bytes = bytesOf(name);
    this.#plain = new PacketProgram(name, new WebAssembly.Module(bytes));
    this.#fuelled = new PacketProgram(name, new WebAssembly.Module(injectFuel(bytes, { mostPages: 256 })));
    this.both((program) => program.setup(1, 2));
  }

  both(call: Call): void {
    this.#fuelled.fuel = PLENTY;
    const [expected, found] = [call(this.#plain), call(this.#fuelled)];
    assert.equal(found, expected);
    assert.is(this.#fuelled.nextTickMs, this.#plain.nextTickMs);
    assert.is(Buffer.compare(this.#fuelled.memory, this.#plain.memory), 0, "the same memory");
  }

  receive(link: number, frames: readonly Uint8Array[], nowMs: number): void {
    this.both((program) => {
      for (const [slot, frame] of frames.entries()) {
        program.memory.set(frame.subarray(0, program.slotBytes), program.rx + slot * program.slotBytes);
        // Port and hop limit, where these are datagrams.
        program.memory.set([1 + (slot % 3), 255], program.rxDescriptors + slot * 32 + 2);
        program.setReceivedLength(slot, frame.length);
      }
      return program.process(link, frames.length, nowMs);
    });
  }
}

function mutate(frame: Uint8Array, random: (below: number) => number): Uint8Array {
  const changed = Uint8Array.from(frame.subarray(0, random(8) === 0 ? random(frame.length + 1) : frame.length));
  for (let left = random(3); left > 0 && changed.length > 0; left--) changed[random(changed.length)] = random(256);
  return changed;
}

/** `fixtures`: folders of frames, or of datagrams where `link` is -1. */
const programs: Readonly<
  Record<string, { readonly fixtures: readonly string[]; readonly rows: readonly string[]; readonly link: number }>
> = {
  arp: { fixtures: ["arp"], rows: ["192.0.2.1", "192.0.2.2", "198.51.100.7"], link: 0 },
  ndp: { fixtures: ["neighbor-solicitation", "neighbor-advertisement"], rows: ["2001:db8::1", "fd00::7"], link: 0 },
  bfd: { fixtures: ["bfd"], rows: ["192.0.2.1", "192.0.2.2"], link: -1 },
  echo: { fixtures: ["bfd", "arp"], rows: [], link: -1 },
};

for (const [name, { fixtures, rows, link }] of Object.entries(programs)) {
  SHIPPED(`${name} does the same`, () => {
    const random = randomFrom(testSeed());
    const twins = new Twins(name);
    const frames = fixtures.flatMap(readFixtures);
    twins.both((program) => program.setLink(0, MAC, true));
    for (const address of rows)
      twins.both((program) => program.put(writeRow({ address, attributes: addressAttributes({ refreshMs: 1000 }) })));
    for (let batch = 0; batch < BATCHES; batch++) {
      const nowMs = batch * 50;
      const chosen = Array.from({ length: 1 + random(60) }, () => mutate(frames[random(frames.length)] as Uint8Array, random));
      twins.receive(link, chosen, nowMs);
      twins.both((program) => program.tick(nowMs));
    }
    const gone = rows.map((address) => writeRow({ address }).fill(0, Row.attributes));
    for (const row of gone) twins.both((program) => program.remove(row));
    twins.both((program) => program.setLink(0, "", false));
  });
}

SHIPPED.run();
