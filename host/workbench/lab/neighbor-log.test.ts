import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codec } from "../../packets/codec/codec.ts";
import { advertise, probe, solicit } from "../testing/ndp-frames.ts";
import { readNeighborFrame, requestFrame } from "./neighbor-frames.ts";
import { NeighborLog } from "./neighbor-log.ts";

const LOG = suite("NeighborLog");

const CLIENT = { mac: "02:00:00:00:00:01", address: "192.0.2.100" };
const CLIENT6 = "2001:db8::100";
const client = { mac: CLIENT.mac, addresses: { ipv4: CLIENT.address, ipv6: CLIENT6 } };
const VIP = "192.0.2.240";
const VIP6 = "2001:db8::1:f0";
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

const replyOf = (mac: string): Uint8Array => frame(2, { mac, address: VIP }, CLIENT);
const answer6 = { destination: CLIENT.mac, destinationAddress: CLIENT6, flags: 0x60 };
const answerOf = (mac: string): Uint8Array => advertise(VIP6, mac, answer6);
const owner = "02:00:00:00:00:0a";
const other = "02:00:00:00:00:0b";

const exchanges: Readonly<Record<string, readonly [vip: string, answer: (mac: string) => Uint8Array]>> = {
  ARP: [VIP, replyOf],
  NDP: [VIP6, answerOf],
};

for (const [protocol, [vip, answer]] of Object.entries(exchanges)) {
  LOG(`tells how long the first reply took, and who replied, by ${protocol}`, () => {
    const log = new NeighborLog(CLIENT.mac);
    log.take(requestFrame(vip, client), 1_000_000n);
    log.take(requestFrame(vip, client), 1_500_000n);
    log.take(answer(owner), 1_584_000n);
    log.take(answer(other), 1_600_000n);
    assert.equal(log.answer(vip), { answeredBy: [owner, other], requests: 2, firstReplyMicros: 584 });
  });
}

LOG("takes no announcement, and nothing between others, for an answer", () => {
  const log = new NeighborLog(CLIENT.mac);
  const vip = { mac: owner, address: VIP };
  log.take(requestFrame(VIP, client), 1n);
  log.take(frame(1, vip, { ...vip, mac: "ff:ff:ff:ff:ff:ff" }), 2n);
  log.take(frame(2, vip, { ...vip, mac: "ff:ff:ff:ff:ff:ff" }), 3n);
  log.take(frame(2, vip, { mac: other, address: "192.0.2.12" }), 4n);
  log.take(requestFrame(VIP, client).subarray(0, 20), 5n);
  assert.equal(log.answer(VIP), { answeredBy: [], requests: 1, firstReplyMicros: null });
  log.take(advertise(VIP6, owner), 6n);
  log.take(advertise(VIP6, owner, { ...answer6, destination: other }), 7n);
  log.take(solicit(VIP6, { source: other, sourceLinkLayerAddress: other }), 8n);
  log.take(probe(VIP6, { source: other }), 9n);
  assert.equal(log.answer(VIP6), { answeredBy: [], requests: 0, firstReplyMicros: null });
});

LOG("begins anew after forget", () => {
  const log = new NeighborLog(CLIENT.mac);
  log.take(requestFrame(VIP, client), 1n);
  log.take(replyOf(owner), 2n);
  log.forget([VIP]);
  assert.equal(log.answer(VIP), { answeredBy: [], requests: 0, firstReplyMicros: null });
});

LOG("readNeighborFrame() takes the sender's MAC where an advertisement has none", () => {
  const bare = advertise(VIP6, owner, { ...answer6, targetLinkLayerAddress: "00:00:00:00:00:00" });
  assert.equal(readNeighborFrame(bare, CLIENT.mac), { kind: "answer", address: VIP6, mac: owner });
});

LOG("requestFrame() asks the group of an IPv6 address", () => {
  const decoded = codec("neighbor-solicitation").decode(requestFrame("2001:db8::12:3456", client));
  assert.ok(decoded.ok);
  const { destination, destinationAddress, sourceAddress, sourceLinkLayerAddress } = decoded.fields;
  assert.equal(
    [destination, destinationAddress, sourceAddress, sourceLinkLayerAddress],
    ["33:33:ff:12:34:56", "ff02::1:ff12:3456", CLIENT6, CLIENT.mac],
  );
});

LOG.run();
