/** Packet sockets on a veth pair: what the filter lets in, what arrives in the slots, and what a dead link does. */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linkIndex, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { solicit } from "../workbench/testing/ndp-frames.ts";
import { ARP, NEAR_MAC, withPair } from "../workbench/testing/port-pair.ts";
import { arpFrame } from "../workbench/testing/program-station.ts";
import { until } from "../workbench/testing/promises.ts";
import { type FrameFacts, type FrameMatch, frameFilter, runFilter } from "./filter.ts";
import { kernelFrames } from "./frame-socket.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { PacketProgram } from "./program.ts";
import { loadModule } from "./wasm.ts";

const WIRE = suite("kernel wire");
const inside = insideTests(WIRE, import.meta.url);

/** With a four-byte tag behind the addresses, as it is on the wire. */
function tagged(frame: Uint8Array, type: number, id: number): Uint8Array {
  return Uint8Array.from([...frame.subarray(0, 12), type >> 8, type & 255, id >> 8, id & 255, ...frame.subarray(12)]);
}

const request = arpFrame({ targetAddress: "192.0.2.1" });
const reTyped = (etherType: number, bytes: Uint8Array) =>
  Uint8Array.from([...bytes.subarray(0, 12), etherType >> 8, etherType & 255, ...bytes.subarray(14)]);

const arriving: readonly { name: string; frame: Uint8Array; facts: FrameFacts }[] = [
  { name: "broadcast", frame: request, facts: { tagged: false, otherHost: false } },
  { name: "to our MAC", frame: arpFrame({ destination: NEAR_MAC }), facts: { tagged: false, otherHost: false } },
  { name: "multicast", frame: arpFrame({ destination: "01:00:5e:00:00:01" }), facts: { tagged: false, otherHost: false } },
  { name: "to another host", frame: arpFrame({ destination: "02:00:00:00:00:99" }), facts: { tagged: false, otherHost: true } },
  { name: "reply", frame: arpFrame({ operation: 2 }), facts: { tagged: false, otherHost: false } },
  { name: "tagged", frame: tagged(request, 0x8100, 5), facts: { tagged: true, otherHost: false } },
  { name: "service tagged", frame: tagged(request, 0x88a8, 5), facts: { tagged: true, otherHost: false } },
  { name: "IPv4", frame: reTyped(0x0800, request), facts: { tagged: false, otherHost: false } },
  { name: "RARP", frame: reTyped(0x8035, request), facts: { tagged: false, otherHost: false } },
  { name: "header only", frame: request.subarray(0, 14), facts: { tagged: false, otherHost: false } },
];

inside(
  "the kernel lets in what runFilter() does",
  [],
  withPair((pair) => {
    const port = pair.open();
    for (const { name, frame, facts } of arriving) {
      pair.send(frame);
      const isLetIn = runFilter(frameFilter(ARP), frame, facts);
      assert.is(port.receive(), isLetIn ? 1 : 0, name);
      if (isLetIn) assert.equal(pair.slots(1), [Buffer.from(frame).toString("hex")], name);
    }
    port.close();
  }),
);

const NEIGHBORS: FrameMatch = { etherType: 0x86dd, ipProtocol: 58, icmpTypes: [135, 136] };
const solicitation = solicit("2001:db8::1");
const withOctets = (octets: Readonly<Record<number, number>>) => solicitation.map((byte, at) => octets[at] ?? byte);

inside(
  "the kernel lets in the types of ICMPv6 that runFilter() does",
  [],
  withPair((pair) => {
    const port = pair.open(NEIGHBORS);
    const frames = {
      ...Object.fromEntries([0, 128, 130, 133, 134, 135, 136, 137, 143, 255].map((type) => [`type ${type}`, withOctets({ 54: type })])),
      ...{ "behind hop-by-hop options": withOctets({ 20: 0 }), "in a fragment": withOctets({ 20: 44 }) },
      ...{ "without a type": solicitation.subarray(0, 54), "of a type alone": solicitation.subarray(0, 55) },
    };
    const letIn: string[] = [];
    for (const [name, frame] of Object.entries(frames)) {
      pair.send(frame);
      const count = port.receive();
      assert.is(count, runFilter(frameFilter(NEIGHBORS), frame, { tagged: false, otherHost: false }) ? 1 : 0, name);
      if (count === 1) letIn.push(name);
    }
    assert.equal(letIn, ["type 135", "type 136", "of a type alone"]);
    port.close();
  }),
);

inside(
  "the kernel looks at the IP protocol as runFilter() does",
  [],
  withPair((pair) => {
    const match = { etherType: 0x86dd, ipProtocol: 58 };
    const port = pair.open(match);
    const packet = reTyped(0x86dd, arpFrame({ trailingBytes: 20 }));
    for (const length of [16, 20, 21, packet.length]) {
      for (const protocol of [58, 17]) {
        const frame = packet.slice(0, length);
        if (length > 20) frame[20] = protocol;
        pair.send(frame);
        const isLetIn = runFilter(frameFilter(match), frame, { tagged: false, otherHost: false });
        assert.is(port.receive(), isLetIn ? 1 : 0, `${length} bytes, protocol ${protocol}`);
      }
    }
    port.close();
  }),
);

inside(
  "what a port sends arrives once, clamped to its slot, and not at itself",
  [],
  withPair((pair) => {
    const [sender, receiver] = [pair.open(), kernelWire(libc(), false)];
    const other = new PacketProgram("arp", loadModule("arp"));
    const far = { id: 1, name: "far", index: linkIndex("far"), mac: "", up: true };
    const port = receiver.open(other, far, ARP.etherType, frameFilter(ARP), () => {});
    const { memory, tx, slotBytes, txDescriptors } = pair.program;
    const lengths = [42, 60, 0xffff];
    lengths.forEach((length, slot) => {
      memory.set(request, tx + slot * slotBytes);
      new DataView(memory.buffer).setUint16(txDescriptors + slot * 32, length, true);
    });
    assert.is(sender.send(0, 3), 3);
    assert.is(sender.receive(), 0, "our own frames do not come back");
    assert.is(port.receive(), 3);
    const received = new DataView(other.memory.buffer);
    assert.equal(
      [0, 1, 2].map((slot) => received.getUint16(other.rxDescriptors + slot * 32, true)),
      [42, 60, slotBytes],
    );
    assert.is(sender.send(1, 2), 1);
    assert.is(port.receive(), 1);
    sender.close();
    port.close();
  }),
);

inside(
  "what this machine itself asks on the link does not come in",
  [],
  withPair(async (pair) => {
    run("ip", "address", "add", "192.0.2.9/24", "dev", "near");
    const port = pair.open();
    const socket = createSocket("udp4");
    await new Promise((resolve) => socket.send("who is there", 9, "192.0.2.50", resolve));
    socket.close();
    await until(() => /192\.0\.2\.50/.test(run("ip", "neighbor", "show", "dev", "near")));
    assert.is(port.receive(), 0);
    port.close();
  }),
);

inside(
  "kernelFrames() sends and receives single frames, and a socket may be closed while it hands one on",
  [],
  withPair(async (pair) => {
    const heard: string[] = [];
    const near = kernelFrames(libc()).open(pair.link, ARP, [], (frame) => {
      heard.push(Buffer.from(frame).toString("hex"));
      if (heard.length === 2) near.close();
    });
    const port = kernelWire(libc(), false).open(
      pair.program,
      { ...pair.link, name: "far", index: linkIndex("far") },
      ARP.etherType,
      frameFilter(ARP),
      () => {},
    );
    near.send(request);
    assert.is(port.receive(), 1);
    pair.send(request, request, request);
    await until(() => heard.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(heard, Array(2).fill(Buffer.from(request).toString("hex")));
    near.close();
    const dead = kernelFrames(libc()).open(pair.link, ARP, [], () => {});
    run("ip", "link", "set", "near", "down");
    assert.throws(() => dead.send(request), /^Cannot send a frame on near: ENETDOWN$/);
    dead.close();
    port.close();
  }),
);

inside(
  "kernelFrames() receives the groups that it is told, as long as it is open",
  [],
  withPair(async ({ link }) => {
    const groups = () => readFileSync("/proc/net/dev_mcast", "utf8").includes("333300000002");
    assert.is(groups(), false);
    const frames = kernelFrames(libc());
    const near = frames.open(link, { etherType: 0x86dd, ipProtocol: 58 }, ["33:33:00:00:00:02"], () => {});
    assert.is(groups(), true);
    near.close();
    await until(() => !groups());
    assert.throws(
      () => frames.open(link, ARP, ["all"], () => {}),
      /^Cannot receive group all on near: expected a MAC such as 33:33:00:00:00:02$/,
    );
  }),
);

WIRE.run();
