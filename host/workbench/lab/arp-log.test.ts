import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codec } from "../../packets/codec/codec.ts";
import { ArpLog } from "./arp-log.ts";

const LOG = suite("ArpLog");

const CLIENT = { mac: "02:00:00:00:00:01", address: "192.0.2.100" };
const VIP = "192.0.2.240";
const arp = codec("arp");

function frame(operation: 1 | 2, sender: { mac: string; address: string }, target: { mac: string; address: string }): Uint8Array {
  const encoded = arp.encode({
    destination: target.mac,
    source: sender.mac,
    operation,
    senderMac: sender.mac,
    senderAddress: sender.address,
    targetMac: target.mac,
    targetAddress: target.address,
    trailingBytes: 0,
  });
  if (!encoded.ok) throw new Error(encoded.meaning);
  return encoded.bytes;
}

const request = frame(1, CLIENT, { mac: "ff:ff:ff:ff:ff:ff", address: VIP });
const replyOf = (mac: string): Uint8Array => frame(2, { mac, address: VIP }, CLIENT);
const owner = "02:00:00:00:00:0a";
const other = "02:00:00:00:00:0b";

LOG("tells how long the first reply took, and who replied", () => {
  const log = new ArpLog(arp, CLIENT.address);
  log.take(request, 1_000_000n);
  log.take(request, 1_500_000n);
  log.take(replyOf(owner), 1_584_000n);
  log.take(replyOf(other), 1_600_000n);
  assert.equal(log.answer(VIP), { answeredBy: [owner, other], requests: 2, firstReplyMicros: 584 });
});

LOG("takes no announcement, and nothing between others, for an answer", () => {
  const log = new ArpLog(arp, CLIENT.address);
  const vip = { mac: owner, address: VIP };
  log.take(request, 1n);
  log.take(frame(1, vip, { ...vip, mac: "ff:ff:ff:ff:ff:ff" }), 2n);
  log.take(frame(2, vip, { ...vip, mac: "ff:ff:ff:ff:ff:ff" }), 3n);
  log.take(frame(2, vip, { mac: other, address: "192.0.2.12" }), 4n);
  log.take(request.subarray(0, 20), 5n);
  assert.equal(log.answer(VIP), { answeredBy: [], requests: 1, firstReplyMicros: null });
});

LOG("begins anew after forget", () => {
  const log = new ArpLog(arp, CLIENT.address);
  log.take(request, 1n);
  log.take(replyOf(owner), 2n);
  log.forget([VIP]);
  assert.equal(log.answer(VIP), { answeredBy: [], requests: 0, firstReplyMicros: null });
});

LOG.run();
