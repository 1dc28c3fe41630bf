/** One row of the lab's table: what was expected of a VIP, what the client found, and what is wrong with that. */

import type { ServicePort } from "../../rules/vocabulary.ts";
import type { Expected } from "./expectation.ts";
import type { Probe, Target } from "./ground.ts";

export interface Row {
  readonly expected: Expected;
  /** What the client found last. */
  readonly probe?: Probe;
  /** As expected, with this owner. */
  readonly isGood: boolean;
  /** When it was expected so for the first time; monotonic milliseconds. */
  readonly sinceMs: number;
  /** Ask as a client that has never heard of it; else as one that knew it, and must follow the owner's announcement. */
  readonly isFresh: boolean;
}

/** As `lab --json` prints it. */
export interface RowResult {
  /** `namespace/name`. */
  readonly name: string;
  readonly vip: string | null;
  readonly pool: string | null;
  readonly owner: string | null;
  /** What the client's kernel learned. */
  readonly mac: string | null;
  readonly ownerMac: string | null;
  readonly resolved: boolean;
  /** The node that took the client's connection. */
  readonly reached: string | null;
  readonly firstReplyMicros: number | null;
}

/** Node → MAC of its interface, and back. */
export interface Macs {
  of(node: string): string | undefined;
  owner(mac: string): string | undefined;
}

/** A VIP with an owner can be tried. */
export function canTry(expected: Expected): boolean {
  return isForClient(expected) && expected.isOnRecord;
}

/** Without an owner a row is settled as it is. */
export function isForClient({ vip, owner }: Expected): boolean {
  return vip !== undefined && owner !== undefined;
}

export function targetOf({ vip = "", ports }: Expected): Target {
  const port = portToAsk(ports);
  return { vip, ...(port === undefined ? {} : { port }) };
}

/** TCP where there is any: it says who answered, and the client of a lab is most like a browser. */
export function portToAsk(ports: readonly ServicePort[]): ServicePort | undefined {
  return ports.find(({ protocol }) => protocol === "TCP") ?? ports.find(({ protocol }) => protocol === "UDP");
}

export function resultOf({ expected, probe }: Row, macs: Macs): RowResult {
  const { service, vip, pool, owner } = expected;
  const ownerMac = (owner === undefined ? undefined : macs.of(owner)) ?? null;
  const mac = probe?.mac ?? null;
  return {
    name: service,
    vip: vip ?? null,
    pool: pool ?? null,
    owner: owner ?? null,
    mac,
    ownerMac,
    resolved: mac !== null && mac === ownerMac,
    reached: probe?.reached ?? null,
    firstReplyMicros: probe?.firstReplyMicros ?? null,
  };
}

/** What is wrong with a row, in one line; undefined where all is well. `isReachable`: this wire carries connections too. */
export function complaintOf({ expected, probe }: Row, macs: Macs, isReachable: boolean): string | undefined {
  const { service, vip, owner, reason } = expected;
  if (vip === undefined) return `${service} has no address: ${reason}`;
  const name = `${service} ${vip}`;
  if (owner === undefined) return `${name} is announced by no node: ${reason}`;
  if (!expected.isOnRecord) return `${name} is not given out: the controller has not written it down`;
  if (probe === undefined || probe.mac === null) {
    const answer = vip.includes(":") ? "Neighbor Advertisement" : "ARP reply";
    return `${name} does not resolve: no ${answer} reached the client`;
  }
  const station = (mac: string): string => `${macs.owner(mac) ?? "a stranger"} (${mac})`;
  if (probe.mac !== macs.of(owner)) return `${name} resolves to ${station(probe.mac)}, expected its owner ${owner} (${macs.of(owner)})`;
  if (probe.answeredBy.length > 1) return `${name} is answered for by more than its owner: ${probe.answeredBy.map(station).join(", ")}`;
  const port = portToAsk(expected.ports);
  if (!isReachable || port === undefined || probe.reached === owner) return undefined;
  return `${name} resolves, but ${port.protocol} port ${port.port} was answered by ${probe.reached ?? "nobody"}, expected ${owner}`;
}
