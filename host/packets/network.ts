/** What a speaker needs of the network it announces on: the kernel's, or a segment in memory that carries the same programs. */

import { kernelFrames, memoryFrames, type RawFrames } from "./frame-socket.ts";
import { type GuardedLease, GuardedPackets } from "./guarded/guarded-packets.ts";
import { libc } from "./libc.ts";
import { kernelLinks, type LinkSource, memoryLinks } from "./links.ts";
import { localGuardedService, localService } from "./local-service.ts";
import type { MemorySegment } from "./memory-wire.ts";
import { kernelGroups, type MulticastGroups } from "./multicast-groups.ts";
import { readGateways, readNeighbors, type Stations } from "./neighbors.ts";
import type { KernelLink } from "./netlink.ts";
import { startGuardedWorker, startPacketWorker } from "./packet-worker.ts";
import type { ProgramStatistics } from "./program-counts.ts";
import type { PacketService } from "./service.ts";
import { checkPacketSockets } from "./sockets.ts";
import { isWireless } from "./wireless.ts";

export interface Network {
  readonly packets: PacketService;
  /** For packet programs of plugins that are not built in. */
  readonly guardedPackets: () => Promise<GuardedLease>;
  /** Of all packet programs, whichever worker they run in. */
  readonly statistics: () => Promise<Record<string, ProgramStatistics>>;
  readonly links: LinkSource;
  readonly frames: RawFrames;
  /** Absent: a wire that carries every frame to everybody. */
  readonly groups?: () => MulticastGroups;
  /** Whether a link is wireless. Absent: none is. */
  readonly isWireless?: (link: string) => boolean;
  /** What the kernel knows of other stations. Absent: nothing. */
  readonly stations?: () => Stations;
}

/** This machine's links. Throws one clear line where packet sockets are not allowed; `onLost`: nothing is answered any more. */
export async function openKernelNetwork(onLost: (error: Error) => void): Promise<Network> {
  const c = libc();
  checkPacketSockets(c);
  // Of a worker that dies, each program's plugin hears; the next one that needs it gets another.
  const guarded = new GuardedPackets(() => startGuardedWorker(() => {}));
  return {
    ...both(await startPacketWorker(onLost), guarded),
    links: kernelLinks(c),
    frames: kernelFrames(c),
    groups: () => kernelGroups(c),
    isWireless: (link) => isWireless(link),
    stations: () => ({ neighbors: readNeighbors(c), gateways: readGateways(c) }),
  };
}

/** The link `eth0` of a machine on a segment in memory. */
export function openMemoryNetwork(segment: MemorySegment, machine: string, mac: string): Network {
  // The segment tells stations apart by the names of their links.
  const place = <L extends { readonly name: string }>(link: L): L => ({ ...link, name: `${machine} ${link.name}` });
  const wire: MemorySegment = {
    ...segment,
    open: (program, link, ...rest) => segment.open(program, place(link), ...rest),
    join: (link, ...rest) => segment.join(place(link), ...rest),
  };
  const link: KernelLink = { index: 1, name: "eth0", mac, up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false };
  const guarded = new GuardedPackets(async () => localGuardedService(wire));
  return { ...both(localService(wire), guarded), links: memoryLinks([link]), frames: memoryFrames(wire) };
}

function both(packets: PacketService, guarded: GuardedPackets): Pick<Network, "packets" | "guardedPackets" | "statistics"> {
  return {
    packets,
    guardedPackets: () => guarded.lease(),
    statistics: async () => ({ ...(await guarded.statistics()), ...(await packets.statistics()) }),
  };
}
