/** Datagrams through whole packet services: the echo program in this thread, in the packet worker with each driver, and in memory. */
import { createSocket } from "node:dgram";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rejects, until } from "../workbench/testing/promises.ts";
import { ipv6Loopback, type Requirement, testWith } from "../workbench/testing/requirements.ts";
import { Descriptor } from "./datagram-layout.ts";
import { addressText } from "./datagram-options.ts";
import { PacketEngine } from "./engine.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { localService } from "./local-service.ts";
import { memoryWire } from "./memory-wire.ts";
import { startPacketWorker } from "./packet-worker.ts";
import type { PacketProgram } from "./program.ts";
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
  "worker, event loop": async () => ({ service: await startPacketWorker("event-loop", lost), client: kernelClient }),
  "worker, blocking": async () => ({ service: await startPacketWorker("blocking", lost), client: kernelClient }),
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
      await rejects(open(0, {}), /Cannot open datagram port 0: found number 0, expected 1 to 7/);
      await rejects(open(8, {}), /found number 8/);
      await rejects(open(1, { address: "localhost" }), /found address "localhost", expected an IPv4 or IPv6 address/);
      await rejects(open(1, { udpPort: 65_536 }), /found UDP port 65536, expected 0 to 65535/);
      await rejects(open(1, { hopLimit: 256 }), /found hop limit 256, expected 1 to 255/);
      await rejects(service.openDatagrams("absent", 1, { address: "127.0.0.1", udpPort: 0 }), /packet program absent: it is not loaded/);
      const taken = await open(1, {});
      await rejects(open(2, { udpPort: taken }), /Cannot open UDP 127.0.0.1:\d+: another socket is bound to it/);
    }),
  );
}

DATAGRAMS("in memory, whatever a program writes, only its own ports send, and nothing throws", () => {
  const wire = memoryWire();
  let program: PacketProgram | undefined;
  const engine = new PacketEngine({
    ...wire,
    openDatagrams(request, onReadable) {
      program = request.program;
      return wire.openDatagrams(request, onReadable);
    },
  });
  engine.addProgram("echo", loadModule("echo"), { etherType: 0x88b5 }, [1, 2]);
  engine.attach("echo", [{ id: 0, name: "eth0", index: 1, mac: "02:00:00:00:00:01", up: true }]);
  for (const [port, address] of ["192.0.2.1", "2001:db8::1"].entries()) engine.openDatagrams("echo", port + 1, { address, udpPort: 9 });
  const { memory, txDescriptors, slots } = program!;
  const trigger = wire.datagrams.join({ address: "192.0.2.9", udpPort: 9 }, () => {});
  let calls = 0;
  const descriptors = fc.uint8Array({ minLength: slots * Descriptor.bytes, maxLength: slots * Descriptor.bytes });
  fc.assert(
    fc.property(descriptors, fc.integer(), (bytes, count) => {
      // Half of the ports are ones that exist, or nearly so.
      for (let slot = 0; slot < slots; slot += 2) bytes[slot * Descriptor.bytes + Descriptor.port]! &= 3;
      Object.assign(program!, {
        process: () => {
          calls++;
          memory.set(bytes, txDescriptors);
          return Math.min(count >>> 0, slots);
        },
      });
      trigger.send(Buffer.from("x"), { address: "192.0.2.1", udpPort: 9 }, 255);
      engine.turn(0, true);
      const { sent, unsent, received } = engine.statistics()["echo"]!;
      assert.is(received, calls);
      assert.ok(sent + unsent <= calls * slots);
    }),
    { numRuns: 500 },
  );
  assert.is(calls, 500);
  assert.ok(engine.statistics()["echo"]!.unsent > 0);
  engine.close();
  trigger.close();
  assert.is(wire.openPorts, 0);
});

DATAGRAMS("an engine that is muted sends none", async () => {
  const engine = new PacketEngine(kernelWire(libc(), false));
  engine.addProgram("echo", loadModule("echo"), undefined, [1, 2]);
  engine.attach("echo", [lo]);
  const udpPort = engine.openDatagrams("echo", 1, { address: "127.0.0.1", udpPort: 0 });
  assert.is(engine.fds.length, 1);
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
