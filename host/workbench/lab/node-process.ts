/**
 * What stands behind the VIPs on a node of the lab: a listener that answers with the node's name, in place of kube-proxy and pods.
 *
 * The VIPs are addresses of `lo`, so that the kernel takes traffic for them; it must not answer ARP or NDP for them, since only the
 * speaker's answers are what the lab shows.
 */

import { createSocket } from "node:dgram";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { ServicePort } from "../../rules/vocabulary.ts";
import { ipBatch } from "../private-network.ts";
import { hostPrefix } from "./addresses.ts";
import { serve } from "./host-process.ts";

/** VIP → the ports that are to answer; the whole set each time. */
export interface Listen {
  readonly ports: readonly (readonly [vip: string, ports: readonly ServicePort[]])[];
}

interface Listener {
  close(): void;
}

/**
 * Documentation/networking/ip-sysctl.rst: `arp_ignore` 1 replies only for addresses of the interface that was asked, `arp_announce` 2
 * never takes another interface's address as the sender of a request. IPv6 knows no other way: a kernel answers solicitations for addresses
 * of the interface that they came in on.
 */
const SILENCE = { arp_ignore: "1", arp_announce: "2" };

export async function runNode(node: string): Promise<number> {
  silenceKernel();
  const vips = new Set<string>();
  const listeners = new Map<string, Listener>();
  await serve<Listen>(async ({ ports }) => {
    setVips(
      vips,
      ports.map(([vip]) => vip),
    );
    const wanted = new Map<string, ServicePort & { readonly vip: string }>(
      ports.flatMap(([vip, list]) => list.map((port) => [`${vip} ${port.protocol} ${port.port}`, { vip, ...port }] as const)),
    );
    for (const [key, listener] of listeners) {
      if (wanted.has(key)) continue;
      listener.close();
      listeners.delete(key);
    }
    const missing = [...wanted].filter(([key]) => !listeners.has(key));
    await Promise.all(
      missing.map(async ([key, { vip, protocol, port }]) => void listeners.set(key, await listen(node, vip, protocol, port))),
    );
  });
  return 0;
}

function silenceKernel(): void {
  for (const [name, value] of Object.entries(SILENCE)) {
    const file = `/proc/sys/net/ipv4/conf/all/${name}`;
    writeFileSync(file, value);
    const found = readFileSync(file, "utf8").trim();
    if (found !== value) throw new Error(`Cannot keep the kernel silent: ${file} is ${found}, expected ${value}`);
  }
}

function setVips(there: Set<string>, wanted: readonly string[]): void {
  const stay = new Set(wanted);
  const gone = [...there].filter((vip) => !stay.has(vip));
  const fresh = wanted.filter((vip) => !there.has(vip));
  ipBatch([
    ...gone.map((vip) => `address delete ${hostPrefix(vip)} dev lo`),
    // What is on a loopback link is nobody else's: there is nothing to detect, and it may be bound to at once.
    ...fresh.map((vip) => `address add ${hostPrefix(vip)} dev lo${vip.includes(":") ? " nodad" : ""}`),
  ]);
  for (const vip of gone) there.delete(vip);
  for (const vip of fresh) there.add(vip);
}

/** SCTP has no sockets in Node: nobody listens then. */
async function listen(node: string, vip: string, protocol: ServicePort["protocol"], port: number): Promise<Listener> {
  if (protocol === "TCP") return await listenTcp(node, vip, port);
  if (protocol === "UDP") return await listenUdp(node, vip, port);
  return { close: () => {} };
}

/** Just enough HTTP for curl; what the client sends is read and dropped, so that the kernel does not reset the connection. */
function listenTcp(node: string, host: string, port: number): Promise<Listener> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    socket.end(`HTTP/1.0 200 OK\r\n\r\n${node}\n`);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => resolve(server));
  });
}

function listenUdp(node: string, address: string, port: number): Promise<Listener> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (_, from) => socket.send(`${node}\n`, from.port, from.address));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port }, () => resolve(socket));
  });
}
