/** UPDATEs of a peer inside our AS, and of one that knows two octets only. */
import { announce } from "./messages.ts";
import type { Row } from "./row.ts";

// biome-ignore format: a row a line
export const internalRows: readonly Row[] = [
  ["LOCAL_PREF missing", "no LOCAL_PREF from inside", announce({ LOCAL_PREF: "" }, "internal"), "withdraw 3/3 MissingAttribute 5", "keep", "withdraw"],
  ["LOCAL_PREF optional", "LOCAL_PREF that is optional", announce({ LOCAL_PREF: "c0050400000064" }, "internal"), "withdraw 3/4 WrongFlags 5", "withdraw", "reset 3/4"],
  ["LOCAL_PREF short", "LOCAL_PREF of three octets", announce({ LOCAL_PREF: "400503000064" }, "internal"), "withdraw 3/5 WrongLength 5", "withdraw", "reset 3/5"],
  ["LOCAL_PREF transitive", "LOCAL_PREF that is not transitive", announce({ LOCAL_PREF: "00050400000064" }, "internal"), "withdraw 3/4 WrongFlags 5", "withdraw", "reset 3/4"],
  ["LOCAL_PREF empty", "LOCAL_PREF of no octets", announce({ LOCAL_PREF: "400500" }, "internal"), "withdraw 3/5 WrongLength 5", "withdraw", "reset 3/5"],
  ["LOCAL_PREF long", "LOCAL_PREF of five octets", announce({ LOCAL_PREF: "4005050000006400" }, "internal"), "withdraw 3/5 WrongLength 5", "withdraw", "reset 3/5"],
  ["LOCAL_PREF repeated", "LOCAL_PREF twice", announce({ more: "40050400000065" }, "internal"), "discard 3/1 RepeatedAttribute 5", "keep", "reset 3/1"],
  ["LOCAL_PREF overrun", "LOCAL_PREF that runs past the others' end", announce({ LOCAL_PREF: "400504000000" }, "internal"), "withdraw 3/1 AttributeOverrun 5", "withdraw", "reset 3/5"],
  ["ORIGINATOR_ID transitive", "ORIGINATOR_ID that is transitive", announce({ more: "c00904c6336409" }, "internal"), "withdraw 3/4 WrongFlags 9", "withdraw", "reset 3/4"],
  ["ORIGINATOR_ID short", "ORIGINATOR_ID of three octets", announce({ more: "800903c63364" }, "internal"), "withdraw 3/5 WrongLength 9", "withdraw", "reset 3/5"],
  ["ORIGINATOR_ID optional", "ORIGINATOR_ID that is not optional", announce({ more: "000904c6336409" }, "internal"), "withdraw 3/4 WrongFlags 9", "withdraw", "reset 3/4"],
  ["ORIGINATOR_ID empty", "ORIGINATOR_ID of no octets", announce({ more: "800900" }, "internal"), "withdraw 3/5 WrongLength 9", "withdraw", "reset 3/5"],
  ["ORIGINATOR_ID long", "ORIGINATOR_ID of five octets", announce({ more: "800905c633640900" }, "internal"), "withdraw 3/5 WrongLength 9", "withdraw", "reset 3/5"],
  ["ORIGINATOR_ID repeated", "ORIGINATOR_ID twice", announce({ more: "800904c6336409800904c633640a" }, "internal"), "discard 3/1 RepeatedAttribute 9", "keep", "reset 3/1"],
  ["ORIGINATOR_ID overrun", "ORIGINATOR_ID that runs past the others' end", announce({ more: "800904c63364" }, "internal"), "withdraw 3/1 AttributeOverrun 9", "withdraw", "reset 3/5"],
  ["CLUSTER_LIST transitive", "CLUSTER_LIST that is transitive", announce({ more: "c00a04c6336401" }, "internal"), "withdraw 3/4 WrongFlags 10", "withdraw", "reset 3/4"],
  ["CLUSTER_LIST empty", "CLUSTER_LIST of no octets", announce({ more: "800a00" }, "internal"), "withdraw 3/5 WrongLength 10", "withdraw", "reset 3/5"],
  ["CLUSTER_LIST uneven", "CLUSTER_LIST of five octets", announce({ more: "800a05c633640100" }, "internal"), "withdraw 3/5 WrongLength 10", "withdraw", "reset 3/5"],
  ["CLUSTER_LIST optional", "CLUSTER_LIST that is not optional", announce({ more: "000a04c6336401" }, "internal"), "withdraw 3/4 WrongFlags 10", "withdraw", "reset 3/4"],
  ["CLUSTER_LIST uneven", "CLUSTER_LIST of three octets", announce({ more: "800a03c63364" }, "internal"), "withdraw 3/5 WrongLength 10", "withdraw", "reset 3/5"],
  ["CLUSTER_LIST repeated", "CLUSTER_LIST twice", announce({ more: "800a04c6336401800a04c6336402" }, "internal"), "discard 3/1 RepeatedAttribute 10", "keep", "reset 3/1"],
  ["CLUSTER_LIST overrun", "CLUSTER_LIST that runs past the others' end", announce({ more: "800a04c63364" }, "internal"), "withdraw 3/1 AttributeOverrun 10", "withdraw", "reset 3/5"],
];

// biome-ignore format: a row a line
export const oldRows: readonly Row[] = [
  ["", "AS_PATH of four octets each", announce({ AS_PATH: "40020602010000fdeb" }, "old"), "withdraw 3/11 ZeroAs 2", "withdraw", "reset 3/10"],
  ["AGGREGATOR long", "AGGREGATOR of eight octets", announce({ more: "c007080000fdebc0000267" }, "old"), "discard 3/5 WrongLength 7", "keep", "keep"],
  ["AGGREGATOR empty", "AGGREGATOR of no octets in a session of two", announce({ more: "c00700" }, "old"), "discard 3/5 WrongLength 7", "keep", "keep"],
  ["AGGREGATOR zeroAs", "AGGREGATOR of two-octet AS 0", announce({ more: "c007060000c0000267" }, "old"), "discard 3/9 ZeroAggregatorAs 7", "keep", "keep"],
  ["AS4_PATH transitive", "AS4_PATH that is not transitive", announce({ more: "80110602010000fdeb" }, "old"), "withdraw 3/4 WrongFlags 17", "withdraw", "keep"],
  ["AS4_PATH empty", "AS4_PATH of no octets", announce({ more: "c01100" }, "old"), "discard 3/11 BadAsPath 17", "keep", "keep"],
  ["AS4_PATH segmentOverrun", "AS4_PATH of five octets", announce({ more: "c011050201000000" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
  ["AS4_PATH segmentType", "AS4_PATH with a segment of type 5", announce({ more: "c0110605010000fdeb" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
  ["AS4_PATH emptySegment", "AS4_PATH with an empty segment", announce({ more: "c0110802010000fdeb0200" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
  ["AS4_PATH confederation", "AS4_PATH of a confederation", announce({ more: "c0110603010000fdeb" }, "old"), "discard 3/11 BadAsPath 17", "keep", "withdraw"],
  ["AS4_PATH zeroAs", "AS4_PATH with AS 0", announce({ more: "c01106020100000000" }, "old"), "discard 3/11 ZeroAs 17", "keep", "withdraw"],
  ["AS4_PATH optional", "AS4_PATH that is not optional", announce({ more: "40110602010000fdeb" }, "old"), "withdraw 3/4 WrongFlags 17", "withdraw", "keep"],
  ["AS4_PATH halfSegment", "AS4_PATH with half a segment header", announce({ more: "c0110702010000fdeb02" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
  ["AS4_PATH segmentType", "AS4_PATH with a segment of type 0", announce({ more: "c0110600010000fdeb" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
  ["AS4_PATH repeated", "AS4_PATH twice", announce({ more: "c0110602010000fdebc0110602010000fdec" }, "old"), "discard 3/1 RepeatedAttribute 17", "keep", "reset 3/1"],
  ["AS4_PATH overrun", "AS4_PATH that runs past the others' end", announce({ more: "c0110602010000fd" }, "old"), "withdraw 3/1 AttributeOverrun 17", "withdraw", "reset 3/5"],
  ["AS4_AGGREGATOR transitive", "AS4_AGGREGATOR that is not transitive", announce({ more: "8012080000fdebc0000267" }, "old"), "withdraw 3/4 WrongFlags 18", "withdraw", "keep"],
  ["AS4_AGGREGATOR short", "AS4_AGGREGATOR of six octets", announce({ more: "c01206fdebc0000267" }, "old"), "discard 3/5 WrongLength 18", "keep", "keep"],
  ["AS4_AGGREGATOR zeroAs", "AS4_AGGREGATOR of AS 0", announce({ more: "c0120800000000c0000267" }, "old"), "discard 3/9 ZeroAggregatorAs 18", "keep", "keep"],
  ["AS4_AGGREGATOR optional", "AS4_AGGREGATOR that is not optional", announce({ more: "4012080000fdebc0000267" }, "old"), "withdraw 3/4 WrongFlags 18", "withdraw", "keep"],
  ["AS4_AGGREGATOR empty", "AS4_AGGREGATOR of no octets", announce({ more: "c01200" }, "old"), "discard 3/5 WrongLength 18", "keep", "keep"],
  ["AS4_AGGREGATOR long", "AS4_AGGREGATOR of nine octets", announce({ more: "c012090000fdebc000026700" }, "old"), "discard 3/5 WrongLength 18", "keep", "keep"],
  ["AS4_AGGREGATOR repeated", "AS4_AGGREGATOR twice", announce({ more: "c012080000fdebc0000267c012080000fdebc0000267" }, "old"), "discard 3/1 RepeatedAttribute 18", "keep", "reset 3/1"],
  ["AS4_AGGREGATOR overrun", "AS4_AGGREGATOR that runs past the others' end", announce({ more: "c012080000fdebc00002" }, "old"), "withdraw 3/1 AttributeOverrun 18", "withdraw", "reset 3/5"],
];
