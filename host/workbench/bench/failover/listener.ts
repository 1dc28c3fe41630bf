/** What stands behind the VIP on a node of `herald bench failover`: it answers each probe with the probe's number and the node's name. */
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { ipBatch } from "../../private-network.ts";

export const PORT = 80;
/** Of a probe: its number. The name follows in the answer. */
export const NUMBER_BYTES = 4;

export interface ListenerSetup {
  readonly node: string;
  readonly vips: readonly string[];
}

/**
 * The VIPs are addresses of `lo`, so that the kernel takes traffic for them. Documentation/networking/ip-sysctl.rst: with `arp_ignore` 1 and
 * `arp_announce` 2 it does not answer ARP for them, nor ask with them as sender; NDP it answers only for addresses of the link that was asked.
 */
export async function runListener({ node, vips }: ListenerSetup): Promise<void> {
  for (const [name, value] of Object.entries({ arp_ignore: "1", arp_announce: "2" }))
    writeFileSync(`/proc/sys/net/ipv4/conf/all/${name}`, value);
  ipBatch(vips.map((vip) => `address add ${vip.includes(":") ? `${vip}/128 dev lo nodad` : `${vip}/32 dev lo`}`));
  await Promise.all(vips.flatMap((vip) => [listenUdp(node, vip), listenTcp(node, vip)]));
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.stdin.once("close", resolve).resume());
  process.exit();
}

function listenUdp(node: string, address: string): Promise<void> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const name = Buffer.from(node);
  socket.on("message", (message, from) => {
    socket.send([message.subarray(0, NUMBER_BYTES), name], from.port, from.address);
  });
  socket.on("error", () => {}); // the client's host is out of reach, as in a partition
  return new Promise((resolve) => socket.bind({ address, port: PORT }, resolve));
}

function listenTcp(node: string, host: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    socket.end(node);
  });
  return new Promise((resolve) => server.listen({ host, port: PORT, backlog: 511 }, resolve));
}
