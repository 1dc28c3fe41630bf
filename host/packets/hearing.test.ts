/** What a program has heard of others, as bytes that a test has laid there. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { soundParts, writeProgram } from "../workbench/testing/abi-module.ts";
import { BfdStation, bfdPacket } from "../workbench/testing/bfd-station.ts";
import { PacketProgram } from "./program.ts";

const HEARING = suite("hearing");
const [CLAIMS, HEARD, HEARD_PEERS] = [16_384, 20_480, 24_576] as const;
const ROWS = 40;

function load(regions: Readonly<Record<string, number>>): PacketProgram {
  const added = Object.entries(regions).map(([name, value]) => [name, { type: "i32", value }] as const);
  const globals = { ...soundParts.globals, ...Object.fromEntries(added) };
  return new PacketProgram("test", new WebAssembly.Module(writeProgram({ globals })));
}

HEARING("claimOf(), linkHeardMs() and peerHeardMs() read their regions, of the first entry as of the last", () => {
  const { memory, hearing } = load({ CLAIMS, HEARD, HEARD_PEERS });
  const view = new DataView(memory.buffer);
  for (const row of [0, ROWS - 1]) {
    assert.equal([hearing.claimOf(row), hearing.peerHeardMs(row)], [undefined, 0]);
    view.setFloat64(CLAIMS + row * 16, 1234.5 + row, true);
    memory.set([2, 0, 0, 0xab, 0, row, 63, 0xff], CLAIMS + row * 16 + 8);
    view.setFloat64(HEARD_PEERS + row * 8, 99.5 + row, true);
    assert.is(hearing.peerHeardMs(row), 99.5 + row);
  }
  assert.equal(hearing.claimOf(0), { atMs: 1234.5, mac: "02:00:00:ab:00:00", link: 63 });
  assert.equal(hearing.claimOf(ROWS - 1), { atMs: 1273.5, mac: "02:00:00:ab:00:27", link: 63 });
  view.setFloat64(HEARD + 63 * 8, 7, true);
  assert.equal([hearing.linkHeardMs(0), hearing.linkHeardMs(63)], [0, 7]);
});

HEARING("what a program has not, and rows and links that are none, have heard nothing", () => {
  for (const { hearing } of [load({}), load({ CLAIMS, HEARD, HEARD_PEERS })]) {
    for (const index of [-1, 64, 1e9, Number.NaN])
      assert.equal([hearing.claimOf(index), hearing.linkHeardMs(index), hearing.peerHeardMs(index)], [undefined, 0, 0]);
  }
});

HEARING("a claim at a time that is none is none", () => {
  const { memory, hearing } = load({ CLAIMS });
  for (const atMs of [Number.NaN, -1, 0]) {
    new DataView(memory.buffer).setFloat64(CLAIMS, atMs, true);
    assert.is(hearing.claimOf(0), undefined);
  }
});

HEARING("peerHeardMs() of module bfd is when the session's last packet came; a new session has heard nothing", () => {
  const made = new BfdStation();
  const row = made.put();
  const { hearing } = made.program;
  made.receive([{ bytes: bfdPacket() }], 40);
  made.receive([{ bytes: bfdPacket(), hopLimit: 254 }], 50);
  made.receive([{ bytes: bfdPacket(), peer: "192.0.2.9" }], 60);
  assert.is(hearing.peerHeardMs(row), 40, "packets of others, and from too far away, do not count");
  made.receive([{ bytes: bfdPacket({ state: 0 }) }], 70);
  assert.is(hearing.peerHeardMs(row), 70, "AdminDown counts");
  made.remove();
  assert.is(hearing.peerHeardMs(made.put()), 0);
});

HEARING.run();
