// BFD Control packets. RFC 5880 §4.1 "Generic BFD Control Packet Format": version 1, without authentication.
import { getU32, setU32 } from "./bytes";
import { Status } from "./status";

export const BFD_VERSION: usize = 0; // u8: version in the upper three bits, diagnostic in the lower five
export const BFD_FLAGS: usize = 1; // u8: state in the upper two bits, then P F C A D M
export const BFD_DETECT_MULT: usize = 2; // u8
export const BFD_LENGTH: usize = 3; // u8
export const BFD_MY_DISCRIMINATOR: usize = 4; // u32
export const BFD_YOUR_DISCRIMINATOR: usize = 8; // u32
export const BFD_DESIRED_MIN_TX: usize = 12; // u32, µs
export const BFD_REQUIRED_MIN_RX: usize = 16; // u32, µs
export const BFD_REQUIRED_MIN_ECHO_RX: usize = 20; // u32, µs

export const BFD_PACKET_LENGTH: u32 = 24;
/** §4.1: with the A bit, an authentication type and its length follow at least. */
const AUTHENTICATED_LENGTH: u32 = 26;

const VERSION: u32 = 1;
export const BFD_POLL: u32 = 0x20;
export const BFD_FINAL: u32 = 0x10;
export const BFD_CONTROL_PLANE_INDEPENDENT: u32 = 0x08;
export const BFD_AUTHENTICATION: u32 = 0x04;
export const BFD_DEMAND: u32 = 0x02;
export const BFD_MULTIPOINT: u32 = 0x01;

/** §4.1 "State (Sta)". */
export enum BfdState {
  AdminDown = 0,
  Down = 1,
  Init = 2,
  Up = 3,
}

/** §4.1 "Diagnostic (Diag)"; those that this end has cause to give. */
export enum Diagnostic {
  None = 0,
  DetectionTimeExpired = 1,
  EchoFailed = 2,
  NeighborSignaledDown = 3,
  PathDown = 5,
  AdministrativelyDown = 7,
}

/**
 * The rules of §6.8.6 "Reception of BFD Control Packets" that need no session, in its order, on `length` bytes of UDP payload. What follows
 * the packet's own length is no part of it. Authentication is not known here, so its bit is a fault.
 */
export function checkBfd(at: usize, length: u32): Status {
  if (length < BFD_PACKET_LENGTH) return Status.Truncated;
  const flags: u32 = load<u8>(at + BFD_FLAGS);
  const stated: u32 = load<u8>(at + BFD_LENGTH);
  if (load<u8>(at + BFD_VERSION) >> 5 !== VERSION) return Status.WrongVersion;
  if (stated < ((flags & BFD_AUTHENTICATION) !== 0 ? AUTHENTICATED_LENGTH : BFD_PACKET_LENGTH)) return Status.LengthTooShort;
  if (stated > length) return Status.LengthTooLong;
  if (load<u8>(at + BFD_DETECT_MULT) === 0) return Status.ZeroDetectMult;
  if ((flags & BFD_MULTIPOINT) !== 0) return Status.MultipointBit;
  if (getU32(at + BFD_MY_DISCRIMINATOR) === 0) return Status.ZeroDiscriminator;
  if (getU32(at + BFD_YOUR_DISCRIMINATOR) === 0 && bfdState(at) > <u32>BfdState.Down) return Status.NoYourDiscriminator;
  return (flags & BFD_AUTHENTICATION) !== 0 ? Status.AuthenticationBit : Status.Ok;
}

export function bfdState(at: usize): u32 {
  return load<u8>(at + BFD_FLAGS) >> 6;
}

export function bfdDiagnostic(at: usize): u32 {
  return load<u8>(at + BFD_VERSION) & 31;
}

export function hasBfdFlag(at: usize, flag: u32): bool {
  return (load<u8>(at + BFD_FLAGS) & flag) !== 0;
}

/** Writes version, state, diagnostic and length; all else is written field by field. */
export function encodeBfdHeader(at: usize, state: u32, diagnostic: u32, flags: u32, detectMult: u32): void {
  store<u8>(at + BFD_VERSION, <u8>((VERSION << 5) | diagnostic));
  store<u8>(at + BFD_FLAGS, <u8>((state << 6) | flags));
  store<u8>(at + BFD_DETECT_MULT, <u8>detectMult);
  store<u8>(at + BFD_LENGTH, <u8>BFD_PACKET_LENGTH);
}

export function encodeBfdDiscriminators(at: usize, mine: u32, yours: u32): void {
  setU32(at + BFD_MY_DISCRIMINATOR, mine);
  setU32(at + BFD_YOUR_DISCRIMINATOR, yours);
}

/** All in µs. */
export function encodeBfdIntervals(at: usize, desiredMinTx: u32, requiredMinRx: u32, requiredMinEchoRx: u32): void {
  setU32(at + BFD_DESIRED_MIN_TX, desiredMinTx);
  setU32(at + BFD_REQUIRED_MIN_RX, requiredMinRx);
  setU32(at + BFD_REQUIRED_MIN_ECHO_RX, requiredMinEchoRx);
}
