import type { Format } from "./format.ts";

const FORMAT = 'RFC 5880 §4.1 "Generic BFD Control Packet Format"';
const RECEPTION = 'RFC 5880 §6.8.6 "Reception of BFD Control Packets"';

/** A BFD Control packet, as the payload of a UDP datagram. Bits are 0 or 1, intervals microseconds. */
export const bfd: Format = {
  name: "bfd",
  summary: "a BFD Control packet, the payload of a UDP datagram",
  decode: "decodeBfd",
  encode: "encodeBfd",
  fields: [
    { name: "diagnostic", at: "BFD_RECORD_DIAGNOSTIC", kind: "u16" },
    { name: "state", at: "BFD_RECORD_STATE", kind: "u16" },
    { name: "poll", at: "BFD_RECORD_POLL", kind: "u16" },
    { name: "final", at: "BFD_RECORD_FINAL", kind: "u16" },
    { name: "controlPlaneIndependent", at: "BFD_RECORD_CONTROL_PLANE_INDEPENDENT", kind: "u16" },
    { name: "demand", at: "BFD_RECORD_DEMAND", kind: "u16" },
    { name: "detectMult", at: "BFD_RECORD_DETECT_MULT", kind: "u16" },
    { name: "myDiscriminator", at: "BFD_RECORD_MY_DISCRIMINATOR", kind: "u32" },
    { name: "yourDiscriminator", at: "BFD_RECORD_YOUR_DISCRIMINATOR", kind: "u32" },
    { name: "desiredMinTxInterval", at: "BFD_RECORD_DESIRED_MIN_TX", kind: "u32" },
    { name: "requiredMinRxInterval", at: "BFD_RECORD_REQUIRED_MIN_RX", kind: "u32" },
    { name: "requiredMinEchoRxInterval", at: "BFD_RECORD_REQUIRED_MIN_ECHO_RX", kind: "u32" },
  ],
  statuses: {
    Truncated: { meaning: "The datagram ends before byte 24", source: FORMAT },
    WrongVersion: { meaning: "The version is not 1", source: RECEPTION },
    LengthTooShort: { meaning: "The packet's own length is less than 24, or than 26 with authentication", source: RECEPTION },
    LengthTooLong: { meaning: "The packet's own length is more than the datagram has", source: RECEPTION },
    ZeroDetectMult: { meaning: "The detection multiplier is 0", source: RECEPTION },
    MultipointBit: { meaning: "The Multipoint bit is set", source: RECEPTION },
    ZeroDiscriminator: { meaning: "The sender's own discriminator is 0", source: RECEPTION },
    NoYourDiscriminator: {
      meaning: "Our discriminator is 0 in a state that nobody reaches without knowing it, Init or Up",
      source: RECEPTION,
    },
    AuthenticationBit: { meaning: "The packet is authenticated, which no session here is", source: RECEPTION },
  },
};
