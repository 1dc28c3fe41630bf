/** Datagram ports on two real links, seen from their far ends as frames: hop limits, links, link-local addresses, links made anew. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linkIndex, run } from "../workbench/private-network.ts";
import { DatagramEnd } from "../workbench/testing/datagram-end.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { until } from "../workbench/testing/promises.ts";
import { randomFrom, testSeed } from "../workbench/testing/random.ts";
import { readUdpFrame, type UdpFrame, writeUdpFrame } from "../workbench/testing/udp-frames.ts";
import { Descriptor } from "./datagram-layout.ts";
import { PacketEngine } from "./engine.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { NO_LINK } from "./link-table.ts";
import type { LoadedProgram } from "./program.ts";
import { openPacketSocket } from "./sockets.ts";
import { loadModule } from "./wasm.ts";
import type { WireLink } from "./wire.ts";

const LINKS = suite("datagram links");
const inside = insideTests(LINKS, import.meta.url);
const UDP_PORT = 3784;
const FAR_PORT = 49_152;
const QUIET_MS = 30;

/** Near and far address by kind. Link-local ones are the same on both links. */
const places = [
  { id: 3, v4: ["192.0.2.1", "192.0.2.2"], v6: ["2001:db8:3::1", "2001:db8:3::2"], local: ["fe80::1", "fe80::2"] },
  { id: 9, v4: ["198.51.100.1", "198.51.100.2"], v6: ["2001:db8:9::1", "2001:db8:9::2"], local: ["fe80::1", "fe80::2"] },
] as const;
const kinds = ["v4", "v6", "local"] as const;
type Kind = (typeof kinds)[number];

/** One link: `near` has addresses and our sockets, `far` is a wire's end that frames are put on and taken from. */
class Place {
  readonly id: number;
  readonly near: string;
  readonly #addresses: (typeof places)[number];
  readonly #far: string;
  #fd = -1;

  constructor(addresses: (typeof places)[number]) {
    this.id = addresses.id;
    this.near = `near${this.id}`;
    this.#far = `far${this.id}`;
    this.#addresses = addresses;
  }

  make(): void {
    run("ip", "link", "add", this.near, "address", this.#mac("e"), "type", "veth", "peer", this.#far, "address", this.#mac("f"));
    for (const name of [this.near, this.#far]) run("ip", "link", "set", name, "addrgenmode", "none", "up");
    for (const kind of kinds) {
      const [near, far] = this.#addresses[kind];
      run("ip", "address", "add", `${near}/${kind === "v4" ? 24 : 64}`, "dev", this.near, ...(kind === "v4" ? [] : ["nodad"]));
      run("ip", "neighbor", "add", far, "lladdr", this.#mac("f"), "dev", this.near);
    }
    this.#fd = openPacketSocket(libc(), { name: this.#far, index: linkIndex(this.#far) }, 0x0003, [[0x06, 0, 0, 0x40000]]);
  }

  destroy(): void {
    libc().close(this.#fd);
    run("ip", "link", "delete", this.near);
  }

  get link(): WireLink {
    return { id: this.id, name: this.near, index: linkIndex(this.near), mac: this.#mac("e"), up: true };
  }

  /** From the far end to our socket, unless told otherwise. */
  send(kind: Kind, fields: Partial<UdpFrame>): void {
    const [destination, source] = this.#addresses[kind];
    const macs = { destinationMac: this.#mac("e"), sourceMac: this.#mac("f") };
    const ports = { sourcePort: FAR_PORT, destinationPort: UDP_PORT };
    const frame = writeUdpFrame({ ...macs, ...ports, source, destination, hopLimit: 255, text: "hello", ...fields });
    assert.is(libc().send(this.#fd, frame, frame.length, 0), frame.length);
  }

  /** What has arrived at the far end by now. */
  take(): UdpFrame[] {
    const frames: UdpFrame[] = [];
    const buffer = new Uint8Array(2048);
    for (let length = 1; length > 0; ) {
      length = libc().recv(this.#fd, buffer, buffer.length, 0);
      const frame = length > 0 ? readUdpFrame(buffer.slice(0, length)) : undefined;
      if (frame !== undefined) frames.push(frame);
    }
    return frames;
  }

  /** What our socket should have sent to the far end. */
  expected(kind: Kind, fields: Partial<UdpFrame> = {}): UdpFrame {
    const [source, destination] = this.#addresses[kind];
    const macs = { destinationMac: this.#mac("f"), sourceMac: this.#mac("e") };
    const ports = { sourcePort: UDP_PORT, destinationPort: FAR_PORT };
    return { ...macs, ...ports, source, destination, hopLimit: 255, text: "hello", ...fields };
  }

  peer(kind: Kind): { peer: string; peerPort: number; family: number } {
    return { peer: this.#addresses[kind][1], peerPort: FAR_PORT, family: kind === "v4" ? 4 : 6 };
  }

  #mac(end: "e" | "f"): string {
    return `02:00:00:00:0${end}:0${this.id}`;
  }
}

const [first, second] = places.map((place) => new Place(place)) as [Place, Place];
const both = [first, second] as const;
let isMade = false;

/** The network is made once, by whichever test comes first. */
function makePlaces(): void {
  if (!isMade) for (const place of both) place.make();
  isMade = true;
}

const wire = () => kernelWire(libc(), false);
const any = (kind: Kind) => (kind === "v4" ? "0.0.0.0" : "::");

/** The echo program on both links, with a port for each family. `intercept` stands in for its `process`. */
function echoEngine(): { engine: PacketEngine; program: LoadedProgram } {
  makePlaces();
  const programs: LoadedProgram[] = [];
  const real = wire();
  const engine = new PacketEngine({
    ...real,
    openDatagrams(request, onReadable) {
      programs.push(request.program);
      return real.openDatagrams(request, onReadable);
    },
  });
  engine.addProgram("echo", loadModule("echo"), undefined, [1, 2]);
  engine.attach(
    "echo",
    both.map(({ link }) => link),
  );
  engine.openDatagrams("echo", 1, { address: "0.0.0.0", udpPort: UDP_PORT });
  engine.openDatagrams("echo", 2, { address: "::", udpPort: UDP_PORT });
  return { engine, program: programs[0] as LoadedProgram };
}

/** Turns until the program has received so many, and whatever it sends has arrived. */
async function settle(engine: PacketEngine, received: number): Promise<void> {
  await until(() => {
    engine.turn(0, true);
    return engine.statistics()["echo"]!.received >= received;
  });
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}

function withEnds(options: { kind: Kind; link?: WireLink; hopLimit?: number }, call: (end: DatagramEnd) => unknown): unknown {
  makePlaces();
  const { kind, ...rest } = options;
  const end = new DatagramEnd(wire(), { address: any(kind), udpPort: UDP_PORT, ...rest });
  end.links.all = both.map(({ link }) => link);
  const close = () => end.port.close();
  return Promise.resolve(call(end)).finally(close);
}

/** Half of what counts is likely to be good. */
function writeNonsense({ memory }: LoadedProgram, at: number, random: (below: number) => number): void {
  const link = [random(2) === 0 ? first.id : second.id, 0, 0, 0];
  const peer = random(2) === 0 ? [192, 0, 2, 2] : [0xfe, 0x80, ...new Uint8Array(13), 2];
  for (let byte = 0; byte < Descriptor.bytes; byte++) memory[at + byte] = random(256);
  if (random(2) === 0) memory[at + Descriptor.port] = 1 + random(2);
  if (random(2) === 0) memory[at + Descriptor.peerFamily] = peer.length === 4 ? 4 : 6;
  if (random(2) === 0) memory.set(link, at + Descriptor.link);
  if (random(2) === 0) memory.set(peer, at + Descriptor.peer);
}

async function receive(end: DatagramEnd): Promise<ReturnType<DatagramEnd["receive"]>> {
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  return end.receive();
}

inside("an answer leaves on the link that the question came by, with hop limit 255", [], async () => {
  const { engine } = echoEngine();
  for (const kind of kinds)
    for (const [at, place] of both.entries()) place.send(kind, { text: `${kind} ${at}`, sourcePort: FAR_PORT + at });
  await settle(engine, 6);
  for (const [at, place] of both.entries()) {
    assert.equal(
      place.take(),
      kinds.map((kind) => place.expected(kind, { text: `${kind} ${at}`, destinationPort: FAR_PORT + at })),
    );
  }
  engine.close();
});

inside("what passed a router gets no answer", [], async () => {
  const { engine } = echoEngine();
  for (const kind of ["v4", "v6"] as const) for (const hopLimit of [254, 64, 1]) first.send(kind, { hopLimit });
  await settle(engine, 6);
  assert.equal(first.take(), []);
  assert.is(engine.statistics()["echo"]!.drops["low_hop_limit"], 6);
  engine.close();
});

inside("a descriptor says on which link a datagram came, and with which hop limit", [], async () => {
  for (const kind of kinds) {
    await withEnds({ kind }, async (end) => {
      first.send(kind, { hopLimit: 255, text: "one" });
      second.send(kind, { hopLimit: 1, text: "two" });
      const received = await receive(end);
      assert.equal(
        received.map(({ bytes, ...rest }) => ({ ...rest, text: Buffer.from(bytes).toString() })),
        [
          { ...first.peer(kind), link: first.id, hopLimit: 255, port: 1, length: 3, text: "one" },
          { ...second.peer(kind), link: second.id, hopLimit: 1, port: 1, length: 3, text: "two" },
        ],
      );
      end.links.all = [second.link];
      for (const place of both) place.send(kind, {});
      assert.equal(
        (await receive(end)).map(({ link }) => link),
        [NO_LINK, second.id],
      );
    });
  }
});

inside("a datagram leaves on the link that its descriptor names, with the hop limit that it names", [], async () => {
  for (const kind of kinds) {
    await withEnds({ kind, hopLimit: 77 }, async (end) => {
      const datagrams = both.map((place) => ({ ...place.peer(kind), text: "hello", link: place.id }));
      assert.is(end.send(...datagrams, ...datagrams.map((datagram) => ({ ...datagram, hopLimit: 255 }))), 4);
      await receive(end);
      for (const place of both) assert.equal(place.take(), [place.expected(kind, { hopLimit: 77 }), place.expected(kind)]);
    });
  }
});

inside("a datagram that cannot be delivered does not keep others from it", [], async () => {
  await withEnds({ kind: "v4" }, async (end) => {
    const good = { ...first.peer("v4"), text: "hello", hopLimit: 255 };
    const nowhere = ["203.0.113.1", "255.255.255.255", "192.0.2.255"].map((peer) => ({ ...good, peer }));
    assert.is(end.send(...nowhere, good, ...nowhere, good, good, ...nowhere), 3);
    await receive(end);
    assert.equal(first.take(), Array(3).fill(first.expected("v4")));
    assert.equal(second.take(), []);
  });
});

inside("where a descriptor names no link, the routes decide, and a link-local address has none", [], async () => {
  for (const kind of ["v4", "v6"] as const) {
    await withEnds({ kind }, async (end) => {
      assert.is(end.send(...both.map((place) => ({ ...place.peer(kind), text: "hello", link: NO_LINK, hopLimit: 255 }))), 2);
      await receive(end);
      for (const place of both) assert.equal(place.take(), [place.expected(kind)]);
    });
  }
  await withEnds({ kind: "local" }, async (end) => {
    const datagram = { ...first.peer("local"), text: "hello", hopLimit: 255 };
    assert.is(end.send(datagram, { ...datagram, link: first.id }, datagram), 1);
    await receive(end);
    assert.equal(first.take(), [first.expected("local")]);
    assert.equal(second.take(), []);
  });
});

inside("a port that is bound to a link neither hears nor sends on another", [], async () => {
  for (const kind of kinds) {
    await withEnds({ kind, link: second.link }, async (end) => {
      for (const place of both) place.send(kind, {});
      assert.equal(
        (await receive(end)).map(({ link }) => link),
        [second.id],
      );
      const [here, there] = [second, first].map((place) => ({ ...second.peer(kind), link: place.id, hopLimit: 255, text: "hello" }));
      assert.is(end.send(here!, there!, { ...here!, link: NO_LINK }), 2);
      await receive(end);
      assert.equal(second.take(), [second.expected(kind), second.expected(kind)]);
      assert.equal(first.take(), []);
    });
  }
});

inside("a link that was made anew is heard again once it is attached", [], async () => {
  const { engine } = echoEngine();
  const bound = { address: "fe80::1", udpPort: UDP_PORT + 1, reuse: true };
  const open = () => engine.openDatagrams("echo", 3, { ...bound, link: { name: first.near, index: first.link.index } });
  open();
  first.destroy();
  first.make();
  engine.attach(
    "echo",
    both.map(({ link }) => link),
  );
  open();
  for (const kind of kinds) first.send(kind, {});
  first.send("local", { destinationPort: UDP_PORT + 1 });
  await settle(engine, 4);
  assert.equal(first.take(), [...kinds.map((kind) => first.expected(kind)), first.expected("local", { sourcePort: UDP_PORT + 1 })]);
  engine.close();
});

inside("whatever a program writes, only its own ports send, and nothing throws", [], async () => {
  const { engine, program } = echoEngine();
  const random = randomFrom(testSeed());
  const batches = 300;
  program.process = () => {
    for (let slot = 0; slot < program.slots; slot++) writeNonsense(program, program.txDescriptors + slot * Descriptor.bytes, random);
    return program.slots;
  };
  const seen: UdpFrame[] = [];
  for (let batch = 0; batch < batches; batch++) {
    first.send("v4", {});
    await until(() => {
      engine.turn(0, true);
      return engine.statistics()["echo"]!.received > batch;
    });
    for (const place of both) seen.push(...place.take());
  }
  const { sent, unsent } = engine.statistics()["echo"]!;
  assert.is(sent + unsent, batches * program.slots);
  assert.ok(sent > batches && unsent > batches, `sent ${sent}, unsent ${unsent}`);
  assert.ok(seen.length > batches, `saw ${seen.length}`);
  assert.ok(seen.every(({ sourcePort, text }) => sourcePort === UDP_PORT && text.length <= program.slotBytes));
  engine.close();
});

LINKS.run();
