/** Packet sockets on a veth pair: what the filter lets in, what arrives in the slots, and what a dead link does. */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linkIndex, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { solicit } from "../workbench/testing/ndp-frames.ts";
import { arpFrame } from "../workbench/testing/program-station.ts";
import { until } from "../workbench/testing/promises.ts";
import { type FrameFacts, type FrameMatch, frameFilter, runFilter } from "./filter.ts";
import { kernelFrames } from "./frame-socket.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { PacketProgram } from "./program.ts";
import { openPacketSocket } from "./sockets.ts";
import { loadModule } from "./wasm.ts";

const WIRE = suite("kernel wire");
const inside = insideTests(WIRE, import.meta.url);
const NEAR_MAC = "02:00:00:00:00:0e";
const ARP = { etherType: 0x0806 };

/** A veth pair whose near end has a port of the ARP program. */
class Pair {
  readonly program = new PacketProgram("arp", loadModule("arp"));
  readonly wire = kernelWire(libc(), false);
  readonly link;
  readonly #farFd: number;

  constructor() {
    run("ip", "link", "add", "near", "address", NEAR_MAC, "type", "veth", "peer", "name", "far");
    for (const name of ["near", "far"]) run("ip", "link", "set", name, "addrgenmode", "none", "up");
    this.link = { id: 0, name: "near", index: linkIndex("near"), mac: NEAR_MAC, up: true };
    this.#farFd = openPacketSocket(libc(), { name: "far", index: linkIndex("far") }, 0x88b5, [[0x06, 0, 0, 0]]);
  }

  open(match: FrameMatch = ARP) {
    return this.wire.open(this.program, this.link, match.etherType, frameFilter(match), () => {});
  }

  /** Puts frames on the wire at the far end. A veth delivers before `send` returns. */
  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) assert.is(libc().send(this.#farFd, frame, frame.length, 0), frame.length);
  }

  /** What lies in the first `count` receive slots, without what a slot cut. */
  slots(count: number): string[] {
    const { memory, rx, slotBytes, rxDescriptors } = this.program;
    const lengths = new DataView(memory.buffer);
    return Array.from({ length: count }, (_, slot) => {
      const length = lengths.getUint16(rxDescriptors + slot * 32, true);
      const at = rx + slot * slotBytes;
      return Buffer.from(memory.slice(at, at + Math.min(length, slotBytes))).toString("hex");
    });
  }

  end(): void {
    libc().close(this.#farFd);
    run("ip", "link", "delete", "near");
  }
}

function withPair(body: (pair: Pair) => Promise<void> | void): () => Promise<void> {
  return async () => {
    const pair = new Pair();
    try {
      await body(pair);
    } finally {
      pair.end();
    }
  };
}

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
  "a batch is as large as the slots, a frame that a slot cuts keeps its true length",
  [],
  withPair((pair) => {
    const port = pair.open();
    const frames = Array.from({ length: pair.program.slots + 2 }, (_, at) => arpFrame({ trailingBytes: at % 50 }));
    pair.send(...frames);
    assert.is(port.receive(), pair.program.slots);
    assert.equal(
      pair.slots(pair.program.slots),
      frames.slice(0, pair.program.slots).map((frame) => Buffer.from(frame).toString("hex")),
    );
    assert.is(port.receive(), 2);
    assert.is(port.receive(), 0);
    const long = arpFrame({ trailingBytes: 1400 });
    pair.send(long);
    assert.is(port.receive(), 1);
    const { memory, rxDescriptors, slotBytes } = pair.program;
    assert.is(new DataView(memory.buffer).getUint16(rxDescriptors, true), long.length);
    assert.equal(pair.slots(1), [Buffer.from(long.subarray(0, slotBytes)).toString("hex")]);
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
  "a link that goes down, comes up or goes away makes no port throw",
  [],
  withPair((pair) => {
    const port = pair.open();
    run("ip", "link", "set", "near", "down");
    assert.is(port.receive(), 0);
    assert.is(port.send(0, 1), 0);
    run("ip", "link", "set", "near", "up");
    pair.send(request);
    assert.is(port.receive(), 1);
    run("ip", "link", "set", "far", "down");
    assert.is(port.send(0, 1), 0, "no carrier");
    run("ip", "link", "delete", "near");
    assert.is(port.receive(), 0);
    assert.is(port.send(0, 1), 0);
    assert.throws(() => pair.open(), /Cannot bind a packet socket to near \(index \d+\): there is no such interface any more/);
    port.close();
    run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far");
  }),
);

inside(
  "what the kernel dropped for want of room is counted once",
  [],
  withPair((pair) => {
    const port = pair.open();
    const flood = 5000;
    for (let sent = 0; sent < flood; sent++) pair.send(request);
    let received = 0;
    for (let count = port.receive(); count > 0; count = port.receive()) received += count;
    assert.ok(received > 0 && received < flood, `${received} of ${flood} received`);
    assert.is(port.takeDrops(), flood - received);
    assert.is(port.takeDrops(), 0);
    port.close();
  }),
);

inside(
  "the watch goes on after the link was down",
  [],
  withPair(async (pair) => {
    let calls = 0;
    const watching = kernelWire(libc(), true);
    const port = watching.open(pair.program, pair.link, ARP.etherType, frameFilter(ARP), () => {
      calls++;
      port.receive();
    });
    const soon = () => new Promise((resolve) => setTimeout(resolve, 20));
    for (let flap = 0; flap < 3; flap++) {
      run("ip", "link", "set", "near", "down");
      await soon();
      run("ip", "link", "set", "near", "up");
      await soon();
      calls = 0;
      pair.send(request);
      await soon();
      assert.ok(calls > 0, `after ${flap + 1} flaps`);
      assert.ok(calls < 10, `${calls} calls for one frame`);
    }
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
