import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codec } from "../../../packets/codec/codec.ts";
import { FRAME_BYTES, FRAME_STRIDE, ReplyCheck, type Stations, vipAddress, writeRequests } from "./frames.ts";

const frames = suite("arp frames");

const stations: Stations = { generator: { mac: "02:00:00:00:00:01", address: "192.0.2.1" }, responder: { mac: "02:00:00:00:00:02" } };
const right = {
  destination: stations.generator.mac,
  source: stations.responder.mac,
  operation: 2,
  senderMac: stations.responder.mac,
  senderAddress: vipAddress(3),
  targetMac: stations.generator.mac,
  targetAddress: stations.generator.address,
  trailingBytes: 0,
};

/** Slot 1 of received memory, with a reply in it. */
function received(reply: Readonly<Record<string, string | number>>): { check: ReplyCheck; memory: Uint8Array } {
  const encoded = codec("arp").encode(reply);
  if (!encoded.ok) throw new Error(encoded.meaning);
  const memory = new Uint8Array(FRAME_STRIDE * 2);
  memory.set(encoded.bytes, FRAME_STRIDE);
  return { check: new ReplyCheck(stations, 10, memory), memory };
}

frames("vipAddress() counts through the bytes", () => {
  assert.equal([0, 255, 256, 65_535].map(vipAddress), ["10.64.0.0", "10.64.0.255", "10.64.1.0", "10.64.255.255"]);
});

frames("writeRequests() asks for every VIP equally often, in random order, and wraps", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const { frames: bytes, count, order } = writeRequests(stations, 100, 64, random);
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
    const decoded = codec("arp").decode(bytes.slice(at * FRAME_STRIDE, at * FRAME_STRIDE + FRAME_BYTES));
    assert.ok(decoded.ok);
    assert.equal(
      [decoded.fields["operation"], decoded.fields["senderAddress"], decoded.fields["senderMac"]],
      [1, "192.0.2.1", "02:00:00:00:00:01"],
    );
    assert.is(decoded.fields["targetAddress"], vipAddress(order[at] ?? -1));
  }
});

frames("ReplyCheck takes a right reply, also a padded one, and knows its VIP", () => {
  const { check } = received(right);
  assert.ok(check.isRight(1, FRAME_BYTES));
  assert.ok(check.isRight(1, 60));
  assert.is(check.vip(1), 3);
  assert.is(check.vip(0), -1);
  assert.not(check.isRight(0, FRAME_BYTES));
});

const wrong: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  "a reply to another station": { destination: "02:00:00:00:00:09" },
  "a reply that everybody gets": { destination: "ff:ff:ff:ff:ff:ff" },
  "a reply from another station": { source: "02:00:00:00:00:09" },
  "a request": { operation: 1 },
  "another station's MAC": { senderMac: "02:00:00:00:00:09" },
  "an address that is no VIP": { senderAddress: vipAddress(10) },
  "an address before the VIPs": { senderAddress: "10.63.255.255" },
  "a target MAC of nobody": { targetMac: "00:00:00:00:00:00" },
  "another target": { targetAddress: "192.0.2.9" },
};

for (const [what, fields] of Object.entries(wrong)) {
  frames(`ReplyCheck refuses ${what}`, () => {
    assert.not(received({ ...right, ...fields }).check.isRight(1, FRAME_BYTES));
  });
}

frames("ReplyCheck refuses a reply cut short, and one with a wrong byte anywhere", () => {
  const { check, memory } = received(right);
  assert.not(check.isRight(1, FRAME_BYTES - 1));
  for (let at = 0; at < FRAME_BYTES; at++) {
    memory[FRAME_STRIDE + at]! ^= 0x40;
    assert.not(check.isRight(1, FRAME_BYTES), `byte ${at}`);
    memory[FRAME_STRIDE + at]! ^= 0x40;
  }
  assert.ok(check.isRight(1, FRAME_BYTES));
});

const announcement = { ...right, destination: "ff:ff:ff:ff:ff:ff", targetMac: "ff:ff:ff:ff:ff:ff", targetAddress: right.senderAddress };

frames("ReplyCheck knows an announcement, as a request and as a reply, from the responder only", () => {
  for (const operation of [1, 2]) {
    const { check } = received({ ...announcement, operation });
    assert.ok(check.isAnnouncement(1, FRAME_BYTES), `operation ${operation}`);
    assert.not(check.isAnnouncement(1, FRAME_BYTES - 1));
    assert.not(check.isRight(1, FRAME_BYTES));
  }
  for (const fields of [{ source: "02:00:00:00:00:09" }, { senderMac: "02:00:00:00:00:09" }, { targetAddress: vipAddress(4) }]) {
    assert.not(received({ ...announcement, ...fields }).check.isAnnouncement(1, FRAME_BYTES), JSON.stringify(fields));
  }
  assert.not(received(right).check.isAnnouncement(1, FRAME_BYTES));
});

frames.run();
