/** Broken headers, OPENs and ROUTE-REFRESHs. */
import { capabilities, hex, message, open, withLength } from "./messages.ts";
import type { OtherRow } from "./row.ts";

const keepalive = message(4, "");
const oneTooLong = message(2, Buffer.concat([hex("0fea"), Buffer.alloc(4074), hex("0000")]));

// biome-ignore format: a row a line
export const otherRows: readonly OtherRow[] = [
  ["", "marker with a zero bit", Buffer.concat([hex("fe"), keepalive.subarray(1)]), "reset 1/1 NotSynchronized", "", "reset 1/1", "reset 1/1"],
  ["", "length 18", withLength(keepalive, 18), "reset 1/2 BadMessageLength", "0012", "reset 1/2", "reset 1/2"],
  ["", "UPDATE of 22 octets", message(2, "000000"), "reset 1/2 BadMessageLength", "0016", "reset 1/2", "reset 1/2"],
  ["", "UPDATE of 4,097 octets", oneTooLong, "reset 1/2 BadMessageLength", "1001", "reset 1/2", "reset 1/2"],
  ["", "KEEPALIVE of 20 octets", message(4, "00"), "reset 1/2 BadMessageLength", "0014", "keep", "reset 1/2"],
  ["", "NOTIFICATION of 20 octets", message(3, "06"), "reset 1/2 BadMessageLength", "0014", "reset 1/2", "reset 1/2"],
  ["", "type 0", message(0, ""), "reset 1/3 BadMessageType", "00", "reset 1/3", "reset 1/3"],
  ["", "type 6", message(6, ""), "reset 1/3 BadMessageType", "06", "reset 1/3", "reset 1/2"],
  ["", "ROUTE-REFRESH of 22 octets", message(5, "000100"), "reset 1/2 BadMessageLength", "0016", "reset 1/2", "reset 1/2"],
  ["", "beginning of a refresh of 22 octets", message(5, "000101"), "reset 7/1 BadRefreshLength", message(5, "000101").toString("hex"), "reset 1/2", "reset 1/2"],
  ["", "beginning of a refresh of 24 octets", message(5, "0001010100"), "reset 7/1 BadRefreshLength", message(5, "0001010100").toString("hex"), "reset 7/1", "reset 7/1"],

  ["", "OPEN of 28 octets", message(1, "04fde9005ac0000265"), "reset 1/2 BadMessageLength", "001c", "reset 1/2", "reset 1/2"],
  ["", "OPEN of version 3", open({ version: "03" }), "reset 2/1 UnsupportedVersion", "0004", "reset 2/1", "reset 2/1"],
  ["", "OPEN of AS 0", open({ as: "0000" }), "reset 2/2 BadPeerAs", "", "reset 2/2", "reset 2/2"],
  ["", "OPEN of four-octet AS 0", open({ parameters: capabilities("410400000000") }), "reset 2/2 BadPeerAs", "", "reset 2/7", "reset 2/2"],
  ["", "OPEN with identifier 0", open({ identifier: "00000000" }), "reset 2/3 BadIdentifier", "", "reset 2/3", "reset 2/3"],
  ["", "OPEN with hold time 1", open({ holdTime: "0001" }), "reset 2/6 UnacceptableHoldTime", "", "reset 2/6", "reset 2/6"],
  ["", "OPEN with hold time 2", open({ holdTime: "0002" }), "reset 2/6 UnacceptableHoldTime", "", "reset 2/6", "reset 2/6"],
  ["", "OPEN with an authentication parameter", open({ parameters: "010100" }), "reset 2/4 UnsupportedParameter", "", "reset 2/4", "reset 2/5"],
  ["", "OPEN with a parameter past its end", open({ parameters: "0206410400" }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/0"],
  ["", "OPEN with half a parameter", open({ parameters: "02" }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/0"],
  ["", "OPEN with more parameters than it says", message(1, "04fde9005ac00002650002024100"), "reset 2/0 MalformedParameters", "", "keep", "keep"],
  ["", "OPEN with a long form past its end", open({ parameters: "ff0010020000" }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/4"],
  ["", "OPEN with a capability past its parameter", open({ parameters: capabilities("4106000000") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["", "OPEN with half a capability", open({ parameters: capabilities("41") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["multiprotocol short", "OPEN with multiprotocol of three octets", open({ parameters: capabilities("0103000100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["multiprotocol empty", "OPEN with multiprotocol of no octets", open({ parameters: capabilities("0100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["multiprotocol long", "OPEN with multiprotocol of five octets", open({ parameters: capabilities("01050001000100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["routeRefresh long", "OPEN with route refresh of one octet", open({ parameters: capabilities("020100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "keep"],
  ["extendedNextHop uneven", "OPEN with extended next hop of five octets", open({ parameters: capabilities("05050001000100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["extendedNextHop uneven", "OPEN with extended next hop of seven octets", open({ parameters: capabilities("050700010001000200") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["extendedMessage long", "OPEN with extended message of one octet", open({ parameters: capabilities("060100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["gracefulRestart short", "OPEN with graceful restart of one octet", open({ parameters: capabilities("400100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["gracefulRestart uneven", "OPEN with graceful restart of five octets", open({ parameters: capabilities("40050078000101") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["gracefulRestart empty", "OPEN with graceful restart of no octets", open({ parameters: capabilities("4000") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["fourOctetAs short", "OPEN with a four-octet AS of two octets", open({ parameters: capabilities("4102fde9") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/2"],
  ["fourOctetAs empty", "OPEN with a four-octet AS of no octets", open({ parameters: capabilities("4100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/2"],
  ["fourOctetAs long", "OPEN with a four-octet AS of five octets", open({ parameters: capabilities("41050000fde900") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/2"],
  ["enhancedRouteRefresh long", "OPEN with enhanced route refresh of one octet", open({ parameters: capabilities("460100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "keep"],
  ["", "length 0", withLength(keepalive, 0), "reset 1/2 BadMessageLength", "0000", "reset 1/2", "reset 1/2"],
  ["", "length 65,535", withLength(keepalive, 65535), "reset 1/2 BadMessageLength", "ffff", "reset 1/2", "reset 1/2"],
  ["", "type 255", message(255, ""), "reset 1/3 BadMessageType", "ff", "reset 1/3", "reset 1/3"],
  ["", "UPDATE of 19 octets", message(2, ""), "reset 1/2 BadMessageLength", "0013", "reset 1/2", "reset 1/2"],
  ["", "ROUTE-REFRESH of 19 octets", message(5, ""), "reset 1/2 BadMessageLength", "0013", "reset 1/2", "reset 1/2"],
  ["", "end of a refresh of 24 octets", message(5, "0001020100"), "reset 7/1 BadRefreshLength", "ffffffffffffffffffffffffffffffff0018050001020100", "reset 7/1", "reset 7/1"],
  ["", "OPEN of version 5", open({ version: "05" }), "reset 2/1 UnsupportedVersion", "0004", "reset 2/1", "reset 2/1"],
  ["", "OPEN with a parameter past the end of the long form", open({ parameters: "ff0003020009" }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/4"],
  ["", "OPEN with a second parameter past the end", open({ parameters: `${capabilities("41040000fde9")}0206` }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/0"],
];
