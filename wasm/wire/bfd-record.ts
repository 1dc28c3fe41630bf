// A BFD Control packet as a record: all its fields, the bits one by one.
import {
  BFD_CONTROL_PLANE_INDEPENDENT,
  BFD_DEMAND,
  BFD_DESIRED_MIN_TX,
  BFD_DETECT_MULT,
  BFD_FINAL,
  BFD_MY_DISCRIMINATOR,
  BFD_PACKET_LENGTH,
  BFD_POLL,
  BFD_REQUIRED_MIN_ECHO_RX,
  BFD_REQUIRED_MIN_RX,
  BFD_YOUR_DISCRIMINATOR,
  bfdDiagnostic,
  bfdState,
  checkBfd,
  encodeBfdDiscriminators,
  encodeBfdHeader,
  encodeBfdIntervals,
  hasBfdFlag,
} from "./bfd";
import { getU32 } from "./bytes";
import { OUT, RECORD } from "./memory";
import { Status } from "./status";

/** Behind the records of ARP and Ethernet. */
const BFD_RECORD: u32 = RECORD + 256;
export const BFD_RECORD_DIAGNOSTIC: u32 = BFD_RECORD; // u16, as all up to the detection multiplier
export const BFD_RECORD_STATE: u32 = BFD_RECORD + 2;
export const BFD_RECORD_POLL: u32 = BFD_RECORD + 4;
export const BFD_RECORD_FINAL: u32 = BFD_RECORD + 6;
export const BFD_RECORD_CONTROL_PLANE_INDEPENDENT: u32 = BFD_RECORD + 8;
export const BFD_RECORD_DEMAND: u32 = BFD_RECORD + 10;
export const BFD_RECORD_DETECT_MULT: u32 = BFD_RECORD + 12;
export const BFD_RECORD_MY_DISCRIMINATOR: u32 = BFD_RECORD + 16; // u32, as all that follow
export const BFD_RECORD_YOUR_DISCRIMINATOR: u32 = BFD_RECORD + 20;
export const BFD_RECORD_DESIRED_MIN_TX: u32 = BFD_RECORD + 24;
export const BFD_RECORD_REQUIRED_MIN_RX: u32 = BFD_RECORD + 28;
export const BFD_RECORD_REQUIRED_MIN_ECHO_RX: u32 = BFD_RECORD + 32;

/** Decodes the payload of a UDP datagram; what follows the packet is passed over. */
export function decodeBfd(at: usize, length: u32): Status {
  const status = checkBfd(at, length);
  if (status !== Status.Ok) return status;
  store<u16>(BFD_RECORD_DIAGNOSTIC, <u16>bfdDiagnostic(at));
  store<u16>(BFD_RECORD_STATE, <u16>bfdState(at));
  store<u16>(BFD_RECORD_POLL, <u16>hasBfdFlag(at, BFD_POLL));
  store<u16>(BFD_RECORD_FINAL, <u16>hasBfdFlag(at, BFD_FINAL));
  store<u16>(BFD_RECORD_CONTROL_PLANE_INDEPENDENT, <u16>hasBfdFlag(at, BFD_CONTROL_PLANE_INDEPENDENT));
  store<u16>(BFD_RECORD_DEMAND, <u16>hasBfdFlag(at, BFD_DEMAND));
  store<u16>(BFD_RECORD_DETECT_MULT, load<u8>(at + BFD_DETECT_MULT));
  store<u32>(BFD_RECORD_MY_DISCRIMINATOR, getU32(at + BFD_MY_DISCRIMINATOR));
  store<u32>(BFD_RECORD_YOUR_DISCRIMINATOR, getU32(at + BFD_YOUR_DISCRIMINATOR));
  store<u32>(BFD_RECORD_DESIRED_MIN_TX, getU32(at + BFD_DESIRED_MIN_TX));
  store<u32>(BFD_RECORD_REQUIRED_MIN_RX, getU32(at + BFD_REQUIRED_MIN_RX));
  store<u32>(BFD_RECORD_REQUIRED_MIN_ECHO_RX, getU32(at + BFD_REQUIRED_MIN_ECHO_RX));
  return Status.Ok;
}

function bit(at: u32, flag: u32): u32 {
  return load<u16>(at) !== 0 ? flag : 0;
}

/** Writes the packet of a record to OUT. Answers with its length, or with the status that decoding it would give. */
export function encodeBfd(): i32 {
  const flags: u32 =
    bit(BFD_RECORD_POLL, BFD_POLL) |
    bit(BFD_RECORD_FINAL, BFD_FINAL) |
    bit(BFD_RECORD_CONTROL_PLANE_INDEPENDENT, BFD_CONTROL_PLANE_INDEPENDENT) |
    bit(BFD_RECORD_DEMAND, BFD_DEMAND);
  const state: u32 = load<u16>(BFD_RECORD_STATE) & 3;
  encodeBfdHeader(OUT, state, load<u16>(BFD_RECORD_DIAGNOSTIC) & 31, flags, load<u16>(BFD_RECORD_DETECT_MULT) & 255);
  encodeBfdDiscriminators(OUT, load<u32>(BFD_RECORD_MY_DISCRIMINATOR), load<u32>(BFD_RECORD_YOUR_DISCRIMINATOR));
  encodeBfdIntervals(
    OUT,
    load<u32>(BFD_RECORD_DESIRED_MIN_TX),
    load<u32>(BFD_RECORD_REQUIRED_MIN_RX),
    load<u32>(BFD_RECORD_REQUIRED_MIN_ECHO_RX),
  );
  const status = checkBfd(OUT, BFD_PACKET_LENGTH);
  return status === Status.Ok ? <i32>BFD_PACKET_LENGTH : status;
}
