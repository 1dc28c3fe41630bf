import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codec } from "../../../packets/codec/codec.ts";
import { solicitedNode } from "../../testing/ndp-frames.ts";
import { arpFamily, isAnnouncement } from "./arp-frames.ts";
import type { Family, Manner } from "./family.ts";
import { ndpFamily } from "./ndp-frames.ts";
import { ReplyCheck } from "./reply-check.ts";
import { writeRequests } from "./requests.ts";

const frames = suite("frames of the benches of neighbor answers");

const VIPS = 300;
const { generator, responder } = arpFamily.stations;
const ndp = ndpFamily.stations;
const other = "02:00:00:00:00:09";

/** Its reply for VIP 259, which has both octets of the number, and the fields that each bench is to find wrong. */
const families: Readonly<Record<string, { family: Family; format: string; right: Fields; wrong: readonly Fields[] }>> = {
  arp: {
    family: arpFamily,
    format: "arp",
    right: {
      ...{ destination: generator.mac, source: responder.mac, operation: 2, senderMac: responder.mac, senderAddress: "10.64.1.3" },
      ...{ targetMac: generator.mac, targetAddress: generator.address, trailingBytes: 0 },
    },
    wrong: [
      { destination: "ff:ff:ff:ff:ff:ff" },
      { source: other },
      { operation: 1 },
      { senderMac: other },
      { senderAddress: "10.64.1.44" },
      { senderAddress: "10.65.1.3" },
      { targetMac: other },
      { targetAddress: "192.0.2.9" },
    ],
  },
  ndp: {
    family: ndpFamily,
    format: "neighbor-advertisement",
    right: {
      ...{ destination: ndp.generator.mac, source: ndp.responder.mac, sourceAddress: "2001:db8:64::103" },
      ...{ destinationAddress: ndp.generator.address, targetAddress: "2001:db8:64::103", flags: 0x60 },
      ...{ targetLinkLayerAddress: ndp.responder.mac, otherOptionBytes: 0, trailingBytes: 0 },
    },
    wrong: [
      { destination: "33:33:00:00:00:01" },
      { source: other },
      { sourceAddress: "2001:db8:64::104" },
      { sourceAddress: "2001:db8::2" },
      { destinationAddress: "2001:db8::9" },
      { targetAddress: "2001:db8:64::104" },
      { targetAddress: "2001:db8:65::103", sourceAddress: "2001:db8:65::103" },
      { flags: 0x40 },
      { flags: 0xe0 },
      { targetLinkLayerAddress: other },
    ],
  },
};

type Fields = Readonly<Record<string, string | number>>;

function encode(format: string, fields: Fields): Uint8Array {
  const encoded = codec(format).encode(fields);
  if (!encoded.ok) throw new Error(encoded.meaning);
  return encoded.bytes;
}

/** Slot 1 of received memory, with a frame in it. */
function received(family: Family, frame: Uint8Array, manner: Manner = {}): { check: ReplyCheck; at: Uint8Array } {
  const { strideBytes } = family;
  const memory = new Uint8Array(strideBytes * 2);
  memory.set(frame, strideBytes);
  return { check: new ReplyCheck(family, family.stations, manner, VIPS, { memory, strideBytes }), at: memory.subarray(strideBytes) };
}

for (const [name, { family, format, right, wrong }] of Object.entries(families)) {
  const frame = encode(format, right);
  const isRight = (changes: Fields, manner?: Manner) =>
    received(family, encode(format, { ...right, ...changes }), manner).check.isRight(1, frame.length);

  frames(`${name}: ReplyCheck takes a right reply, also a padded one, and knows its VIP`, () => {
    const { check } = received(family, frame);
    assert.ok(check.isRight(1, frame.length));
    assert.ok(check.isRight(1, family.strideBytes));
    assert.is(check.vip(1), 259);
    assert.is(check.vip(0), -1);
    assert.not(check.isRight(0, frame.length));
  });

  for (const changes of wrong) frames(`${name}: ReplyCheck refuses ${JSON.stringify(changes)}`, () => assert.not(isRight(changes)));

  frames(`${name}: ReplyCheck refuses every changed bit but those of padding`, () => {
    const { check, at } = received(family, frame);
    for (let bit = 0; bit < frame.length * 8; bit++) {
      at[bit >> 3] = (at[bit >> 3] as number) ^ (1 << (bit & 7));
      // Another VIP of ARP is as right, since only the generator knows whom it asked.
      if (name !== "arp" || !(check.vip(1) >= 0 && check.vip(1) !== 259)) assert.not(check.isRight(1, frame.length), `bit ${bit}`);
      at[bit >> 3] = (at[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    assert.ok(check.isRight(1, frame.length));
  });

  frames(`${name}: ReplyCheck refuses a reply that is cut, and one of a VIP that is none`, () => {
    const { check } = received(family, frame);
    assert.not(check.isRight(1, frame.length - 1));
    const memory = new Uint8Array(family.strideBytes);
    memory.set(frame);
    assert.not(new ReplyCheck(family, family.stations, {}, 259, { memory, strideBytes: family.strideBytes }).isRight(0, frame.length));
  });

  frames(`${name}: writeRequests() asks for every VIP equally often, in random order, and wraps`, () => {
    let seed = 1;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const { count, order, frames: bytes } = writeRequests(family, family.stations, 100, 64, random);
    assert.is(count, 4100);
    assert.is(order.length, 4164);
    assert.equal(order.slice(4100), order.slice(0, 64));
    const times = new Map<number, number>();
    for (const vip of order.subarray(0, count)) times.set(vip, (times.get(vip) ?? 0) + 1);
    assert.equal([times.size, ...new Set(times.values())], [100, 41]);
    assert.not.equal(
      [...order.slice(0, 100)],
      Array.from({ length: 100 }, (_, at) => at),
    );
    for (const at of [0, 77, 4163]) {
      const from = at * family.strideBytes;
      assert.equal(bytes.slice(from, from + family.requestBytes), family.writeRequest(family.stations, order[at] ?? -1));
    }
  });

  frames(`${name}: requests differ where the family says, and nowhere else`, () => {
    const [one, two] = [0, 259].map((vip) => family.writeRequest(family.stations, vip)) as [Uint8Array, Uint8Array];
    assert.is(one.length, family.requestBytes);
    const differing = Array.from(one.keys()).filter((at) => one[at] !== two[at]);
    const words = family.variesAt.flatMap((at) => [at, at + 1]);
    assert.equal(
      differing.filter((at) => !words.includes(at)),
      [],
    );
    assert.equal(
      family.variesAt.filter((at) => !differing.includes(at) && !differing.includes(at + 1)),
      [],
    );
  });
}

frames("arp: a request is a broadcast for the VIP", () => {
  const decoded = codec("arp").decode(arpFamily.writeRequest(arpFamily.stations, 259));
  assert.ok(decoded.ok);
  const { destination, operation, senderAddress, senderMac, targetAddress } = decoded.fields;
  assert.equal(
    [destination, operation, senderAddress, senderMac, targetAddress],
    ["ff:ff:ff:ff:ff:ff", 1, "192.0.2.1", "02:00:00:00:00:01", "10.64.1.3"],
  );
});

frames("ndp: a request goes to the VIP's solicited-node group, with the asker's MAC", () => {
  const decoded = codec("neighbor-solicitation").decode(ndpFamily.writeRequest(ndp, 259));
  assert.ok(decoded.ok);
  const { destination, destinationAddress, source, sourceAddress, sourceLinkLayerAddress, targetAddress } = decoded.fields;
  const group = solicitedNode("2001:db8:64::103");
  assert.equal([destination, destinationAddress], [group.mac, group.address]);
  assert.equal([source, sourceAddress, sourceLinkLayerAddress], [ndp.generator.mac, ndp.generator.address, ndp.generator.mac]);
  assert.is(targetAddress, "2001:db8:64::103");
});

frames("isAnnouncement() knows one, as a request and as a reply, from the responder only", () => {
  const { right } = families["arp"] as (typeof families)[string];
  const all = "ff:ff:ff:ff:ff:ff";
  const announcement = { ...right, destination: all, targetMac: all, targetAddress: right["senderAddress"] ?? "" };
  const isOne = (fields: Fields) => isAnnouncement(Uint8Array.of(0, ...encode("arp", fields)), 1, Uint8Array.of(2, 0, 0, 0, 0, 2));
  for (const operation of [1, 2]) assert.ok(isOne({ ...announcement, operation }));
  for (const fields of [{ source: other }, { senderMac: other }, { targetAddress: "10.64.1.4" }])
    assert.not(isOne({ ...announcement, ...fields }), JSON.stringify(fields));
  assert.not(isOne(right));
});

frames("ReplyCheck takes what a responder words in a manner of its own, and then nothing else", () => {
  const cases: [string, Fields, Manner][] = [
    ["arp", { destination: "ff:ff:ff:ff:ff:ff", targetMac: "ff:ff:ff:ff:ff:ff" }, { toAll: true }],
    ["ndp", { flags: 0xc0 }, { flags: 0xc0 }],
    ["ndp", { sourceAddress: ndpFamily.responderAddress }, { from: ndpFamily.responderAddress }],
  ];
  for (const [name, changes, manner] of cases) {
    const { family, format, right } = families[name] as (typeof families)[string];
    const check = (fields: Fields) =>
      received(family, encode(format, { ...right, ...fields }), manner).check.isRight(1, family.strideBytes);
    assert.ok(check(changes), name);
    assert.not(check({}), name);
  }
});

frames.run();
