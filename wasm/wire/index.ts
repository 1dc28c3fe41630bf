// Module `wire`: decoders and encoders of every wire format, for `herald decode`, tests and plugins without a packet
// program. Stateless: the host writes a packet into IN, calls `decodeX(at, length)` and reads the record, or writes the
// record, calls `encodeX()` and reads as many bytes of OUT as it answers. Every decoder is total: any bytes give a Status.
//
// Packet programs and the BGP engine import the same format files, so what this shows is what they see.
export * from "./arp-record";
export * from "./bfd-record";
export * from "./discovery-record";
export * from "./ethernet-record";
export { IN, IN_BYTES, OUT, OUT_BYTES, RECORD, RECORD_BYTES } from "./memory";
export * from "./neighbor-record";
export * from "./router-advertisement";
export { Status } from "./status";
