// An Ethernet frame with ARP in it as a record: the header's (ethernet-record), then these fields.
import { ARP_FRAME_LENGTH, ARP_OPER, ARP_SHA, ARP_SPA, ARP_THA, ARP_TPA, checkArpFrame, encodeArp } from "./arp";
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

/** Decodes an untagged Ethernet frame that carries ARP; every operation is kept. */
export function decodeArpFrame(at: usize, length: u32): Status {
  const status = checkArpFrame(at, length);
  if (status !== Status.Ok) return status;
  decodeEthernet(at, length);
  const arp = at + ETHERNET_HEADER;
  setMac(ARP_RECORD_SHA, getMac(arp + ARP_SHA));
  setMac(ARP_RECORD_THA, getMac(arp + ARP_THA));
  store<u32>(ARP_RECORD_SPA, load<u32>(arp + ARP_SPA));
  store<u32>(ARP_RECORD_TPA, load<u32>(arp + ARP_TPA));
  store<u16>(ARP_RECORD_OPER, <u16>getU16(arp + ARP_OPER));
  store<u32>(ARP_RECORD_TRAILING_BYTES, length - ARP_FRAME_LENGTH);
  return Status.Ok;
}

/**
 * Writes the frame of a record to OUT, trailing bytes as zeros. Answers with its length, or with the status that decoding
 * it would give.
 */
export function encodeArpFrame(): i32 {
  const trailing = load<u32>(ARP_RECORD_TRAILING_BYTES);
  if (trailing > OUT_BYTES - ARP_FRAME_LENGTH) return Status.Oversized;
  const arp = OUT + ETHERNET_HEADER;
  encodeEthernet(OUT, getMac(ETHERNET_RECORD_DESTINATION), getMac(ETHERNET_RECORD_SOURCE), ETHERTYPE_ARP);
  encodeArp(arp, 0, getMac(ARP_RECORD_SHA), load<u32>(ARP_RECORD_SPA), getMac(ARP_RECORD_THA), load<u32>(ARP_RECORD_TPA));
  setU16(arp + ARP_OPER, load<u16>(ARP_RECORD_OPER));
  memory.fill(OUT + ARP_FRAME_LENGTH, 0, trailing);
  const length = ARP_FRAME_LENGTH + trailing;
  const status = checkArpFrame(OUT, length);
  return status === Status.Ok ? <i32>length : status;
}
