import type { Field, Format, Meaning } from "./format.ts";

/** Where a frame comes from and goes to: the first fields of every format that is captured in a frame. */
export const addressFields: readonly Field[] = [
  { name: "destination", at: "ETHERNET_RECORD_DESTINATION", kind: "mac" },
  { name: "source", at: "ETHERNET_RECORD_SOURCE", kind: "mac" },
];

const truncated: Meaning = {
  meaning: "The frame ends inside the 14 bytes of its Ethernet header",
  source: 'IEEE 802.3 §3.1.1 "Packet format"',
};

/** The Ethernet header of any frame. */
export const ethernet: Format = {
  name: "ethernet",
  summary: "the header of an Ethernet frame, whatever it carries",
  decode: "decodeEthernet",
  fields: [
    ...addressFields,
    { name: "etherType", at: "ETHERNET_RECORD_TYPE", kind: "u16" },
    { name: "payloadBytes", at: "ETHERNET_RECORD_PAYLOAD_BYTES", kind: "u32" },
  ],
  statuses: { Truncated: truncated },
};
