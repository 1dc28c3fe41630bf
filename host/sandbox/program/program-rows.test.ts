/** Rows and events byte for byte, as docs/packet-programs.md "Rows" and "Events" have them. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ProgramRow } from "../../announcer.ts";
import type { RawEvent } from "../../packets/program.ts";
import { packRows, readEvent, writeAddress, writeRow } from "./program-rows.ts";

const rows = suite("program rows");

const ids: Readonly<Record<string, number>> = { eth0: 0, eth1: 1, wan: 31, last: 63 };
const idOf = (name: string) => ids[name] as number;
const row = (parts: Partial<ProgramRow>): ProgramRow => ({ address: "192.0.2.1", links: null, state: "active", ...parts });

const zeros = (bytes: number) => "00".repeat(bytes);
const EVERY = "ffffffffffffffff";
const V4 = `c0000201${zeros(12)}`;

/** Family and state, six bytes of nothing, links, address, attributes. */
const cases: Readonly<Record<string, readonly [row: ProgramRow, hex: string]>> = {
  "an IPv4 row on every link": [row({}), `0401${zeros(6)}${EVERY}${V4}${zeros(32)}`],
  "an IPv6 row": [row({ address: "2001:db8::a:1" }), `0601${zeros(6)}${EVERY}20010db80000000000000000000a0001${zeros(32)}`],
  "an IPv4-mapped address, which is an IPv4 row": [row({ address: "::ffff:192.0.2.1" }), `0401${zeros(6)}${EVERY}${V4}${zeros(32)}`],
  "the highest IPv4 address": [row({ address: "255.255.255.255" }), `0401${zeros(6)}${EVERY}ffffffff${zeros(12)}${zeros(32)}`],
  "a standby row": [row({ state: "standby" }), `0402${zeros(6)}${EVERY}${V4}${zeros(32)}`],
  "a draining row": [row({ state: "draining" }), `0403${zeros(6)}${EVERY}${V4}${zeros(32)}`],
  "a row on no link": [row({ links: [] }), `0401${zeros(6)}${zeros(8)}${V4}${zeros(32)}`],
  "a row on two links, the lowest and the highest": [row({ links: ["eth0", "last"] }), `0401${zeros(6)}0100000000000080${V4}${zeros(32)}`],
  "a row on links in the middle": [row({ links: ["wan", "eth1"] }), `0401${zeros(6)}0200008000000000${V4}${zeros(32)}`],
  "a row with attributes": [row({ attributes: Uint8Array.of(1, 2, 255) }), `0401${zeros(6)}${EVERY}${V4}0102ff${zeros(29)}`],
  "a row with as many attributes as fit": [
    row({ attributes: new Uint8Array(32).fill(7) }),
    `0401${zeros(6)}${EVERY}${V4}${"07".repeat(32)}`,
  ],
};

for (const [what, [wanted, hex]] of Object.entries(cases)) {
  rows(`writeRow() writes ${what}`, () => {
    const record = new Uint8Array(64);
    writeRow(record, wanted, idOf);
    assert.is(Buffer.from(record).toString("hex"), hex);
  });
}

rows("packRows() writes one after another", () => {
  const packed = packRows(
    Object.values(cases).map(([wanted]) => wanted),
    idOf,
  );
  assert.is(
    Buffer.from(packed).toString("hex"),
    Object.values(cases)
      .map(([, hex]) => hex)
      .join(""),
  );
});

rows("writeAddress() writes the key and nothing else", () => {
  const record = new Uint8Array(64);
  writeAddress(record, "2001:db8::1");
  assert.is(Buffer.from(record).toString("hex"), `06${zeros(15)}20010db8000000000000000000000001${zeros(32)}`);
});

rows("writeRow() refuses what cannot be a row", () => {
  const record = new Uint8Array(64);
  assert.throws(() => writeRow(record, row({ address: "192.0.2.256" }), idOf), /^"192\.0\.2\.256" is not an address$/);
  assert.throws(() => writeRow(record, row({ attributes: new Uint8Array(33) }), idOf), /^33 bytes of attributes, expected at most 32$/);
});

const event = (address: string, parts: Partial<RawEvent> = {}): RawEvent => ({
  kind: 1,
  atMs: 5,
  address: Uint8Array.from(Buffer.from(address, "hex")),
  link: 1,
  mac: Uint8Array.of(2, 0, 0, 0, 0xab, 1),
  suppressed: 0,
  isClaim: true,
  ...parts,
});
const nameOf = (id: number) => `link${id}`;

rows("readEvent() gives names and texts", () => {
  const read = readEvent(event(V4, { suppressed: 3 }), nameOf, () => false);
  assert.equal(read, { kind: "conflict", address: "192.0.2.1", link: "link1", mac: "02:00:00:00:ab:01", heldBack: 3 });
  assert.is(readEvent(event("20010db8000000000000000000000001"), nameOf, () => false).address, "2001:db8::1");
  assert.is(readEvent(event(V4, { kind: 300 }), nameOf, () => false).kind, 300);
});

rows("readEvent() knows an IPv6 row that ends in zeros from an IPv4 one", () => {
  const prefix = event(`20010db8${zeros(12)}`);
  assert.is(readEvent(prefix, nameOf, (address) => address === "2001:db8::").address, "2001:db8::");
  assert.is(readEvent(prefix, nameOf, (address) => address === "32.1.13.184").address, "32.1.13.184");
});

rows.run();
