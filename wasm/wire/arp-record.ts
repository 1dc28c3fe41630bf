// ARP as a record: bare (RFC 826), and in an Ethernet frame, which is how it is captured.
import { ARP_LENGTH, ARP_OPER, ARP_SHA, ARP_SPA, ARP_THA, ARP_TPA, checkArp, checkArpFrame, encodeArp as writeArp } from "./arp";
import { getMac, getU16, setMac, setU16 } from "./bytes";
import { ETHERNET_HEADER, ETHERTYPE_ARP, encodeEthernet } from "./ethernet";
import { decodeEthernet, ETHERNET_RECORD_DESTINATION, ETHERNET_RECORD_END, ETHERNET_RECORD_SOURCE } from "./ethernet-record";
import { OUT, OUT_BYTES } from "./memory";
import { Status } from "./status";

export const ARP_RECORD: u32 = ETHERNET_RECORD_END;
export const ARP_RECORD_SHA: u32 = ARP_RECORD; // 6 bytes
export const ARP_RECORD_THA: u32 = ARP_RECORD + 8; // 6 bytes
export const ARP_RECORD_SPA: u32 = ARP_RECORD + 16; // 4 bytes
export const ARP_RECORD_TPA: u32 = ARP_RECORD + 20; // 4 bytes
export const ARP_RECORD_OPER: u32 = ARP_RECORD + 24; // u16
export const ARP_RECORD_TRAILING_BYTES: u32 = ARP_RECORD + 28; // u32; padding, read as what it is: nothing

/** Decodes the 28 bytes of one ARP packet; every operation is kept. */
export function decodeArp(at: usize, length: u32): Status {
  const status = checkArp(at, length);
  if (status !== Status.Ok) return status;
  setMac(ARP_RECORD_SHA, getMac(at + ARP_SHA));
  setMac(ARP_RECORD_THA, getMac(at + ARP_THA));
  store<u32>(ARP_RECORD_SPA, load<u32>(at + ARP_SPA));
  store<u32>(ARP_RECORD_TPA, load<u32>(at + ARP_TPA));
  store<u16>(ARP_RECORD_OPER, <u16>getU16(at + ARP_OPER));
  store<u32>(ARP_RECORD_TRAILING_BYTES, length - ARP_LENGTH);
  return Status.Ok;
}

/** Decodes an untagged Ethernet frame that carries ARP. */
export function decodeArpFrame(at: usize, length: u32): Status {
  const status = checkArpFrame(at, length);
  if (status !== Status.Ok) return status;
  decodeEthernet(at, length);
  return decodeArp(at + ETHERNET_HEADER, length - ETHERNET_HEADER);
}

/** Writes the record to OUT, trailing bytes as zeros, and answers with the length, or with the status that decoding it would give. */
export function encodeArp(): i32 {
  return encodeAt(OUT, OUT_BYTES);
}

/** Writes both records to OUT as one frame. */
export function encodeArpFrame(): i32 {
  encodeEthernet(OUT, getMac(ETHERNET_RECORD_DESTINATION), getMac(ETHERNET_RECORD_SOURCE), ETHERTYPE_ARP);
  const length = encodeAt(OUT + ETHERNET_HEADER, OUT_BYTES - ETHERNET_HEADER);
  return length < 0 ? length : length + <i32>ETHERNET_HEADER;
}

function encodeAt(at: usize, room: u32): i32 {
  const trailing = load<u32>(ARP_RECORD_TRAILING_BYTES);
  if (trailing > room - ARP_LENGTH) return Status.Oversized;
  writeArp(at, 0, getMac(ARP_RECORD_SHA), load<u32>(ARP_RECORD_SPA), getMac(ARP_RECORD_THA), load<u32>(ARP_RECORD_TPA));
  setU16(at + ARP_OPER, load<u16>(ARP_RECORD_OPER));
  memory.fill(at + ARP_LENGTH, 0, trailing);
  const length = ARP_LENGTH + trailing;
  const status = checkArp(at, length);
  return status === Status.Ok ? <i32>length : status;
}
