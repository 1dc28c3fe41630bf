/** Datagram ports slot by slot: the same on UDP sockets of the loopback link and in memory. */
import { createSocket } from "node:dgram";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatagramEnd, type TestDatagram } from "../workbench/testing/datagram-end.ts";
import { ipv6Loopback, type Requirement, testWith } from "../workbench/testing/requirements.ts";
import type { DatagramOptions } from "./datagram-options.ts";
import { kernelWire } from "./kernel-wire.ts";
import { libc } from "./libc.ts";
import { NO_LINK } from "./link-table.ts";
import { memoryWire } from "./memory-wire.ts";
import type { Wire, WireLink } from "./wire.ts";

const PORT = suite("datagram port");
const SLOT_BYTES = 256;

interface Stage {
  readonly name: string;
  readonly address: string;
  /** Of the other family. */
  readonly foreign: string;
  readonly needs: readonly Requirement[];
  open(): Ground;
}

interface Ground {
  readonly wire: Wire;
  /** Sends from a socket that has nothing to do with ports. */
  sendPlain(bytes: Uint8Array, to: DatagramEnd): Promise<void>;
}

const kernel = (): Ground => ({
  wire: kernelWire(libc(), false),
  async sendPlain(bytes, { asPeer: { family, peer, peerPort } }) {
    const socket = createSocket(family === 4 ? "udp4" : "udp6");
    await new Promise((resolve) => socket.send(bytes, peerPort, peer, resolve));
    socket.close();
  },
});
const memory = (): Ground => {
  const wire = memoryWire();
  return {
    wire,
    async sendPlain(bytes, { asPeer: { peer, peerPort } }) {
      const sender = wire.datagrams.join({ address: peer, udpPort: 0 }, () => {});
      sender.send(bytes, { address: peer, udpPort: peerPort });
      sender.close();
    },
  };
};
const stages: readonly Stage[] = [
  { name: "kernel IPv4", open: kernel, address: "127.0.0.1", foreign: "::1", needs: [] },
  { name: "kernel IPv6", open: kernel, address: "::1", foreign: "127.0.0.1", needs: [ipv6Loopback] },
  { name: "memory IPv4", open: memory, address: "192.0.2.1", foreign: "2001:db8::1", needs: [] },
  { name: "memory IPv6", open: memory, address: "2001:db8::1", foreign: "192.0.2.1", needs: [] },
];

const loopback: WireLink = { id: 5, name: "lo", index: 1, mac: "", up: true };

type Ends = Ground & { readonly one: DatagramEnd; readonly other: DatagramEnd };

/** Two ends on one wire; closed afterwards. */
async function withEnds(stage: Stage, call: (ends: Ends) => unknown, options: Partial<DatagramOptions> = {}): Promise<void> {
  const ground = stage.open();
  const bound = { address: stage.address, udpPort: 0, ...options };
  const one = new DatagramEnd(ground.wire, bound);
  const other = new DatagramEnd(ground.wire, bound, 7);
  try {
    await call({ ...ground, one, other });
  } finally {
    one.port.close();
    other.port.close();
  }
}

const text = ({ bytes }: TestDatagram) => Buffer.from(bytes).toString();

for (const stage of stages) {
  const each = (name: string, call: () => Promise<void>) => testWith(PORT, stage.needs, `${stage.name}: ${name}`, call);

  each("fills every field of a descriptor", () =>
    withEnds(stage, ({ one, other }) => {
      other.links.all = [{ ...loopback, id: 4, index: 99, up: false }, loopback];
      assert.is(one.send({ ...other.asPeer, text: "hello", hopLimit: 255 }, { ...other.asPeer, hopLimit: 1 }), 2);
      const { peer, peerPort, family } = one.asPeer;
      const expected: Omit<TestDatagram, "bytes"> = { length: 5, port: 7, hopLimit: 255, link: 5, peerPort, family, peer };
      const [first, second, ...rest] = other.receive();
      assert.equal({ ...first, bytes: text(first!) }, { ...expected, bytes: "hello" });
      assert.equal({ ...second, bytes: second!.bytes.length }, { ...expected, length: 0, hopLimit: 1, bytes: 0 });
      assert.is(rest.length, 0);
      assert.is(other.port.receive(), 0);
    }),
  );

  each("names no link that the program has not attached", () =>
    withEnds(stage, ({ one, other }) => {
      one.send({ ...other.asPeer });
      assert.is(other.receive()[0]?.link, NO_LINK);
    }),
  );

  each("sends with the hop limit of the port where a datagram names none", () =>
    withEnds(
      stage,
      ({ one, other }) => {
        one.send({ ...other.asPeer }, { ...other.asPeer, hopLimit: 2 }, { ...other.asPeer });
        assert.equal(
          other.receive().map(({ hopLimit }) => hopLimit),
          [254, 2, 254],
        );
      },
      { hopLimit: 254 },
    ),
  );

  each("says the true length of what the slot cut short", () =>
    withEnds(stage, async ({ other, sendPlain }) => {
      await sendPlain(
        Uint8Array.from({ length: 9000 }, (_, at) => at % 251),
        other,
      );
      const [datagram] = other.receive();
      assert.is(datagram?.length, 9000);
      assert.is(datagram?.bytes.length, SLOT_BYTES);
      assert.ok(datagram?.bytes.every((byte, at) => byte === at % 251));
    }),
  );

  each("sends no more than a slot holds", () =>
    withEnds(stage, ({ one, other }) => {
      assert.is(one.send({ ...other.asPeer, length: 0xffff }), 1);
      assert.is(other.receive()[0]?.length, SLOT_BYTES);
    }),
  );

  each("gives more than a batch in batches, none twice", () =>
    withEnds(stage, ({ one, other }) => {
      for (let number = 0; number < 150; number++) one.send({ ...other.asPeer, text: `${number}`, hopLimit: 1 + number });
      const batches = [other.receive(), other.receive(), other.receive(), other.receive()];
      assert.equal(
        batches.map(({ length }) => length),
        [64, 64, 22, 0],
      );
      assert.equal(
        batches.flat().map((datagram) => [text(datagram), datagram.hopLimit]),
        Array.from({ length: 150 }, (_, number) => [`${number}`, 1 + number]),
      );
    }),
  );

  each("sends nothing to where it cannot, and all the rest", () =>
    withEnds(stage, ({ one, other }) => {
      one.links.all = [loopback, { ...loopback, id: 6, up: false }];
      const good = { ...other.asPeer, text: "good" };
      const bad: Partial<TestDatagram>[] = [
        { ...good, link: 4 },
        { ...good, link: 6 },
        { ...good, link: 64 },
        { ...good, link: NO_LINK - 1 },
        { ...good, family: 0 },
        { ...good, family: 5 },
        { ...good, family: good.family === 4 ? 6 : 4 },
        { ...good, family: good.family === 4 ? 6 : 4, peer: stage.foreign },
        { ...good, peerPort: 0 },
        { ...good, peer: stage.address.includes(":") ? "::" : "0.0.0.0" },
      ];
      const sent = one.send({ ...good, link: 5 }, ...bad.flatMap((datagram) => [datagram, good]));
      assert.is(sent, bad.length + 1);
      assert.equal(
        other.receive().map(text),
        Array.from({ length: bad.length + 1 }, () => "good"),
      );
    }),
  );

  each("counts what its queue had no room for", () =>
    withEnds(stage, ({ one, other }) => {
      const sent = 40 * 64;
      const full = Array.from({ length: 64 }, () => ({ ...other.asPeer, length: SLOT_BYTES }));
      for (let batch = 0; batch < 40; batch++) one.send(...full);
      let received = 0;
      for (let count = other.port.receive(); count > 0; count = other.port.receive()) received += count;
      assert.ok(received >= 64 && received < sent, `received ${received}`);
      assert.is(other.port.takeDrops(), sent - received);
      assert.is(other.port.takeDrops(), 0);
    }),
  );

  each("throws where another socket is bound to the same, until that is closed", async () => {
    const { wire } = stage.open();
    const first = new DatagramEnd(wire, { address: stage.address, udpPort: 0 });
    const same = { address: stage.address, udpPort: first.port.udpPort };
    assert.throws(() => new DatagramEnd(wire, same), /^Cannot open UDP \S+:\d+: another socket is bound to it$/);
    first.port.close();
    const second = new DatagramEnd(wire, same);
    assert.is(second.port.udpPort, same.udpPort);
    second.port.close();
  });
}

PORT("throws one line that says what is wrong", () => {
  const open = (options: DatagramOptions) => () => new DatagramEnd(kernelWire(libc(), false), options);
  assert.throws(open({ address: "203.0.113.1", udpPort: 0 }), /^Cannot open UDP 203.0.113.1:0: this machine does not have that address$/);
  const link = { name: "absent0", index: 4711 };
  assert.throws(open({ address: "::", udpPort: 0, link }), /^Cannot open UDP \[::\]:0 on absent0: there is no such interface any more$/);
  assert.throws(() => new DatagramEnd(memoryWire(), { address: "0.0.0.0", udpPort: 7 }), /the in-memory wire knows of no machine/);
});

PORT.run();
