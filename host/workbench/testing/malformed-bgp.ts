/**
 * Malformed BGP messages: each rule broken once for each attribute that it applies to, what RFC 4271 §6, RFC 7606 and the attributes' own RFCs
 * have done about it, and what two other implementations do: `reset CODE/SUBCODE`, `withdraw`, or `keep`, with or without the attribute.
 *
 * Their verdicts were taken from BIRD 2.0.12 and FRR 8.4.4 (Debian 12). UPDATEs were sent in a fresh session that had announced the same prefix in
 * good order before; the verdict is their NOTIFICATION, or else what their tables said of the prefix then.
 */
import type { MessageFormat } from "../../packets/codec/bgp.ts";

/** Who the message comes from: AS 65001 of four octets, our own AS, or a peer that only knows two octets. */
export type Sender = "external" | "internal" | "old";

export interface MalformedMessage {
  readonly name: string;
  readonly sender: Sender;
  /** One message as its own header has it. */
  readonly bytes: Buffer;
  /** Verb, code/subcode, Status, and the type code of the attribute where it is one's fault. */
  readonly expected: string;
  readonly bird: string;
  readonly frr: string;
}

export const formats: Readonly<Record<Sender, MessageFormat>> = {
  external: { fourOctetAs: true, isInternal: false },
  internal: { fourOctetAs: true, isInternal: true },
  old: { fourOctetAs: false, isInternal: false },
};

/** Of the prefix that all messages are about. */
const IPV4 = "18c63364"; // 198.51.100.0/24
const IPV6 = "3020010db80001"; // 2001:db8:1::/48
const GLOBAL = "20010db8000000000000000000000065"; // 2001:db8::65

type Attributes = Readonly<Record<string, string>>;

const external: Attributes = { ORIGIN: "40010100", AS_PATH: "400206 02010000fde9", NEXT_HOP: "400304c0000265" };
const internal: Attributes = { ORIGIN: "40010100", AS_PATH: "400200", NEXT_HOP: "400304c0000266", LOCAL_PREF: "40050400000064" };
const old: Attributes = { ORIGIN: "40010100", AS_PATH: "400204 0201fdeb", NEXT_HOP: "400304c0000267" };
const usual: Readonly<Record<Sender, Attributes>> = { external, internal, old };

export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ""), "hex");
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

/** A message of any type, with a good header. */
export function message(type: number, body: string | Buffer): Buffer {
  const bytes = typeof body === "string" ? hex(body) : body;
  return Buffer.concat([Buffer.alloc(16, 0xff), u16(19 + bytes.length), Buffer.from([type]), bytes]);
}

interface Parts {
  readonly withdrawn?: string;
  readonly attributes?: string;
  readonly nlri?: string;
}

export function update({ withdrawn = "", attributes = "", nlri = "" }: Parts): Buffer {
  const [first, second] = [hex(withdrawn), hex(attributes)];
  return message(2, Buffer.concat([u16(first.length), first, u16(second.length), second, hex(nlri)]));
}

type Row = readonly [name: string, bytes: Buffer, expected: string, bird: string, frr: string];

/** The usual attributes with these changed, left out (empty) or added. */
function announce(changed: Attributes = {}, sender: Sender = "external"): Buffer {
  return update({ attributes: Object.values({ ...usual[sender], ...changed }).join(""), nlri: IPV4 });
}

/** With a multiprotocol attribute instead of NEXT_HOP and prefixes. */
function reach(value: string, { flags = "80", changed = {}, sender = "external" as Sender } = {}): Buffer {
  const attributes = { ...usual[sender], NEXT_HOP: "", ...changed, MP_REACH_NLRI: attribute(flags, "0e", value) };
  return update({ attributes: Object.values(attributes).join("") });
}

function unreach(value: string, flags = "80"): Buffer {
  return update({ attributes: attribute(flags, "0f", value) });
}

function attribute(flags: string, code: string, value: string): string {
  return `${flags}${code}${hex(value).length.toString(16).padStart(2, "0")}${value}`;
}

/** IPv6 unicast with one next hop. */
const goodReach = `00020110${GLOBAL}00${IPV6}`;
const otherOrigin = "40010101";

// biome-ignore format: a row a line
const rows: Readonly<Record<Sender, readonly Row[]>> = {
  external: [
    ["ORIGIN that is optional", announce({ ORIGIN: "c0010100" }), "withdraw 3/4 WrongFlags 1", "withdraw", "reset 3/10"],
    ["ORIGIN that is not transitive", announce({ ORIGIN: "00010100" }), "withdraw 3/4 WrongFlags 1", "withdraw", "reset 3/10"],
    ["ORIGIN of no octets", announce({ ORIGIN: "400100" }), "withdraw 3/5 WrongLength 1", "withdraw", "reset 3/10"],
    ["ORIGIN of two octets", announce({ ORIGIN: "4001020000" }), "withdraw 3/5 WrongLength 1", "withdraw", "reset 3/10"],
    ["ORIGIN 3", announce({ ORIGIN: "40010103" }), "withdraw 3/6 BadOrigin 1", "withdraw", "reset 3/10"],
    ["no ORIGIN", announce({ ORIGIN: "" }), "withdraw 3/3 MissingAttribute 1", "withdraw", "withdraw"],
    ["ORIGIN twice", announce({ more: otherOrigin }), "discard 3/1 RepeatedAttribute 1", "keep", "reset 3/1"],

    ["AS_PATH that is optional", announce({ AS_PATH: "c0020602010000fde9" }), "withdraw 3/4 WrongFlags 2", "withdraw", "reset 3/10"],
    ["AS_PATH with half a segment header", announce({ AS_PATH: "40020702010000fde902" }), "withdraw 3/11 BadAsPath 2", "withdraw", "reset 3/10"],
    ["AS_PATH whose segment runs past its end", announce({ AS_PATH: "40020602020000fde9" }), "withdraw 3/11 BadAsPath 2", "withdraw", "reset 3/10"],
    ["AS_PATH with a segment of type 0", announce({ AS_PATH: "40020600010000fde9" }), "withdraw 3/11 BadAsPath 2", "withdraw", "reset 3/10"],
    ["AS_PATH with a segment of type 5", announce({ AS_PATH: "40020605010000fde9" }), "withdraw 3/11 BadAsPath 2", "withdraw", "reset 3/10"],
    ["AS_PATH with an empty segment", announce({ AS_PATH: "40020802010000fde90200" }), "withdraw 3/11 BadAsPath 2", "withdraw", "reset 3/10"],
    ["AS_PATH with AS 0", announce({ AS_PATH: "40020a02020000fde900000000" }), "withdraw 3/11 ZeroAs 2", "keep", "withdraw"],
    ["AS_PATH with a confederation", announce({ AS_PATH: "40020c02010000fde903010000fdea" }), "withdraw 3/11 ConfederationSegment 2", "withdraw", "withdraw"],
    ["no AS_PATH", announce({ AS_PATH: "" }), "withdraw 3/3 MissingAttribute 2", "withdraw", "withdraw"],

    ["NEXT_HOP that is not transitive", announce({ NEXT_HOP: "000304c0000265" }), "withdraw 3/4 WrongFlags 3", "withdraw", "withdraw"],
    ["NEXT_HOP of no octets", announce({ NEXT_HOP: "400300" }), "withdraw 3/5 WrongLength 3", "withdraw", "withdraw"],
    ["NEXT_HOP of three octets", announce({ NEXT_HOP: "400303c00002" }), "withdraw 3/5 WrongLength 3", "withdraw", "withdraw"],
    ["NEXT_HOP of 16 octets", announce({ NEXT_HOP: `400310${GLOBAL}` }), "withdraw 3/5 WrongLength 3", "withdraw", "withdraw"],
    ["NEXT_HOP 0.0.0.0", announce({ NEXT_HOP: "40030400000000" }), "withdraw 3/8 BadNextHop 3", "withdraw", "reset 3/8"],
    ["NEXT_HOP 127.0.0.1", announce({ NEXT_HOP: "4003047f000001" }), "withdraw 3/8 BadNextHop 3", "withdraw", "reset 3/8"],
    ["NEXT_HOP 224.0.0.1", announce({ NEXT_HOP: "400304e0000001" }), "withdraw 3/8 BadNextHop 3", "withdraw", "reset 3/8"],
    ["no NEXT_HOP", announce({ NEXT_HOP: "" }), "withdraw 3/3 MissingAttribute 3", "withdraw", "withdraw"],

    ["MULTI_EXIT_DISC that is transitive", announce({ more: "c0040400000001" }), "withdraw 3/4 WrongFlags 4", "withdraw", "withdraw"],
    ["MULTI_EXIT_DISC of no octets", announce({ more: "800400" }), "withdraw 3/5 WrongLength 4", "withdraw", "withdraw"],
    ["MULTI_EXIT_DISC of three octets", announce({ more: "800403000001" }), "withdraw 3/5 WrongLength 4", "withdraw", "withdraw"],
    ["MULTI_EXIT_DISC twice", announce({ more: "8004040000000180040400000002" }), "discard 3/1 RepeatedAttribute 4", "keep", "reset 3/1"],
    ["LOCAL_PREF from outside", announce({ more: "40050400000064" }), "discard 3/1 UnexpectedAttribute 5", "keep", "keep"],
    ["LOCAL_PREF from outside, of three octets", announce({ more: "400503000064" }), "discard 3/1 UnexpectedAttribute 5", "keep", "keep"],
    ["LOCAL_PREF from outside that is optional", announce({ more: "c0050400000064" }), "withdraw 3/4 WrongFlags 5", "withdraw", "withdraw"],
    ["ATOMIC_AGGREGATE that is optional", announce({ more: "c00600" }), "withdraw 3/4 WrongFlags 6", "withdraw", "keep"],
    ["ATOMIC_AGGREGATE of one octet", announce({ more: "40060100" }), "discard 3/5 WrongLength 6", "keep", "keep"],
    ["AGGREGATOR that is not transitive", announce({ more: "8007080000fde9c0000265" }), "withdraw 3/4 WrongFlags 7", "withdraw", "keep"],
    ["AGGREGATOR of no octets", announce({ more: "c00700" }), "discard 3/5 WrongLength 7", "keep", "keep"],
    ["AGGREGATOR of six octets", announce({ more: "c00706fde9c0000265" }), "discard 3/5 WrongLength 7", "keep", "keep"],
    ["AGGREGATOR of AS 0", announce({ more: "c0070800000000c0000265" }), "discard 3/9 ZeroAggregatorAs 7", "keep", "keep"],

    ["COMMUNITIES that are well-known", announce({ more: "400804fde90001" }), "withdraw 3/4 WrongFlags 8", "withdraw", "withdraw"],
    ["COMMUNITIES of no octets", announce({ more: "c00800" }), "withdraw 3/5 WrongLength 8", "withdraw", "withdraw"],
    ["COMMUNITIES of six octets", announce({ more: "c00806fde900010000" }), "withdraw 3/5 WrongLength 8", "withdraw", "withdraw"],
    ["COMMUNITIES twice", announce({ more: "c00804fde90001c00804fde90002" }), "discard 3/1 RepeatedAttribute 8", "keep", "reset 3/1"],
    ["ORIGINATOR_ID from outside", announce({ more: "800904c6336409" }), "discard 3/1 UnexpectedAttribute 9", "keep", "keep"],
    ["CLUSTER_LIST from outside", announce({ more: "800a04c6336401" }), "discard 3/1 UnexpectedAttribute 10", "keep", "keep"],
    ["EXTENDED_COMMUNITIES that are not transitive", announce({ more: "8010080002fde900000001" }), "withdraw 3/4 WrongFlags 16", "withdraw", "withdraw"],
    ["EXTENDED_COMMUNITIES of no octets", announce({ more: "c01000" }), "withdraw 3/5 WrongLength 16", "withdraw", "withdraw"],
    ["EXTENDED_COMMUNITIES of seven octets", announce({ more: "c010070002fde9000000" }), "withdraw 3/5 WrongLength 16", "withdraw", "withdraw"],
    ["AS4_PATH from a peer of four octets", announce({ more: "c0110602010000fde9" }), "discard 3/1 UnexpectedAttribute 17", "keep", "keep"],
    ["AS4_AGGREGATOR from a peer of four octets", announce({ more: "c012080000fde9c0000265" }), "discard 3/1 UnexpectedAttribute 18", "keep", "keep"],
    ["LARGE_COMMUNITIES that are not transitive", announce({ more: "80200c0000fde90000000100000002" }), "withdraw 3/4 WrongFlags 32", "withdraw", "withdraw"],
    ["LARGE_COMMUNITIES of no octets", announce({ more: "c02000" }), "withdraw 3/5 WrongLength 32", "withdraw", "withdraw"],
    ["LARGE_COMMUNITIES of eight octets", announce({ more: "c020080000fde900000001" }), "withdraw 3/5 WrongLength 32", "withdraw", "withdraw"],
    ["unknown attribute twice", announce({ more: "c0c80101c0c80102" }), "discard 3/1 RepeatedAttribute 200", "keep", "reset 3/1"],
    ["unknown attribute that is well-known", announce({ more: "40c80101" }), "reset 3/2 UnknownWellKnownAttribute", "withdraw", "reset 3/1"],

    ["attribute that runs past the others' end", announce({ more: "c00808fde90001" }), "withdraw 3/1 AttributeOverrun 8", "withdraw", "reset 3/5"],
    ["one octet behind the last attribute", announce({ more: "c0" }), "withdraw 3/1 AttributeOverrun 0", "withdraw", "reset 3/5"],
    ["two octets behind the last attribute", announce({ more: "c008" }), "withdraw 3/1 AttributeOverrun 8", "withdraw", "reset 3/5"],
    ["three octets behind it where four are called for", announce({ more: "d00800" }), "withdraw 3/1 AttributeOverrun 8", "withdraw", "reset 3/5"],
    ["attribute to be discarded, and one that calls for more", announce({ more: "40060100c00800" }), "discard 3/5 WrongLength 6, withdraw 3/5 WrongLength 8", "withdraw", "withdraw"],

    ["MP_REACH_NLRI that is transitive", reach(goodReach, { flags: "c0" }), "disable 3/4 WrongFlags 14", "reset 3/1", "reset 3/4"],
    ["MP_REACH_NLRI of two octets", reach("0002"), "reset 3/9 MpTooShort", "reset 3/9", "reset 3/1"],
    ["MP_REACH_NLRI of four octets", reach("00020110"), "disable 3/9 MpTooShort 14", "reset 3/9", "reset 3/1"],
    ["MP_REACH_NLRI with a next hop of 15 octets", reach(`0002010f${GLOBAL.slice(2)}00${IPV6}`), "disable 3/9 BadMpNextHop 14", "reset 3/9", "reset 3/1"],
    ["MP_REACH_NLRI of IPv6 with a next hop of four octets", reach(`00020104c000026500${IPV6}`), "disable 3/9 BadMpNextHop 14", "withdraw", "keep"],
    ["MP_REACH_NLRI whose next hop runs past its end", reach("00020110200100"), "disable 3/9 BadMpNextHop 14", "reset 3/9", "reset 3/1"],
    ["MP_REACH_NLRI with a prefix of 129 bits", reach(`00020110${GLOBAL}0081${GLOBAL}00`), "disable 3/9 BadMpPrefix 14", "reset 3/10", "reset 3/9"],
    ["MP_REACH_NLRI whose prefix runs past its end", reach(`00020110${GLOBAL}003020010db8`), "disable 3/9 BadMpPrefix 14", "reset 3/1", "reset 3/9"],
    ["MP_REACH_NLRI that runs past the others' end", update({ attributes: `${external["ORIGIN"]}${external["AS_PATH"]}800e2500020110` }), "disable 3/1 AttributeOverrun 14", "reset 3/1", "reset 3/5"],
    ["MP_REACH_NLRI of which only the length is there", update({ attributes: `${external["ORIGIN"]}${external["AS_PATH"]}800e25` }), "reset 3/1 AttributeOverrun", "reset 3/1", "reset 3/5"],
    ["MP_REACH_NLRI again, past the others' end", reach("00020110", { changed: { first: attribute("80", "0e", goodReach), last: "800e2500020110" } }), "reset 3/1 RepeatedMpAttribute", "withdraw", "reset 3/1"],
    ["MP_REACH_NLRI twice", reach(goodReach, { changed: { first: attribute("80", "0e", goodReach) } }), "reset 3/1 RepeatedMpAttribute", "reset 3/1", "reset 3/1"],
    ["MP_REACH_NLRI without ORIGIN", reach(goodReach, { changed: { ORIGIN: "" } }), "withdraw 3/3 MissingAttribute 1", "withdraw", "withdraw"],
    ["MP_REACH_NLRI without AS_PATH", reach(goodReach, { changed: { AS_PATH: "" } }), "withdraw 3/3 MissingAttribute 2", "withdraw", "withdraw"],
    ["MP_REACH_NLRI with ORIGIN 3", reach(goodReach, { changed: { ORIGIN: "40010103" } }), "withdraw 3/6 BadOrigin 1", "withdraw", "reset 3/10"],
    ["MP_UNREACH_NLRI that is transitive", unreach(`000201${IPV6}`, "c0"), "disable 3/4 WrongFlags 15", "reset 3/1", "reset 3/4"],
    ["MP_UNREACH_NLRI of two octets", unreach("0002"), "reset 3/9 MpTooShort", "reset 3/9", "reset 3/1"],
    ["MP_UNREACH_NLRI with a prefix of 129 bits", unreach(`00020181${GLOBAL}00`), "disable 3/9 BadMpPrefix 15", "reset 3/10", "reset 3/9"],
    ["MP_UNREACH_NLRI whose prefix runs past its end", unreach("0002013020010db8"), "disable 3/9 BadMpPrefix 15", "reset 3/1", "reset 3/9"],
    ["MP_UNREACH_NLRI twice", update({ attributes: attribute("80", "0f", `000201${IPV6}`).repeat(2) }), "reset 3/1 RepeatedMpAttribute", "reset 3/1", "reset 3/1"],

    ["prefix of 33 bits", update({ attributes: Object.values(external).join(""), nlri: "21c633640080" }), "reset 3/10 BadPrefix", "reset 3/10", "reset 3/10"],
    ["prefix that runs past the end", update({ attributes: Object.values(external).join(""), nlri: "18c633" }), "reset 3/10 BadPrefix", "reset 3/1", "reset 3/10"],
    ["withdrawn route of 33 bits", update({ withdrawn: "21c633640080" }), "reset 3/10 BadWithdrawnRoute", "reset 3/10", "reset 3/10"],
    ["withdrawn route that runs past the end", update({ withdrawn: "18c633" }), "reset 3/10 BadWithdrawnRoute", "reset 3/1", "reset 3/10"],
    ["withdrawn routes that run past the end", message(2, "0009 18c63364 0000"), "reset 3/1 MalformedAttributeList", "reset 3/1", "reset 3/1"],
    ["path attributes that run past the end", message(2, "0000 0040 40010100"), "reset 3/1 MalformedAttributeList", "reset 3/1", "reset 3/1"],
    ["ORIGIN 3 without prefixes", update({ attributes: "40010103" }), "reset 3/6 BadOrigin", "reset 3/1", "keep"],
    ["ATOMIC_AGGREGATE of one octet without prefixes", update({ attributes: "40060100" }), "discard 3/5 WrongLength 6", "keep", "keep"],
  ],
  internal: [
    ["no LOCAL_PREF from inside", announce({ LOCAL_PREF: "" }, "internal"), "withdraw 3/3 MissingAttribute 5", "keep", "withdraw"],
    ["LOCAL_PREF that is optional", announce({ LOCAL_PREF: "c0050400000064" }, "internal"), "withdraw 3/4 WrongFlags 5", "withdraw", "reset 3/4"],
    ["LOCAL_PREF of three octets", announce({ LOCAL_PREF: "400503000064" }, "internal"), "withdraw 3/5 WrongLength 5", "withdraw", "reset 3/5"],
    ["ORIGINATOR_ID that is transitive", announce({ more: "c00904c6336409" }, "internal"), "withdraw 3/4 WrongFlags 9", "withdraw", "reset 3/4"],
    ["ORIGINATOR_ID of three octets", announce({ more: "800903c63364" }, "internal"), "withdraw 3/5 WrongLength 9", "withdraw", "reset 3/5"],
    ["CLUSTER_LIST that is transitive", announce({ more: "c00a04c6336401" }, "internal"), "withdraw 3/4 WrongFlags 10", "withdraw", "reset 3/4"],
    ["CLUSTER_LIST of no octets", announce({ more: "800a00" }, "internal"), "withdraw 3/5 WrongLength 10", "withdraw", "reset 3/5"],
    ["CLUSTER_LIST of five octets", announce({ more: "800a05c633640100" }, "internal"), "withdraw 3/5 WrongLength 10", "withdraw", "reset 3/5"],
    ["MP_REACH_NLRI without LOCAL_PREF", reach(goodReach, { changed: { LOCAL_PREF: "" }, sender: "internal" }), "withdraw 3/3 MissingAttribute 5", "keep", "withdraw"],
  ],
  old: [
    ["AS_PATH of four octets each", announce({ AS_PATH: "40020602010000fdeb" }, "old"), "withdraw 3/11 ZeroAs 2", "withdraw", "reset 3/10"],
    ["AGGREGATOR of eight octets", announce({ more: "c007080000fdebc0000267" }, "old"), "discard 3/5 WrongLength 7", "keep", "keep"],
    ["AS4_PATH that is not transitive", announce({ more: "80110602010000fdeb" }, "old"), "withdraw 3/4 WrongFlags 17", "withdraw", "keep"],
    ["AS4_PATH of no octets", announce({ more: "c01100" }, "old"), "discard 3/11 BadAsPath 17", "keep", "keep"],
    ["AS4_PATH of five octets", announce({ more: "c011050201000000" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
    ["AS4_PATH with a segment of type 5", announce({ more: "c0110605010000fdeb" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
    ["AS4_PATH with an empty segment", announce({ more: "c0110802010000fdeb0200" }, "old"), "discard 3/11 BadAsPath 17", "keep", "reset 3/1"],
    ["AS4_PATH of a confederation", announce({ more: "c0110603010000fdeb" }, "old"), "discard 3/11 BadAsPath 17", "keep", "withdraw"],
    ["AS4_PATH with AS 0", announce({ more: "c01106020100000000" }, "old"), "discard 3/11 ZeroAs 17", "keep", "withdraw"],
    ["AS4_AGGREGATOR that is not transitive", announce({ more: "8012080000fdebc0000267" }, "old"), "withdraw 3/4 WrongFlags 18", "withdraw", "keep"],
    ["AS4_AGGREGATOR of six octets", announce({ more: "c01206fdebc0000267" }, "old"), "discard 3/5 WrongLength 18", "keep", "keep"],
    ["AS4_AGGREGATOR of AS 0", announce({ more: "c0120800000000c0000267" }, "old"), "discard 3/9 ZeroAggregatorAs 18", "keep", "keep"],
  ],
};

/** Malformed UPDATEs. */
export const malformedUpdates: readonly MalformedMessage[] = (Object.keys(rows) as Sender[]).flatMap((sender) =>
  rows[sender].map(([name, bytes, expected, bird, frr]) => ({ name, sender, bytes, expected, bird, frr })),
);

/** An OPEN of AS 65001 with these changed. */
function open({ version = "04", as = "fde9", holdTime = "005a", identifier = "c0000265", parameters = "" }): Buffer {
  const length = hex(parameters).length.toString(16).padStart(2, "0");
  return message(1, `${version}${as}${holdTime}${identifier}${length}${parameters}`);
}

function capabilities(value: string): string {
  return attribute("", "02", value);
}

/** The message with another length in its header. */
function withLength(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, 16), u16(length), bytes.subarray(18)]);
}

const keepalive = message(4, "");
const oneTooLong = message(2, Buffer.concat([hex("0fea"), Buffer.alloc(4074), hex("0000")]));

/** As for UPDATEs; what follows `expected` is the Data field of the NOTIFICATION, in hex. */
type OtherRow = readonly [name: string, bytes: Buffer, expected: string, data: string, bird: string, frr: string];

// biome-ignore format: a row a line
const otherRows: readonly OtherRow[] = [
  ["marker with a zero bit", Buffer.concat([hex("fe"), keepalive.subarray(1)]), "reset 1/1 NotSynchronized", "", "reset 1/1", "reset 1/1"],
  ["length 18", withLength(keepalive, 18), "reset 1/2 BadMessageLength", "0012", "reset 1/2", "reset 1/2"],
  ["UPDATE of 22 octets", message(2, "000000"), "reset 1/2 BadMessageLength", "0016", "reset 1/2", "reset 1/2"],
  ["UPDATE of 4,097 octets", oneTooLong, "reset 1/2 BadMessageLength", "1001", "reset 1/2", "reset 1/2"],
  ["KEEPALIVE of 20 octets", message(4, "00"), "reset 1/2 BadMessageLength", "0014", "keep", "reset 1/2"],
  ["NOTIFICATION of 20 octets", message(3, "06"), "reset 1/2 BadMessageLength", "0014", "reset 1/2", "reset 1/2"],
  ["type 0", message(0, ""), "reset 1/3 BadMessageType", "00", "reset 1/3", "reset 1/3"],
  ["type 6", message(6, ""), "reset 1/3 BadMessageType", "06", "reset 1/3", "reset 1/2"],
  ["ROUTE-REFRESH of 22 octets", message(5, "000100"), "reset 1/2 BadMessageLength", "0016", "reset 1/2", "reset 1/2"],
  ["beginning of a refresh of 22 octets", message(5, "000101"), "reset 7/1 BadRefreshLength", message(5, "000101").toString("hex"), "reset 1/2", "reset 1/2"],
  ["beginning of a refresh of 24 octets", message(5, "0001010100"), "reset 7/1 BadRefreshLength", message(5, "0001010100").toString("hex"), "reset 7/1", "reset 7/1"],

  ["OPEN of 28 octets", message(1, "04fde9005ac0000265"), "reset 1/2 BadMessageLength", "001c", "reset 1/2", "reset 1/2"],
  ["OPEN of version 3", open({ version: "03" }), "reset 2/1 UnsupportedVersion", "0004", "reset 2/1", "reset 2/1"],
  ["OPEN of AS 0", open({ as: "0000" }), "reset 2/2 BadPeerAs", "", "reset 2/2", "reset 2/2"],
  ["OPEN of four-octet AS 0", open({ parameters: capabilities("410400000000") }), "reset 2/2 BadPeerAs", "", "reset 2/7", "reset 2/2"],
  ["OPEN with identifier 0", open({ identifier: "00000000" }), "reset 2/3 BadIdentifier", "", "reset 2/3", "reset 2/3"],
  ["OPEN with hold time 1", open({ holdTime: "0001" }), "reset 2/6 UnacceptableHoldTime", "", "reset 2/6", "reset 2/6"],
  ["OPEN with hold time 2", open({ holdTime: "0002" }), "reset 2/6 UnacceptableHoldTime", "", "reset 2/6", "reset 2/6"],
  ["OPEN with an authentication parameter", open({ parameters: "010100" }), "reset 2/4 UnsupportedParameter", "", "reset 2/4", "reset 2/5"],
  ["OPEN with a parameter past its end", open({ parameters: "0206410400" }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/0"],
  ["OPEN with half a parameter", open({ parameters: "02" }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/0"],
  ["OPEN with more parameters than it says", message(1, "04fde9005ac00002650002024100"), "reset 2/0 MalformedParameters", "", "keep", "keep"],
  ["OPEN with a long form past its end", open({ parameters: "ff0010020000" }), "reset 2/0 MalformedParameters", "", "reset 2/0", "reset 2/4"],
  ["OPEN with a capability past its parameter", open({ parameters: capabilities("4106000000") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["OPEN with half a capability", open({ parameters: capabilities("41") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["OPEN with multiprotocol of three octets", open({ parameters: capabilities("0103000100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["OPEN with route refresh of one octet", open({ parameters: capabilities("020100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "keep"],
  ["OPEN with extended next hop of five octets", open({ parameters: capabilities("05050001000100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["OPEN with extended message of one octet", open({ parameters: capabilities("060100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["OPEN with graceful restart of one octet", open({ parameters: capabilities("400100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["OPEN with graceful restart of five octets", open({ parameters: capabilities("40050078000101") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/0"],
  ["OPEN with a four-octet AS of two octets", open({ parameters: capabilities("4102fde9") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "reset 2/2"],
  ["OPEN with enhanced route refresh of one octet", open({ parameters: capabilities("460100") }), "reset 2/0 MalformedCapability", "", "reset 2/0", "keep"],
];

/** Malformed headers, OPENs and ROUTE-REFRESHs. */
export const malformedOthers: readonly (MalformedMessage & { readonly data: string })[] = otherRows.map(
  ([name, bytes, expected, data, bird, frr]) => ({
    name,
    sender: "external",
    bytes,
    expected,
    data,
    bird,
    frr,
  }),
);
