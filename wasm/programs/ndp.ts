// The NDP packet program: answers Neighbor Solicitations for its rows, announces them, notices others who claim them.
//
// In: ICMPv6 frames from the port of each attached link. Out: one Neighbor Advertisement a solicitation for an active row (RFC 4861 §7.2.4
// "Sending Solicited Neighbor Advertisements"), and bursts of unsolicited ones to all nodes (§7.2.6), again as often as the row says;
// probes for rows on standby whose askSerial changes. What is remembered: the row table, when each row speaks next, and who else was
// heard. A solicitation is answered however it came, to the solicited-node group, to all nodes or to one, with or without
// the sender's MAC in it: what a kernel sends to see whether a neighbor is still there is no other question. Who probes for a
// duplicate (source ::, RFC 4862 §5.4) is told by way of all nodes, since it has no address yet.
//
// Each advertisement is sent from the very address that it is of, so the link needs none of its own. It has the target's MAC in it, so
// Override is set (§7.2.4): the VIP is neither anycast nor a proxy's. Router is clear: a VIP forwards nothing.
//
// Whose address is claimed: that of a solicitation's sender, and that which an advertisement is of. A claim is reported and never answered;
// a draining row falls silent there and then.
//
// Left out: learning neighbors (the kernel's business), SEND (RFC 3971), and every packet with extension headers. One in fragments, or
// with a fragment header, must be ignored in silence (RFC 6980 §5 "Specification"). One behind hop-by-hop or destination options would be
// valid, since §7.1.1 "Validation of Neighbor Solicitations" says nothing of them; no stack sends such a packet, and who does wants to get
// past a switch that guards its ports (RFC 7113 §2.1 "Attack Vector Based on IPv6 Extension Headers"). The kernel's filter drops them all.
import { dueRow, finishRound, nextDue, RECORD_ROUND_LINKS } from "../table/announce";
import { findRow, seedRows } from "../table/rows";
import { getMac, isGroupMac } from "../wire/bytes";
import { ETHERNET_DESTINATION, ETHERNET_SOURCE } from "../wire/ethernet";
import {
  ADVERTISEMENT_LENGTH,
  checkAdvertisement,
  checkSolicitation,
  encodeAdvertisement,
  encodeProbe,
  FLAG_OVERRIDE,
  FLAG_SOLICITED,
  NEIGHBOR_TARGET,
  PROBE_LENGTH,
} from "../wire/neighbor";
import { IPV6_DESTINATION, IPV6_SOURCE, isMulticast, isSolicitedNode, isUnspecified, linkLayer } from "../wire/neighbor-discovery";
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

/** Why a frame got no answer; DROPS counts by these. Those below 32 are the wire's own (`wire/status`), negated. */
export enum Drop {
  Truncated = 1,
  Oversized = 2,
  Tagged = 3,
  WrongEtherType = 4,
  BadSender = 10,
  WrongVersion = 11,
  WrongNextHeader = 12,
  WrongMessageType = 13,
  WrongMessageCode = 14,
  WrongHopLimit = 15,
  WrongChecksum = 16,
  BadSource = 17,
  ZeroLengthOption = 18,
  OptionOverrun = 19,
  UnexpectedOption = 20,
  BadTarget = 29,
  BadDestination = 30,
  SolicitedMulticast = 31,
  /** An advertisement; only what it claims mattered. */
  Advertisement = 32,
  /** Sent to another station, or to a group that the target is not in. */
  OtherDestination = 33,
  /** From one of our own links. */
  OwnFrame = 34,
  /** The sender claims an address that we answer for on this link. */
  Claimed = 35,
  /** Asks for an address that is no row. */
  UnknownTarget = 36,
  /** Asks for a row that answers nowhere: on standby, or drained. */
  Standby = 37,
  /** Asks for a row that answers on other links only. */
  OtherLink = 38,
}

/** All that the kernel need hand on. */
export enum IcmpType {
  NeighborSolicitation = 135,
  NeighborAdvertisement = 136,
}

/** Reasons up to this one say that the frame is no sound solicitation or advertisement. */
const LAST_FAULT: u32 = Drop.SolicitedMulticast;

/** ff02::1 as two words in memory order, and its MAC (RFC 2464 §7 "Address Mapping -- Multicast") as getMac gives it. */
const ALL_NODES_LOW: u64 = 0x2ff;
const ALL_NODES_HIGH: u64 = 0x0100000000000000;
const ALL_NODES_MAC: u64 = 0x010000003333;

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
  const row = putRow(6);
  nextTickMs = nextDue();
  return row;
}

export function remove(): i32 {
  const row = removeOwnRow(6);
  nextTickMs = nextDue();
  return row;
}

export function process(link: u32, count: u32, nowMs: f64): u32 {
  sent = 0;
  if (!isUp(link) || count > SLOTS) return 0;
  const mac = linkMac(link);
  let isAlone = true;
  for (let slot: u32 = 0; slot < count; slot++) {
    const frame: usize = RX + slot * SLOT_BYTES;
    const length: u32 = load<u16>(RX_DESCRIPTORS + slot * DESCRIPTOR_BYTES + DESCRIPTOR_LENGTH);
    const drop: u32 = length > SLOT_BYTES ? Drop.Oversized : answer(frame, length, link, mac, nowMs);
    if (drop !== 0) increment(DROPS + drop * 8, 1);
    // Once a batch is enough.
    if (isAlone && (drop === 0 || drop > LAST_FAULT)) isAlone = isOwnMac(senderOf(frame));
  }
  if (!isAlone) hearStation(link, nowMs);
  return sent;
}

/** Puts the answer to one frame into the next sending slot; otherwise says why there is none. */
function answer(frame: usize, length: u32, link: u32, mac: u64, nowMs: f64): u32 {
  const status = checkSolicitation(frame, length);
  if (status === Status.WrongMessageType) return hearAdvertisement(frame, length, link, nowMs);
  if (status !== Status.Ok) return -status;
  const sender = senderOf(frame);
  const claim = hearUse(frame + IPV6_SOURCE, sender, link, false, nowMs);
  if (claim !== Claim.Allowed) return claim === Claim.Own ? Drop.OwnFrame : Drop.Claimed;
  if (!isForUs(frame, mac)) return Drop.OtherDestination;
  const row = rowOf(frame + NEIGHBOR_TARGET);
  if (row < 0) return Drop.UnknownTarget;
  if (!isAnswering(row, link)) return keepSilent(row) ? Drop.Standby : Drop.OtherLink;
  increment(counter(row, COUNTER_ANSWERED), 1);
  const source = frame + IPV6_SOURCE;
  if (isUnspecified(source)) send(link, mac, row, ALL_NODES_MAC, ALL_NODES_LOW, ALL_NODES_HIGH, FLAG_OVERRIDE);
  else send(link, mac, row, sender, load<u64>(source), load<u64>(source, 8), FLAG_SOLICITED | FLAG_OVERRIDE);
  return 0;
}

/** Why a frame that is no solicitation gets no answer. An advertisement may be a claim. */
function hearAdvertisement(frame: usize, length: u32, link: u32, nowMs: f64): u32 {
  const status = checkAdvertisement(frame, length);
  if (status !== Status.Ok) return -status;
  const claim = hearUse(frame + NEIGHBOR_TARGET, senderOf(frame), link, true, nowMs);
  if (claim === Claim.Allowed) return Drop.Advertisement;
  return claim === Claim.Own ? Drop.OwnFrame : Drop.Claimed;
}

/** Who speaks: the MAC in the message that was checked last, or where there is none that of the frame. */
function senderOf(frame: usize): u64 {
  return linkLayer !== 0 ? linkLayer : getMac(frame + ETHERNET_SOURCE);
}

/** A station uses an address. */
function hearUse(address: usize, sender: u64, link: u32, isClaim: bool, nowMs: f64): Claim {
  const row = rowOf(address);
  return row < 0 ? Claim.Allowed : hearClaim(row, link, sender, isClaim, nowMs);
}

function rowOf(address: usize): i32 {
  return findRow(load<u64>(address), load<u64>(address, 8));
}

/** Some access points send to one station what was sent to a group, so only the packet tells whether it was. */
function isForUs(frame: usize, mac: u64): bool {
  const destination = getMac(frame + ETHERNET_DESTINATION);
  if (destination !== mac && !isGroupMac(destination)) return false;
  const address = frame + IPV6_DESTINATION;
  if (!isMulticast(address)) return true;
  if (load<u64>(address) === ALL_NODES_LOW && load<u64>(address, 8) === ALL_NODES_HIGH) return true;
  return isSolicitedNode(address) && ((load<u32>(address, 12) ^ load<u32>(frame + NEIGHBOR_TARGET, 12)) & 0xffffff00) === 0;
}

export function tick(nowMs: f64): u32 {
  sent = 0;
  for (let row = dueRow(nowMs); row >= 0; row = dueRow(nowMs)) {
    const links = load<u64>(record(row) + RECORD_ROUND_LINKS) & linksUp;
    if (sent + <u32>popcnt(links) > SLOTS) break;
    if (load<u8>(record(row) + ROW_STATE) === State.Standby) ask(row, links);
    else announce(row, links);
    finishRound(row, nowMs);
  }
  nextTickMs = nextDue();
  return sent;
}

/** One round: an unsolicited advertisement on each link. */
function announce(row: u32, links: u64): void {
  for (let left = links; left !== 0; left &= left - 1) {
    const link = <u32>ctz(left);
    send(link, linkMac(link), row, ALL_NODES_MAC, ALL_NODES_LOW, ALL_NODES_HIGH, FLAG_OVERRIDE);
    increment(counter(row, COUNTER_ANNOUNCED), 1);
  }
}

/** A probe on each link in the form of RFC 4862 §5.4.2: whoever has the address tells all nodes, and nobody learns ours from it. */
function ask(row: u32, links: u64): void {
  for (let left = links; left !== 0; left &= left - 1) {
    const link = <u32>ctz(left);
    encodeProbe(TX + sent * SLOT_BYTES, linkMac(link), record(row) + ROW_ADDRESS);
    describe(link, PROBE_LENGTH);
  }
}

/** Sends an advertisement of a row to a MAC and an address, the latter as two words in memory order. */
function send(link: u32, mac: u64, row: u32, destination: u64, low: u64, high: u64, flags: u32): void {
  encodeAdvertisement(TX + sent * SLOT_BYTES, destination, mac, low, high, record(row) + ROW_ADDRESS, flags);
  describe(link, ADVERTISEMENT_LENGTH);
}

/** The next sending slot holds a frame. */
function describe(link: u32, length: u64): void {
  store<u64>(TX_DESCRIPTORS + sent * DESCRIPTOR_BYTES, length | ((<u64>link) << 32)); // length, port 0, link
  sent++;
}
