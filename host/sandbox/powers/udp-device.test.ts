/** Sockets of plugins on one of two links of a private network: what they hear, where they send, and with which hop limit. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { UdpOptions, UdpSocket } from "../../announcer.ts";
import { libc } from "../../packets/libc.ts";
import { openPacketSocket } from "../../packets/sockets.ts";
import { ipBatch, linkIndex, run } from "../../workbench/private-network.ts";
import { insideTests } from "../../workbench/testing/inside.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createUdp } from "./udp.ts";

const DEVICES = suite("udp on a device");
const inside = insideTests(DEVICES, import.meta.url);

const PORT = 5000;
const groups = { 4: "239.255.0.1", 6: "ff02::4242" } as const;
const any = { 4: "0.0.0.0", 6: "::" } as const;
/** Where a frame has its TTL or hop limit. */
const HOP_LIMIT_AT = { 4: 22, 6: 21 } as const;
const everyProtocol = [[0x06, 0, 0, 0x40000]] as const;

function makeLinks(): void {
  ipBatch(
    [1, 2].flatMap((number) => [
      `link add near${number} type veth peer far${number}`,
      `link set near${number} up`,
      `link set far${number} up`,
      `address add 192.0.${number}.1/24 dev near${number}`,
      `address add 192.0.${number}.2/24 dev far${number}`,
      `address add 2001:db8:${number}::1/64 dev near${number} nodad`,
    ]),
  );
  // Both ends are on this machine, which takes a sender of its own for a forged one.
  for (const link of ["all", "near1", "near2"])
    run("sysctl", "-qw", `net.ipv4.conf.${link}.accept_local=1`, `net.ipv4.conf.${link}.rp_filter=0`);
}

async function open(options: Partial<UdpOptions> & Pick<UdpOptions, "address">): Promise<UdpSocket> {
  const udp = createUdp(new Grants("x", [{ kind: "udp", host: "*" }]), new Opened("x"));
  return await udp.open({ port: PORT, reuse: true, ...options });
}

/** The destination MACs and hop limits of what is on the wire of a link, to the groups. */
function listen(link: string, family: 4 | 6): () => number[] {
  const c = libc();
  const fd = openPacketSocket(c, { name: link, index: linkIndex(link) }, 0x0003, everyProtocol);
  const buffer = new Uint8Array(2048);
  return () => {
    const found: number[] = [];
    for (let length = c.recv(fd, buffer, buffer.length, 0x40); length > 0; length = c.recv(fd, buffer, buffer.length, 0x40)) {
      const isGroup =
        family === 4 ? buffer[12] === 0x08 && buffer[30] === 239 : buffer[12] === 0x86 && buffer[38] === 0xff && buffer[53] === 0x42;
      if (isGroup) found.push(buffer[HOP_LIMIT_AT[family]] as number);
    }
    return found;
  };
}

inside("each sends to a group by its own link, with its hop limit", [], async () => {
  makeLinks();
  for (const family of [4, 6] as const) {
    const wires = [listen("far1", family), listen("far2", family)] as const;
    for (const [device, hopLimit] of [
      ["near1", 255],
      ["near2", undefined],
    ] as const) {
      const socket = await open({ address: any[family], device, ...(hopLimit === undefined ? {} : { hopLimit }) });
      const seen: number[][] = [[], []];
      // IPv6 sends from a link only a while after it came up.
      await until(() => {
        socket.send(new Uint8Array(4), { address: groups[family], port: PORT });
        for (const [at, wire] of wires.entries()) seen[at]?.push(...wire());
        return seen.flat().length > 0;
      });
      socket.close();
      const own = device === "near1" ? 0 : 1;
      assert.equal([...new Set(seen[own])], [hopLimit ?? 1], `${device}, IPv${family}`);
      assert.equal(seen[1 - own], [], `${device}, IPv${family}: on the other link`);
      for (const wire of wires) wire();
    }
  }
});

inside("each hears what comes by its own link, though all are bound to one port", [], async () => {
  for (const family of [4, 6] as const) {
    const heard: string[] = [];
    const sockets = await Promise.all(
      ["near1", "near2"].map(async (device) => {
        const socket = await open({ address: any[family], device });
        socket.join(groups[family], device);
        socket.onMessage((bytes) => heard.push(`${device} ${Buffer.from(bytes)}`));
        return socket;
      }),
    );
    for (const device of ["far1", "far2"]) {
      const sender = await open({ address: any[family], port: 0, device });
      await until(() => {
        sender.send(Buffer.from(device), { address: groups[family], port: PORT });
        return heard.some((line) => line.endsWith(device));
      });
      sender.close();
    }
    assert.equal([...new Set(heard)].sort(), ["near1 far1", "near2 far2"]);
    for (const socket of sockets) socket.close();
  }
});

inside("says what cannot be had: a link that is not there, a name that is none, a hop limit", [], async () => {
  await rejects(
    open({ address: "0.0.0.0", device: "nowhere" }),
    /^Error: Cannot open UDP 0.0.0.0:5000 on nowhere: there is no such interface/,
  );
  for (const device of ["", "a-name-of-16-byte", "near1\0x"])
    await rejects(open({ address: "0.0.0.0", device }), /device: found ".*expected the name/);
  for (const hopLimit of [0, 256, 1.5]) await rejects(open({ address: "0.0.0.0", hopLimit }), /found hopLimit .*expected 1 to 255/);
  await rejects(open({ address: "fe80::1%near1", device: "near1" }), /found a zone and device near1, expected one of them/);
});

DEVICES.run();
