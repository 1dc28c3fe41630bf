/** rtnetlink messages byte by byte: what is read, what is passed over, and that nothing makes the reader throw. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { readMessages, requestDump } from "./netlink.ts";

const NETLINK = suite("netlink");

/** A NEWLINK that Linux 6.18 sent for one end of a veth pair that is up and a port of a bridge; some attributes left out. */
const newLink = Buffer.from(
  [
    "70000000 1000 0000 00000000 00000000", // length, RTM_NEWLINK, flags, sequence, port
    "00 00 0100 05000000 43110100 00000000", // AF_UNSPEC, ARPHRD_ETHER, index 5, flags, change
    "0900 0300 76657468 30000000", // IFLA_IFNAME veth0
    "0800 0400 dc050000", // IFLA_MTU 1500
    "0a00 0100 02000000 000a0000", // IFLA_ADDRESS
    "0a00 0200 ffffffff ffff0000", // IFLA_BROADCAST
    "0800 0a00 07000000", // IFLA_MASTER 7
    "0500 1000 06000000", // IFLA_OPERSTATE
    "0c00 1280 08000100 76657468", // IFLA_LINKINFO, nested
    "0800 ff3f 01020304", // of a kind that we never heard of
  ]
    .join("")
    .replaceAll(" ", ""),
  "hex",
);

function changed(at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(newLink);
  copy.set(bytes, at);
  return copy;
}

const linkOf = (bytes: Uint8Array) => {
  const [message] = readMessages(bytes).messages;
  return message?.kind === "link" ? message.link : undefined;
};
const veth0 = {
  index: 5,
  name: "veth0",
  mac: "02:00:00:00:00:0a",
  up: true,
  mtu: 1500,
  broadcast: true,
  noArp: false,
  loopback: false,
  masterIndex: 7,
};

NETLINK("readMessages() reads a link", () => {
  const bytes = changed(0);
  assert.equal(readMessages(bytes), { messages: [{ kind: "link", link: veth0 }], isInterrupted: false });
  const twice = Uint8Array.from([...bytes, ...bytes]);
  assert.is(readMessages(twice).messages.length, 2);
});

NETLINK("a link is up when it is wanted up and has carrier", () => {
  const flagsAt = 24;
  const isUp = (flags: number) => linkOf(changed(flagsAt, flags & 255, (flags >> 8) & 255, flags >> 16))?.up;
  assert.equal([0x11043, 0x11042, 0x1043].map(isUp), [true, false, false]);
  assert.is(linkOf(changed(flagsAt, 0xc9))?.noArp, true);
  assert.is(linkOf(changed(flagsAt, 0x49))?.loopback, true);
  assert.is(linkOf(changed(flagsAt, 0x41))?.broadcast, false);
});

NETLINK("a MAC that is none is empty", () => {
  const addressAt = 52;
  assert.is(linkOf(changed(addressAt, 0x0a, 0, 1, 0, 0, 0, 0, 0, 0, 0))?.mac, "", "all zeros, as of a loopback");
  assert.is(linkOf(changed(addressAt, 0x08, 0, 1, 0))?.mac, "", "four bytes, as of a tunnel");
});

NETLINK("a bridge that tells of its port does not delete the link", () => {
  const gone = changed(4, 17);
  assert.equal(readMessages(gone).messages, [{ kind: "gone", index: 5 }]);
  gone[16] = 7; // AF_BRIDGE
  assert.equal(readMessages(gone).messages, []);
  assert.equal(readMessages(changed(16, 7)).messages, []);
});

NETLINK("what tells of one facet only, without a name, is passed over", () => {
  assert.equal(readMessages(changed(34, 0x03, 0x20)).messages, []);
});

/** The message of an address of link 5, with these attributes (type and bytes as hex). */
function addressMessage(
  type: number,
  [family, prefixLength, flags]: readonly number[],
  ...attributes: readonly [number, string][]
): Buffer {
  const parts = attributes.map(([kind, hex]) => Buffer.from([hex.length / 2 + 4, 0, kind, 0, ...Buffer.from(hex, "hex")]));
  const info = [family ?? 0, prefixLength ?? 0, flags ?? 0, 0, 5, 0, 0, 0];
  const body = Buffer.concat([Buffer.from(info), ...parts]);
  return Buffer.concat([Buffer.from([16 + body.length, 0, 0, 0, type, 0, ...new Uint8Array(10)]), body]);
}

const global6 = "20010db8000000000000000000000001";
const addressCases: readonly (readonly [what: string, message: Buffer, says: string | undefined])[] = [
  ["an IPv4 address", addressMessage(20, [2, 24, 0x80], [1, "c0000201"], [2, "c0000201"]), "192.0.2.1/24 true"],
  ["its own end of a link between two", addressMessage(20, [2, 32, 0], [1, "c0000202"], [2, "c0000201"]), "192.0.2.1/32 true"],
  ["an IPv6 address", addressMessage(20, [10, 64, 0], [1, global6]), "2001:db8::1/64 true"],
  ["a removed one", addressMessage(21, [10, 64, 0], [1, global6]), "2001:db8::1/64 false"],
  ["a tentative one", addressMessage(20, [10, 64, 0x40], [1, global6]), "2001:db8::1/64 false"],
  ["a duplicate one", addressMessage(20, [10, 64, 0x08], [1, global6]), "2001:db8::1/64 false"],
  ["one whose long flags say deprecated", addressMessage(20, [10, 64, 0], [1, global6], [8, "20000000"]), "2001:db8::1/64 false"],
  ["one whose long flags say permanent", addressMessage(20, [10, 64, 0], [1, global6], [8, "80000000"]), "2001:db8::1/64 true"],
  ["nothing of another family", addressMessage(20, [7, 64, 0], [1, "c0000201"]), undefined],
  ["nothing of a wrong length", addressMessage(20, [10, 64, 0], [1, "c0000201"]), undefined],
  ["nothing without an address", addressMessage(20, [2, 24, 0]), undefined],
];

for (const [what, bytes, says] of addressCases) {
  NETLINK(`readMessages() reads ${what}`, () => {
    const [message] = readMessages(bytes).messages;
    if (message?.kind !== "address") return assert.is(says, undefined);
    const { index, address, isUsed } = message;
    assert.equal([index, `${address.address}/${address.prefixLength} ${isUsed}`], [5, says]);
    for (let length = 0; length < bytes.length; length++) readMessages(bytes.subarray(0, length));
  });
}

NETLINK("a dump ends, is refused, or is interrupted", () => {
  const end = (type: number, flags: number, status: number) =>
    Uint8Array.from([20, 0, 0, 0, type, 0, flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...new Uint8Array(Int32Array.of(status).buffer)]);
  assert.equal(readMessages(end(3, 2, 0)), { messages: [{ kind: "end", errno: 0 }], isInterrupted: false });
  assert.equal(readMessages(end(3, 0x12, 0)), { messages: [{ kind: "end", errno: 0 }], isInterrupted: true });
  assert.equal(readMessages(end(2, 0, -16)), { messages: [{ kind: "end", errno: 16 }], isInterrupted: false });
  assert.ok(readMessages(changed(6, 0x12)).isInterrupted);
});

NETLINK("requestDump() asks for the links, or the addresses, of every family", () => {
  assert.is(Buffer.from(requestDump("links")).toString("hex"), `20000000${"1200"}${"0103"}${"00".repeat(24)}`);
  assert.is(Buffer.from(requestDump("addresses")).toString("hex"), `18000000${"1600"}${"0103"}${"00".repeat(16)}`);
});

NETLINK("readMessages() has an answer to a message cut at every length, and to noise", () => {
  for (let length = 0; length < newLink.length; length++) readMessages(newLink.subarray(0, length));
  const random = randomFrom(testSeed());
  for (let round = 0; round < 50_000; round++) {
    const bytes = Uint8Array.from(newLink);
    for (let left = 1 + random(6); left > 0; left--) bytes[random(bytes.length)] = random(256);
    const at = random(8);
    for (const message of readMessages(bytes.subarray(at, at + random(bytes.length))).messages) {
      if (message.kind === "link") assert.match(message.link.mac, /^([0-9a-f]{2}(:[0-9a-f]{2}){5})?$/);
    }
  }
});

NETLINK.run();
