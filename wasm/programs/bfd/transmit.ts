// Sessions into packets: the fields of RFC 5880 §6.8.7 "Transmitting BFD Control Packets", addressed by RFC 5881 §4 and RFC 5883 §5.

import {
  BFD_FINAL,
  BFD_PACKET_LENGTH,
  BFD_POLL,
  BfdState,
  encodeBfdDiscriminators,
  encodeBfdHeader,
  encodeBfdIntervals,
} from "../../wire/bfd";
import {
  COUNTER_SENT,
  count,
  discriminatorOf,
  EVERY_LINK,
  FAMILY,
  FAREWELLS,
  FLAG_MULTIHOP,
  FLAGS,
  IS_NEWS,
  IS_POLLING,
  LINKS,
  LOCAL_DIAG,
  MULTIPLIER,
  NO_LINK,
  PACKET_FAMILY,
  PACKET_HOP_LIMIT,
  PACKET_LENGTH,
  PACKET_LINK,
  PACKET_PEER,
  PACKET_PEER_PORT,
  PACKET_PORT,
  PEER,
  REMOTE_DISCRIMINATOR,
  SEND_PORT,
  SESSION_STATE,
  SLOT_BYTES,
  session,
  TOLD_RX,
  TOLD_TX,
  TX,
  txDescriptor,
} from "./memory";
import { planNext } from "./session";

const SINGLE_HOP_PORT: u16 = 3784;
const MULTIHOP_PORT: u16 = 4784;
/** RFC 5881 §5 "TTL/Hop Limit Issues"; over several hops too, so that the far end can tell how many they were. */
const HOP_LIMIT: u8 = 255;

/** Writes the session's packet into a sending slot. One that answers a Poll leaves the session's own times alone, unless it tells news. */
export function transmit(row: u32, slot: u32, isFinal: bool, nowMs: f64): void {
  const at = session(row);
  const isPolling = load<u8>(at + IS_POLLING) !== 0;
  const flags: u32 = isFinal ? BFD_FINAL : isPolling ? BFD_POLL : 0;
  const packet: usize = TX + slot * SLOT_BYTES;
  encodeBfdHeader(packet, load<u8>(at + SESSION_STATE), load<u8>(at + LOCAL_DIAG), flags, load<u8>(at + MULTIPLIER));
  encodeBfdDiscriminators(packet, discriminatorOf(row), load<u32>(at + REMOTE_DISCRIMINATOR));
  encodeBfdIntervals(packet, load<u32>(at + TOLD_TX), load<u32>(at + TOLD_RX), 0); // nobody's echo comes back from here
  address(at, slot);
  count(row, COUNTER_SENT);
  if (isFinal && (isPolling || load<u8>(at + IS_NEWS) === 0)) return;
  store<u8>(at + IS_NEWS, 0);
  if (load<u8>(at + SESSION_STATE) === BfdState.AdminDown) store<u8>(at + FAREWELLS, load<u8>(at + FAREWELLS) - 1);
  planNext(at, nowMs);
}

function address(at: usize, slot: u32): void {
  const descriptor = txDescriptor(slot);
  store<u16>(descriptor + PACKET_LENGTH, <u16>BFD_PACKET_LENGTH);
  store<u8>(descriptor + PACKET_PORT, load<u8>(at + SEND_PORT));
  store<u8>(descriptor + PACKET_HOP_LIMIT, HOP_LIMIT);
  store<u32>(descriptor + PACKET_LINK, oneLink(load<u64>(at + LINKS)));
  store<u16>(descriptor + PACKET_PEER_PORT, (load<u8>(at + FLAGS) & FLAG_MULTIHOP) !== 0 ? MULTIHOP_PORT : SINGLE_HOP_PORT);
  store<u8>(descriptor + PACKET_FAMILY, load<u8>(at + FAMILY));
  memory.copy(descriptor + PACKET_PEER, at + PEER, 16);
}

/** A session of one link leaves on it; of others the routes decide. */
function oneLink(links: u64): u32 {
  return links !== EVERY_LINK && popcnt(links) === 1 ? <u32>ctz(links) : NO_LINK;
}
