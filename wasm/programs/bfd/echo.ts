// The Echo function, RFC 5880 §6.4 and RFC 5881 §4: packets to our own address, put on the wire for the neighbor's MAC, which its kernel routes
// back without looking further. They come back as frames, since our own kernel would refuse packets from itself (martians).
//
// It counts from the first packet that comes back: a neighbor that allows echoes and whose kernel does not forward is watched by Control
// packets as before. From then on Control packets may be slow, and silence of the echoes takes the session down.

import { BfdState, Diagnostic } from "../../wire/bfd";
import { getMac, getU16, getU32, setU16, setU32 } from "../../wire/bytes";
import { ETHERNET_HEADER, encodeEthernet } from "../../wire/ethernet";
import {
  discriminatorOf,
  ECHO_ADDRESS,
  ECHO_AT,
  ECHO_DETECT_AT,
  ECHO_INTERVAL,
  ECHO_KEY,
  ECHO_LINK,
  ECHO_MAC,
  findDiscriminator,
  hearPeer,
  IS_ECHOING,
  linkMac,
  MULTIPLIER,
  PACKET_LENGTH,
  PACKET_LINK,
  PACKET_PORT,
  REMOTE_MIN_ECHO_RX,
  SESSION_STATE,
  SLOT_BYTES,
  session,
  TX,
  txDescriptor,
} from "./memory";
import { jittered, random } from "./random";
import { goTo, settle, tell } from "./session";

const ETHERTYPE_IPV4: u32 = 0x0800;
const UDP: u8 = 17;
const ECHO_PORT: u32 = 3785;
/** RFC 5881 §4: any that is not of the Control packets' range will do. */
const SOURCE_PORT: u32 = 3785;

const IP: usize = <usize>ETHERNET_HEADER;
const IP_BYTES: u32 = 20;
const UDP_AT: usize = IP + IP_BYTES;
const PAYLOAD: usize = UDP_AT + 8;
/** Discriminator and key; nobody else reads them. */
const PAYLOAD_BYTES: u32 = 8;
const FRAME_BYTES: u32 = <u32>PAYLOAD + PAYLOAD_BYTES;

/** §6.8.9 "Transmission of BFD Echo Packets": the session is up, and the neighbor takes them. */
function mayEcho(at: usize): bool {
  const isUp = load<u8>(at + SESSION_STATE) === BfdState.Up;
  return isUp && load<u32>(at + ECHO_INTERVAL) !== 0 && load<u32>(at + REMOTE_MIN_ECHO_RX) !== 0;
}

function intervalMs(at: usize): f64 {
  return <f64>max(load<u32>(at + ECHO_INTERVAL), load<u32>(at + REMOTE_MIN_ECHO_RX)) / 1000;
}

/** When something is to be done, ms; infinity: never. */
export function echoDue(at: usize): f64 {
  return mayEcho(at) ? min(load<f64>(at + ECHO_AT), load<f64>(at + ECHO_DETECT_AT)) : Infinity;
}

/** No echoes any more, for whatever reason; also makes a new session's fields sound. */
export function stopEcho(row: u32): void {
  const at = session(row);
  store<f64>(at + ECHO_AT, 0);
  store<f64>(at + ECHO_DETECT_AT, Infinity);
  store<u32>(at + ECHO_KEY, <u32>(random() * 4294967296.0));
  if (load<u8>(at + IS_ECHOING) === 0) return;
  store<u8>(at + IS_ECHOING, 0);
  settle(row);
  tell(row);
}

/** Stops what may not be, and does what is due; true: a frame is in the slot. */
export function tickEcho(row: u32, slot: u32, nowMs: f64): bool {
  const at = session(row);
  if (!mayEcho(at)) {
    if (load<u8>(at + IS_ECHOING) !== 0) stopEcho(row);
    return false;
  }
  if (load<f64>(at + ECHO_DETECT_AT) <= nowMs) {
    goTo(row, BfdState.Down, Diagnostic.EchoFailed);
    stopEcho(row);
    return false;
  }
  if (load<f64>(at + ECHO_AT) > nowMs) return false;
  store<f64>(at + ECHO_AT, nowMs + intervalMs(at) * jittered(load<u8>(at + MULTIPLIER)));
  send(row, slot);
  return true;
}

function send(row: u32, slot: u32): void {
  const at = session(row);
  const frame: usize = TX + slot * SLOT_BYTES;
  const link: u32 = load<u8>(at + ECHO_LINK);
  const own = load<u32>(at + ECHO_ADDRESS);
  encodeEthernet(frame, getMac(at + ECHO_MAC), linkMac(link), ETHERTYPE_IPV4);
  memory.fill(frame + IP, 0, IP_BYTES + 8);
  store<u8>(frame + IP, 0x45);
  setU16(frame + IP + 2, IP_BYTES + 8 + PAYLOAD_BYTES);
  store<u8>(frame + IP + 8, 255);
  store<u8>(frame + IP + 9, UDP);
  store<u32>(frame + IP + 12, own);
  store<u32>(frame + IP + 16, own);
  setU16(frame + IP + 10, checksum(frame + IP));
  setU16(frame + UDP_AT, SOURCE_PORT);
  setU16(frame + UDP_AT + 2, ECHO_PORT);
  setU16(frame + UDP_AT + 4, 8 + PAYLOAD_BYTES); // no checksum: RFC 768 allows it, and the key tells as much
  setU32(frame + PAYLOAD, discriminatorOf(row));
  setU32(frame + PAYLOAD + 4, load<u32>(at + ECHO_KEY));
  const descriptor = txDescriptor(slot);
  store<u16>(descriptor + PACKET_LENGTH, <u16>FRAME_BYTES);
  store<u8>(descriptor + PACKET_PORT, 0);
  store<u32>(descriptor + PACKET_LINK, link);
}

/** RFC 791 §3.1 "Header Checksum", of a header without options whose own field is 0. */
function checksum(header: usize): u32 {
  let sum: u32 = 0;
  for (let at: u32 = 0; at < IP_BYTES; at += 2) sum += getU16(header + at);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(sum + (sum >> 16)) & 0xffff;
}

/** Takes one frame; false: it is no echo of ours. */
export function receiveEcho(frame: usize, length: u32, link: u32, nowMs: f64): bool {
  if (length < FRAME_BYTES || getU16(frame + 12) !== ETHERTYPE_IPV4 || load<u8>(frame + IP) !== 0x45) return false;
  // No fragment: RFC 791 §3.1, "More Fragments" and the offset.
  if (load<u8>(frame + IP + 9) !== UDP || (getU16(frame + IP + 6) & 0x3fff) !== 0 || getU16(frame + UDP_AT + 2) !== ECHO_PORT) return false;
  const discriminator = getU32(frame + PAYLOAD);
  const row = discriminator === 0 ? -1 : findDiscriminator(discriminator);
  if (row < 0) return false;
  const at = session(row);
  if (!mayEcho(at) || link !== load<u8>(at + ECHO_LINK) || getU32(frame + PAYLOAD + 4) !== load<u32>(at + ECHO_KEY)) return false;
  hearPeer(row, nowMs);
  store<f64>(at + ECHO_DETECT_AT, nowMs + intervalMs(at) * <f64>load<u8>(at + MULTIPLIER));
  if (load<u8>(at + IS_ECHOING) !== 0) return true;
  store<u8>(at + IS_ECHOING, 1);
  settle(row);
  tell(row);
  return true;
}
