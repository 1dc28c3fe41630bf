// The ARP packet program: answers requests for its rows, announces them, notices others who claim them.
//
// In: frames from the ARP port of each attached link. Out: one unicast reply a request for an active row (RFC 826
// "Packet Reception"), and bursts of gratuitous requests and replies (RFC 5227 §3 "ARP Announcements"; two forms a round,
// since some stacks only learn from one), again as often as the row says; probes for rows on standby whose askSerial changes. What is
// remembered: the row table, when each row speaks next, and who else was heard. A request is answered
// when it is broadcast or sent to this link's own MAC; probes (sender 0.0.0.0, RFC 5227 §2.1.1) are answered like any other,
// since the address is in use. A packet whose sender address is a row that answers on this link is a conflict: it is
// reported and never answered; a draining row falls silent there and then.
//
// Left out: learning neighbors (the kernel's business), RARP and InARP.
import { dueRow, finishRound, nextDue, RECORD_ROUND_LINKS } from "../table/announce";
import { findIpv4Row, seedRows } from "../table/rows";
import {
  ARP_FRAME_LENGTH,
  ARP_OPER,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SHA,
  ARP_SPA,
  ARP_TPA,
  checkArpFrame,
  encodeArp,
  isArpRequest,
} from "../wire/arp";
import { getMac, getU16 } from "../wire/bytes";
import { ETHERNET_HEADER, ETHERTYPE_ARP, encodeEthernet, MAC_BROADCAST } from "../wire/ethernet";
import { Status } from "../wire/status";
import { hearStation, isOwnMac, isUp, linkMac, linksUp, updateLink } from "./links";
import {
  COUNTER_ANNOUNCED,
  COUNTER_ANSWERED,
  counter,
  DESCRIPTOR_BYTES,
  DESCRIPTOR_LENGTH,
  DROPS,
  increment,
  ROW_ADDRESS,
  ROW_STATE,
  RX,
  RX_DESCRIPTORS,
  record,
  SLOT_BYTES,
  SLOTS,
  State,
  TX,
  TX_DESCRIPTORS,
} from "./memory";
import { Claim, hearClaim, isAnswering, keepSilent, putRow, removeOwnRow } from "./own-rows";

export * from "./exports";

/** Why a frame got no answer; DROPS counts by these. The first ten are the wire's own (`wire/status`), negated. */
export enum Drop {
  Truncated = 1,
  Oversized = 2,
  Tagged = 3,
  WrongEtherType = 4,
  WrongHardwareType = 5,
  WrongProtocolType = 6,
  WrongHardwareLength = 7,
  WrongProtocolLength = 8,
  WrongOpcode = 9,
  BadSender = 10,
  /** A reply; only its sender mattered. */
  Reply = 11,
  /** Sent to another station. */
  OtherDestination = 12,
  /** From one of our own links. */
  OwnFrame = 13,
  /** The sender claims an address that we answer for on this link. */
  Claimed = 14,
  /** Asks for an address that is no row. */
  UnknownTarget = 15,
  /** Asks for a row that answers nowhere: on standby, or drained. */
  Standby = 16,
  /** Asks for a row that answers on other links only. */
  OtherLink = 17,
}

/** When `tick` wants to be called next, ms: 0 at once, infinity never. */
export let nextTickMs: f64 = Infinity;

let sent: u32 = 0;

export function setup(seedLow: u32, seedHigh: u32): void {
  seedRows(seedLow ^ seedHigh);
}

export function setLink(link: u32, mac: f64, flags: u32): void {
  updateLink(link, mac, flags);
  nextTickMs = nextDue();
}

export function put(): i32 {
  const row = putRow(4);
  nextTickMs = nextDue();
  return row;
}

export function remove(): i32 {
  const row = removeOwnRow(4);
  nextTickMs = nextDue();
  return row;
}

export function process(link: u32, count: u32, nowMs: f64): u32 {
  sent = 0;
  if (!isUp(link) || count > SLOTS) return 0;
  const mac = linkMac(link);
  for (let slot: u32 = 0; slot < count; slot++) {
    const drop = answer(RX + slot * SLOT_BYTES, receivedLength(slot), link, mac, nowMs);
    if (drop !== 0) increment(DROPS + drop * 8, 1);
  }
  if (isAnyFromOthers(0, count)) hearStation(link, nowMs);
  return sent;
}

function receivedLength(slot: u32): u32 {
  return load<u16>(RX_DESCRIPTORS + slot * DESCRIPTOR_BYTES + DESCRIPTOR_LENGTH);
}

/**
 * One of the received frames from `slot` on is a sound one of another station; as a rule the first. No loop, since that would be inlined into
 * `process` and take registers from the hot one there, half a nanosecond a frame.
 */
function isAnyFromOthers(slot: u32, count: u32): bool {
  if (slot === count) return false;
  const frame: usize = RX + slot * SLOT_BYTES;
  const length = receivedLength(slot);
  const isSound = length <= SLOT_BYTES && checkArpFrame(frame, length) === Status.Ok;
  return (isSound && !isOwnMac(getMac(frame + ETHERNET_HEADER + ARP_SHA))) || isAnyFromOthers(slot + 1, count);
}

/**
 * Puts the answer to one frame into the next sending slot; otherwise says why there is none.
 *
 * Every frame passes here, so loads are few and wide, and what is rare is somebody else's: 9 ns a frame on a 2.6 GHz EPYC with 1,000 rows,
 * random targets (`herald bench arp`).
 */
function answer(frame: usize, length: u32, link: u32, mac: u64, nowMs: f64): u32 {
  if (length > SLOT_BYTES) return Drop.Oversized;
  if (!isArpRequest(frame, length)) return explain(frame, length, link, nowMs);
  const arp = frame + ETHERNET_HEADER;
  const sender = load<u64>(arp + ARP_SHA - 2) >> 16; // as getMac, in one load
  const spa = load<u32>(arp + ARP_SPA);
  const claimed = findIpv4Row(spa);
  if (claimed >= 0) {
    const claim = hearClaim(claimed, link, sender, spa === load<u32>(arp + ARP_TPA), nowMs);
    if (claim !== Claim.Allowed) return claim === Claim.Own ? Drop.OwnFrame : Drop.Claimed;
  }
  const destination = load<u64>(frame) & MAC_BROADCAST;
  if (destination !== MAC_BROADCAST && destination !== mac) return Drop.OtherDestination;
  const target = load<u32>(arp + ARP_TPA);
  const row = findIpv4Row(target);
  if (row < 0) return Drop.UnknownTarget;
  if (!isAnswering(row, link)) return keepSilent(row) ? Drop.Standby : Drop.OtherLink;
  increment(counter(row, COUNTER_ANSWERED), 1);
  send(link, mac, sender, ARP_REPLY, target, sender, spa);
  return 0;
}

/** Why a frame that is no sound request gets no answer. A reply may be a claim. */
function explain(frame: usize, length: u32, link: u32, nowMs: f64): u32 {
  const status = checkArpFrame(frame, length);
  if (status !== Status.Ok) return -status;
  const arp = frame + ETHERNET_HEADER;
  if (getU16(arp + ARP_OPER) !== ARP_REPLY) return Drop.WrongOpcode;
  const claimed = findIpv4Row(load<u32>(arp + ARP_SPA));
  const claim = claimed < 0 ? Claim.Allowed : hearClaim(claimed, link, getMac(arp + ARP_SHA), true, nowMs);
  if (claim === Claim.Allowed) return Drop.Reply;
  return claim === Claim.Own ? Drop.OwnFrame : Drop.Claimed;
}

export function tick(nowMs: f64): u32 {
  sent = 0;
  for (let row = dueRow(nowMs); row >= 0; row = dueRow(nowMs)) {
    const links = load<u64>(record(row) + RECORD_ROUND_LINKS) & linksUp;
    if (sent + 2 * <u32>popcnt(links) > SLOTS) break;
    if (load<u8>(record(row) + ROW_STATE) === State.Standby) ask(row, links);
    else announce(row, links);
    finishRound(row, nowMs);
  }
  nextTickMs = nextDue();
  return sent;
}

/** One round: a gratuitous request and a gratuitous reply on each link. */
function announce(row: u32, links: u64): void {
  const vip = load<u32>(record(row) + ROW_ADDRESS);
  for (let left = links; left !== 0; left &= left - 1) {
    const link = <u32>ctz(left);
    const mac = linkMac(link);
    send(link, mac, MAC_BROADCAST, ARP_REQUEST, vip, MAC_BROADCAST, vip);
    send(link, mac, MAC_BROADCAST, ARP_REPLY, vip, MAC_BROADCAST, vip);
    increment(counter(row, COUNTER_ANNOUNCED), 2);
  }
}

/** A probe on each link, RFC 5227 §2.1.1 "Probe Details": whoever has the address answers, and nobody learns ours from it. */
function ask(row: u32, links: u64): void {
  const vip = load<u32>(record(row) + ROW_ADDRESS);
  for (let left = links; left !== 0; left &= left - 1) {
    const link = <u32>ctz(left);
    send(link, linkMac(link), MAC_BROADCAST, ARP_REQUEST, 0, 0, vip);
  }
}

function send(link: u32, mac: u64, destination: u64, operation: u32, spa: u32, tha: u64, tpa: u32): void {
  const frame: usize = TX + sent * SLOT_BYTES;
  encodeEthernet(frame, destination, mac, ETHERTYPE_ARP);
  encodeArp(frame + ETHERNET_HEADER, operation, mac, spa, tha, tpa);
  const descriptor: usize = TX_DESCRIPTORS + sent * DESCRIPTOR_BYTES;
  store<u64>(descriptor, ARP_FRAME_LENGTH | ((<u64>link) << 32)); // length, port 0, link
  sent++;
}
