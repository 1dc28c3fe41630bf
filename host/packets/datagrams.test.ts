/** Datagrams through whole packet services: the echo program in this thread, in the packet worker with each driver, and in memory. */
import { createSocket } from "node:dgram";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rejects, until } from "../workbench/testing/promises.ts";
import { ipv6Loopback, type Requirement, testWith } from "../workbench/testing/requirements.ts";
import { Descriptor } from "./datagram-layout.ts";
import { addressText, endpointText } from "./datagram-options.ts";
import { PacketEngine } from "./engine.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { localService } from "./local-service.ts";
import { type MemorySegment, memoryWire } from "./memory-wire.ts";
import { startPacketWorker } from "./packet-worker.ts";
import type { LoadedProgram } from "./program.ts";
import type { PacketService } from "./service.ts";
import { loadModule } from "./wasm.ts";
import type { WireLink } from "./wire.ts";

const DATAGRAMS = suite("datagrams");
/** More than the echo program has slots for, and than one turn takes in a batch. */
const MANY = 300;

const lo: WireLink = { id: 3, name: "lo", index: 1, mac: "", up: true };

interface Client {
  readonly heard: { text: string; from: string; udpPort: number }[];
  send(text: string, udpPort: number, hopLimit: number): Promise<void>;
  close(): void;
}

interface Ground {
  readonly service: PacketService;
  client(address: string): Promise<Client>;
}

const lost = (error: Error): never => {
  throw error;
};

async function kernelClient(address: string): Promise<Client> {
  const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4" });
  const heard: Client["heard"] = [];
  socket.on("message", (bytes, from) => heard.push({ text: bytes.toString(), from: from.address, udpPort: from.port }));
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  socket.setRecvBufferSize(1 << 20);
  return {
    heard,
    async send(text, udpPort, hopLimit) {
      socket.setTTL(hopLimit);
      await new Promise((resolve) => socket.send(text, udpPort, address, resolve));
    },
    close: () => socket.close(),
  };
}

function memoryGround(): Ground {
  const wire = memoryWire();
  return {
    service: localService(wire),
    async client(address) {
      const heard: Client["heard"] = [];
      const peer = wire.datagrams.join({ address, udpPort: 0 }, ({ bytes, from }) =>
        heard.push({ text: Buffer.from(bytes).toString(), from: addressText(from.family, from.address), udpPort: from.udpPort }),
      );
      return {
        heard,
        send: async (text, udpPort, hopLimit) => peer.send(Buffer.from(text), { address, udpPort }, hopLimit),
        close: () => peer.close(),
      };
    },
  };
}

const grounds: Readonly<Record<string, () => Promise<Ground>>> = {
  "this thread": async () => ({ service: localService(kernelWire(libc(), true)), client: kernelClient }),
  worker: async () => ({ service: await startPacketWorker(lost), client: kernelClient }),
  "worker, event loop": async () => ({ service: await startPacketWorker(lost, { driver: "event-loop" }), client: kernelClient }),
  memory: async () => memoryGround(),
};

const families: readonly { address: string; needs: readonly Requirement[] }[] = [
  { address: "127.0.0.1", needs: [] },
  { address: "::1", needs: [ipv6Loopback] },
];

/** The echo program on a ground, stopped afterwards. */
async function withEcho(ground: string, call: (ground: Ground) => Promise<void>): Promise<void> {
  const opened = await grounds[ground]!();
  try {
    await opened.service.addProgram("echo", loadModule("echo"), undefined, [1, 2]);
    await call(opened);
  } finally {
    await opened.service.stop();
  }
}

for (const ground of Object.keys(grounds)) {
  for (const { address, needs } of families) {
    testWith(DATAGRAMS, needs, `${ground}: echoes ${MANY} datagrams on ${address}, each once, from the port that they came to`, () =>
      withEcho(ground, async ({ service, client }) => {
        const one = await service.openDatagrams("echo", 1, { address, udpPort: 0, hopLimit: 255 });
        const other = await service.openDatagrams("echo", 7, { address, udpPort: 0 });
        assert.is.not(one, other);
        const peer = await client(address);
        await Promise.all(Array.from({ length: MANY }, (_, number) => peer.send(`${number}`, number % 3 === 0 ? other : one, 255)));
        await until(() => peer.heard.length >= MANY);
        const expected = Array.from({ length: MANY }, (_, number) => `${number} from ${address} ${number % 3 === 0 ? other : one}`);
        assert.equal(peer.heard.map(({ text, from, udpPort }) => `${text} from ${from} ${udpPort}`).sort(), expected.sort());
        const { received, sent, unsent } = (await service.statistics())["echo"]!;
        assert.equal({ received, sent, unsent }, { received: MANY, sent: MANY, unsent: 0 });
        peer.close();
      }),
    );
  }

  DATAGRAMS(`${ground}: leaves unanswered what passed a router, and what is longer than a slot`, () =>
    withEcho(ground, async ({ service, client }) => {
      const udpPort = await service.openDatagrams("echo", 1, { address: "127.0.0.1", udpPort: 0 });
      const peer = await client("127.0.0.1");
      for (const hopLimit of [254, 1, 64]) await peer.send("routed", udpPort, hopLimit);
      await peer.send("x".repeat(257), udpPort, 255);
      await peer.send("x".repeat(256), udpPort, 255);
      await until(() => peer.heard.length > 0);
      assert.equal(
        peer.heard.map(({ text }) => text),
        ["x".repeat(256)],
      );
      const { drops } = (await service.statistics())["echo"]!;
      assert.equal(drops, { low_hop_limit: 3, oversized: 1, kernel_queue_full: 0 });
      peer.close();
    }),
  );

  DATAGRAMS(`${ground}: a port is what it was opened as last, until it is closed`, () =>
    withEcho(ground, async ({ service, client }) => {
      const options = { address: "127.0.0.1", udpPort: 0 };
      const first = await service.openDatagrams("echo", 1, options);
      assert.is(await service.openDatagrams("echo", 1, { ...options }), first, "the same again changes nothing");
      const second = await service.openDatagrams("echo", 1, { ...options, hopLimit: 7 });
      const peer = await client("127.0.0.1");
      if (first !== second) await peer.send("first", first, 255);
      await peer.send("second", second, 255);
      await until(() => peer.heard.length > 0);
      assert.equal(
        peer.heard.map(({ text }) => text),
        ["second"],
      );
      await service.closeDatagrams("echo", 1);
      await service.closeDatagrams("echo", 1);
      // Whoever comes next may have it.
      assert.is(await service.openDatagrams("echo", 2, { ...options, udpPort: second }), second);
      await service.removeProgram("echo");
      await service.addProgram("echo", loadModule("echo"), undefined, [1, 2]);
      assert.is(await service.openDatagrams("echo", 1, { ...options, udpPort: second }), second);
      peer.close();
    }),
  );

  DATAGRAMS(`${ground}: refuses what cannot be, and says why`, () =>
    withEcho(ground, async ({ service }) => {
      const open = (port: number, parts: object) => service.openDatagrams("echo", port, { address: "127.0.0.1", udpPort: 0, ...parts });
      await rejects(open(0, {}), /Cannot open datagram port 0: found number 0, expected 1 to 255/);
      await rejects(open(256, {}), /found number 256/);
      await rejects(open(1, { address: "localhost" }), /found address "localhost", expected an IPv4 or IPv6 address/);
      await rejects(open(1, { udpPort: 65_536 }), /found UDP port 65536, expected 0 to 65535/);
      await rejects(open(1, { hopLimit: 256 }), /found hop limit 256, expected 1 to 255/);
      await rejects(service.openDatagrams("absent", 1, { address: "127.0.0.1", udpPort: 0 }), /packet program absent: it is not loaded/);
      const taken = await open(1, {});
      await rejects(open(2, { udpPort: taken }), /Cannot open UDP 127.0.0.1:\d+: another socket is bound to it/);
    }),
  );
}

/** An engine in memory with the echo program on two links and two ports; `intercept` stands in for its `process`. */
function interceptedEngine(intercept: (program: LoadedProgram) => number): { wire: MemorySegment; engine: PacketEngine; trigger(): void } {
  const wire = memoryWire();
  const engine = new PacketEngine({
    ...wire,
    openDatagrams(request, onReadable) {
      Object.assign(request.program, { process: () => intercept(request.program) });
      return wire.openDatagrams(request, onReadable);
    },
  });
  engine.addProgram("echo", loadModule("echo"), { etherType: 0x88b5 }, [1, 2]);
  const links = [0, 1].map((id) => ({ id, name: `eth${id}`, index: id + 1, mac: `02:00:00:00:00:0${id}`, up: true }));
  engine.attach("echo", links);
  for (const [port, address] of ["192.0.2.1", "2001:db8::1"].entries()) engine.openDatagrams("echo", port + 1, { address, udpPort: 9 });
  const asker = wire.datagrams.join({ address: "192.0.2.9", udpPort: 9 }, () => {});
  const trigger = () => {
    asker.send(Buffer.from("x"), { address: "192.0.2.1", udpPort: 9 }, 255);
    engine.turn(0, true);
  };
  return { wire, engine, trigger };
}

DATAGRAMS("frames and datagrams of one batch leave where each says, in order", () => {
  const sent: string[] = [];
  const wanted = [
    { port: 0, link: 0 },
    { port: 0, link: 1 },
    { port: 1, link: 1 },
    { port: 1, link: 0 },
    { port: 9, link: 0 },
    { port: 2, link: 0 },
    { port: 0, link: 7 },
    { port: 0, link: 1 },
  ];
  const { wire, engine, trigger } = interceptedEngine(({ memory, tx, slotBytes, txDescriptors }) => {
    for (const [slot, { port, link }] of wanted.entries()) {
      const family = port === 2 ? 6 : 4;
      const peer = family === 4 ? [192, 0, 2, 77] : [0x20, 0x01, 0x0d, 0xb8, ...new Uint8Array(11), 0x77];
      memory.set([60, 0, port, 0, link, 0, 0, 0, 9, 0, family, 0, 0, 0, 0, 0, ...peer], txDescriptors + slot * Descriptor.bytes);
      memory[tx + slot * slotBytes + 14] = slot;
    }
    return wanted.length;
  });
  wire.onFrame((frame, link) => sent.push(`${frame[14]} on ${link}`));
  for (const address of ["192.0.2.77", "2001:db8::77"])
    wire.datagrams.join({ address, udpPort: 9 }, ({ bytes, from }) => sent.push(`${bytes[14]} from ${endpointText(from)}`));
  trigger();
  assert.equal(sent, ["0 on eth0", "1 on eth1", "2 from 192.0.2.1:9", "3 from 192.0.2.1:9", "5 from [2001:db8::1]:9", "7 on eth1"]);
  const counts = engine.statistics()["echo"]!;
  assert.equal([counts.sent, counts.unsent], [6, 2]);
});

DATAGRAMS("in memory, whatever a program writes, nothing throws and all is counted", () => {
  let bytes = new Uint8Array();
  let count = 0;
  let calls = 0;
  const { wire, engine, trigger } = interceptedEngine(({ memory, txDescriptors, slots }) => {
    calls++;
    memory.set(bytes, txDescriptors);
    return Math.min(count >>> 0, slots);
  });
  const slots = 64;
  const descriptors = fc.uint8Array({ minLength: slots * Descriptor.bytes, maxLength: slots * Descriptor.bytes });
  fc.assert(
    fc.property(descriptors, fc.integer(), (written, wanted) => {
      // Half are nearly good: a port from 0 to 3, a link from 0 to 3, a family that there is.
      for (let at = 0; at < written.length; at += 2 * Descriptor.bytes) {
        written[at + Descriptor.port]! &= 3;
        written.set([written[at + Descriptor.link]! & 3, 0, 0, 0], at + Descriptor.link);
        written[at + Descriptor.peerFamily] = written[at + Descriptor.port] === 1 ? 4 : 6;
      }
      bytes = written;
      count = wanted;
      trigger();
      const { sent, unsent, received } = engine.statistics()["echo"]!;
      assert.is(received, calls);
      assert.ok(sent + unsent <= calls * slots);
    }),
    { numRuns: 500 },
  );
  assert.is(calls, 500);
  const { sent, unsent } = engine.statistics()["echo"]!;
  assert.ok(sent > 0 && unsent > 0, `sent ${sent}, unsent ${unsent}`);
  engine.close();
  assert.is(wire.openPorts, 1);
});

DATAGRAMS("an engine that is muted sends none", async () => {
  const engine = new PacketEngine(kernelWire(libc(), false));
  engine.addProgram("echo", loadModule("echo"), undefined, [1, 2]);
  engine.attach("echo", [lo]);
  const udpPort = engine.openDatagrams("echo", 1, { address: "127.0.0.1", udpPort: 0 });
  assert.is(engine.sources.length, 1);
  const peer = await kernelClient("127.0.0.1");
  engine.isMuted = true;
  await peer.send("x", udpPort, 255);
  await until(() => {
    engine.turn(0, true);
    return engine.statistics()["echo"]!.received === 1;
  });
  assert.is(engine.statistics()["echo"]!.sent, 0);
  engine.isMuted = false;
  await peer.send("y", udpPort, 255);
  await until(() => {
    engine.turn(0, true);
    return peer.heard.length > 0;
  });
  assert.is(peer.heard[0]?.text, "y");
  peer.close();
  engine.close();
});

DATAGRAMS.run();
