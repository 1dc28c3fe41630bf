/** rtnetlink messages of neighbors and routes byte by byte: what is read, what is passed over, and that nothing makes the readers throw. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { type KernelNeighbor, readDefaultRoute, readNeighbor, requestNeighbors, requestRoutes } from "./neighbor-messages.ts";
import { walkMessages } from "./netlink-walk.ts";

const MESSAGES = suite("messages of neighbors");

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");
/** Type and value; padded as the kernel does. */
const attribute = (type: number, hex: string): Buffer => {
  const value = bytesOf(hex);
  const header = Buffer.from([value.length + 4, 0, type, 0]);
  return Buffer.concat([header, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
};
const message = (type: number, info: string, ...attributes: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([bytesOf(info), ...attributes]);
  return Buffer.concat([Buffer.from([16 + body.length, 0, 0, 0, type, 0, ...new Uint8Array(10)]), body]);
};

const MAC = "02 00 00 00 00 07";
const V4 = "c0 00 02 01";
const V6 = `20 01 0d b8 ${"00".repeat(11)} 01`;
/** `struct ndmsg`: family, padding, link 5, state, flags, type. */
const neighbor = (family: number, state: number, ...attributes: readonly Buffer[]) =>
  message(28, `0${family.toString(16)} 00 0000 05000000 ${state.toString(16).padStart(2, "0")}00 00 01`, ...attributes);

const fromNeighbor = (bytes: Uint8Array) => walkMessages(bytes).flatMap(readNeighbor);
const fromRoute = (bytes: Uint8Array) => walkMessages(bytes).flatMap(readDefaultRoute);

const known = { linkIndex: 5, address: "192.0.2.1", family: 4, mac: "02:00:00:00:00:07", state: "reachable" } as const;
const neighbors: readonly (readonly [what: string, bytes: Buffer, expected: KernelNeighbor | undefined])[] = [
  ["a neighbor of IPv4", neighbor(2, 0x02, attribute(1, V4), attribute(2, MAC)), known],
  ["one of IPv6", neighbor(10, 0x04, attribute(1, V6), attribute(2, MAC)), { ...known, address: "2001:db8::1", family: 6, state: "stale" }],
  ["one that nobody answers for", neighbor(2, 0x20, attribute(1, V4)), { ...known, mac: undefined, state: "failed" }],
  ["one of a link without MACs", neighbor(2, 0x40, attribute(1, V4), attribute(2, V4)), { ...known, mac: undefined, state: "noarp" }],
  ["one without a state", neighbor(2, 0, attribute(1, V4), attribute(2, MAC)), { ...known, state: "none" }],
  ["nothing of a bridge's table", neighbor(7, 0x02, attribute(2, MAC)), undefined],
  ["nothing without an address", neighbor(2, 0x02, attribute(2, MAC)), undefined],
  ["nothing with an address of the other family", neighbor(2, 0x02, attribute(1, V6)), undefined],
  ["nothing of a route", message(24, "02 00 0000 05000000 0200 00 01", attribute(1, V4)), undefined],
];

for (const [what, bytes, expected] of neighbors) {
  MESSAGES(`readNeighbor() reads ${what}`, () => {
    assert.equal(fromNeighbor(bytes), expected === undefined ? [] : [expected]);
    for (let length = 0; length < bytes.length; length++)
      readNeighbor({ type: 28, body: bytes.subarray(16, length), isInterrupted: false });
  });
}

const route = (family: string, length: string, table: string, kind: string, ...attributes: readonly Buffer[]) =>
  message(24, `${family} ${length} 00 00 ${table} 03 00 ${kind} 00000000`, ...attributes);
const out = attribute(4, "05000000");
const nextHop = (link: string, address: Buffer) =>
  Buffer.concat([Buffer.from([8 + address.length, 0, 0, 0]), bytesOf(link), address]).toString("hex");
const several = attribute(
  9,
  nextHop("05000000", attribute(5, V4)) + nextHop("06000000", attribute(5, "c0000202")) + nextHop("07000000", Buffer.alloc(0)),
);

const routes: readonly (readonly [what: string, bytes: Buffer, expected: readonly string[]])[] = [
  ["a default route", route("02", "00", "fe", "01", out, attribute(5, V4)), ["5 192.0.2.1 4"]],
  ["one of IPv6", route("0a", "00", "fe", "01", out, attribute(5, V6)), ["5 2001:db8::1 6"]],
  ["one of IPv4 by a gateway of IPv6", route("02", "00", "fe", "01", out, attribute(18, `0a 00 ${V6}`)), ["5 2001:db8::1 6"]],
  [
    "one with several next hops, of which one is the link itself",
    route("02", "00", "fe", "01", several),
    ["5 192.0.2.1 4", "6 192.0.2.2 4"],
  ],
  [
    "one whose long table number counts",
    route("02", "00", "00", "01", out, attribute(5, V4), attribute(15, "fe000000")),
    ["5 192.0.2.1 4"],
  ],
  ["nothing of another table", route("02", "00", "fe", "01", out, attribute(5, V4), attribute(15, "ff000000")), []],
  ["nothing of a narrower route", route("02", "18", "fe", "01", out, attribute(5, V4)), []],
  ["nothing of a route to nowhere", route("02", "00", "fe", "07", out), []],
  ["nothing of a route to the link itself", route("02", "00", "fe", "01", out), []],
  ["nothing of a gateway cut short", route("02", "00", "fe", "01", out, attribute(18, "0a")), []],
];

for (const [what, bytes, expected] of routes) {
  MESSAGES(`readDefaultRoute() reads ${what}`, () => {
    assert.equal(
      fromRoute(bytes).map(({ linkIndex, address, family }) => `${linkIndex} ${address} ${family}`),
      expected,
    );
    for (let length = 0; length < bytes.length; length++)
      readDefaultRoute({ type: 24, body: bytes.subarray(16, length), isInterrupted: false });
  });
}

MESSAGES("what is asked for is one family's neighbors, and routes of the main table", () => {
  assert.is(Buffer.from(requestNeighbors(6)).toString("hex"), `1c000000${"1e00"}${"0103"}${"00".repeat(8)}0a${"00".repeat(11)}`);
  assert.is(Buffer.from(requestRoutes(4)).toString("hex"), `1c000000${"1a00"}${"0103"}${"00".repeat(8)}02000000fe${"00".repeat(7)}`);
});

MESSAGES("the readers have an answer to noise", () => {
  const random = randomFrom(testSeed());
  const all = [...neighbors, ...routes].map(([, bytes]) => bytes);
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from(all[random(all.length)] as Buffer);
    for (let left = 1 + random(6); left > 0; left--) bytes[random(bytes.length)] = random(256);
    const cut = bytes.subarray(random(4), random(bytes.length + 1));
    for (const { mac } of fromNeighbor(cut)) if (mac !== undefined) assert.match(mac, /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
    fromRoute(cut);
  }
});

MESSAGES.run();
