/** What sockets sessions get, on a service that writes down what it is asked. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DatagramOptions } from "../packets/datagram-options.ts";
import type { PacketService } from "../packets/service.ts";
import { rejects } from "../workbench/testing/promises.ts";
import { BfdPorts, type Binding } from "./ports.ts";

const PORTS = suite("bfd ports");
const plain: Binding = { family: 4, isMultihop: false, localAddress: undefined, link: undefined };

/** `taken`: UDP ports that cannot be bound. */
function fake(taken: (udpPort: number) => boolean = () => false) {
  const asked: (DatagramOptions & { port: number })[] = [];
  const service = {
    async openDatagrams(_: string, port: number, options: DatagramOptions) {
      asked.push({ port, ...options });
      if (taken(options.udpPort)) throw new Error(`Cannot open UDP ${options.udpPort}: another socket is bound to it`);
      return options.udpPort;
    },
    async closeDatagrams() {},
  } as unknown as PacketService;
  return { asked, ports: new BfdPorts(service, "bfd") };
}

PORTS("sessions of one family, kind and place hear on one port, which nobody else may share", async () => {
  const { asked, ports } = fake();
  const first = await ports.receiver(plain);
  assert.is(await ports.receiver({ ...plain }), first);
  assert.equal(asked, [{ port: first, address: "0.0.0.0", udpPort: 3784 }]);
  const others = [
    await ports.receiver({ ...plain, family: 6 }),
    await ports.receiver({ ...plain, isMultihop: true }),
    await ports.receiver({ ...plain, family: 6, isMultihop: true }),
  ];
  assert.is(new Set([first, ...others]).size, 4);
  assert.equal(
    asked.slice(1).map(({ address, udpPort, reuse }) => [address, udpPort, reuse]),
    [
      ["::", 3784, undefined],
      ["0.0.0.0", 4784, undefined],
      ["::", 4784, undefined],
    ],
  );
});

PORTS("a VRF or a local address has a socket of its own, and sockets of one UDP port let each other be", async () => {
  const { asked, ports } = fake();
  const first = await ports.receiver(plain);
  const vrf = await ports.receiver({ ...plain, link: { name: "red", index: 5 } });
  assert.equal(asked.slice(1), [
    { port: first, address: "0.0.0.0", udpPort: 3784, reuse: true },
    { port: vrf, address: "0.0.0.0", udpPort: 3784, link: { name: "red", index: 5 }, reuse: true },
  ]);
  assert.is(await ports.receiver(plain), first);
  assert.is(await ports.receiver({ ...plain, link: { name: "red", index: 5 } }), vrf);
});

PORTS("a session sends from a port of 49152 to 65535 of its own, and takes another where one is taken", async () => {
  let left = 3;
  const { asked, ports } = fake(() => left-- > 0);
  const number = await ports.sender({ ...plain, localAddress: "192.0.2.1" });
  assert.is(asked.length, 4);
  for (const { port, address, udpPort, hopLimit } of asked) {
    assert.equal([port, address, hopLimit], [number, "192.0.2.1", 255]);
    assert.ok(udpPort >= 49_152 && udpPort <= 65_535);
  }
  assert.is.not(await ports.sender(plain), number);
  await ports.closeSender(number);
  assert.is(await ports.sender(plain), number, "numbers are used again");
});

PORTS("what cannot be bound is said, and takes no number", async () => {
  const { ports } = fake(() => true);
  await rejects(ports.receiver(plain), /another socket is bound to it: is another BFD daemon running on this machine\?$/);
  await rejects(ports.sender(plain), /another socket is bound to it$/);
  const free = fake();
  for (let count = 0; count < 255; count++) await free.ports.sender(plain);
  await rejects(free.ports.sender(plain), /^Error: All 255 ports for BFD sessions are in use$/);
});

PORTS.run();
