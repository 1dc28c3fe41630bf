/** Messages to break: good ones of three peers, with parts changed, left out or added. */
import type { MessageFormat } from "../../../packets/codec/bgp.ts";

/** Who the message comes from: AS 65001 of four octets, our own AS, or a peer that only knows two octets. */
export type Sender = "external" | "internal" | "old";

export const formats: Readonly<Record<Sender, MessageFormat>> = {
  external: { fourOctetAs: true, isInternal: false },
  internal: { fourOctetAs: true, isInternal: true },
  old: { fourOctetAs: false, isInternal: false },
};

/** Of the prefix that all messages are about. */
const IPV4 = "18c63364"; // 198.51.100.0/24
export const IPV6 = "3020010db80001"; // 2001:db8:1::/48
export const GLOBAL = "20010db8000000000000000000000065"; // 2001:db8::65

type Attributes = Readonly<Record<string, string>>;

export const external: Attributes = { ORIGIN: "40010100", AS_PATH: "400206 02010000fde9", NEXT_HOP: "400304c0000265" };
const internal: Attributes = { ORIGIN: "40010100", AS_PATH: "400200", NEXT_HOP: "400304c0000266", LOCAL_PREF: "40050400000064" };
const old: Attributes = { ORIGIN: "40010100", AS_PATH: "400204 0201fdeb", NEXT_HOP: "400304c0000267" };
const usual: Readonly<Record<Sender, Attributes>> = { external, internal, old };

export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ""), "hex");
}

export function u16(value: number): Buffer {
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

/** The usual attributes with these changed, left out (empty) or added. */
export function announce(changed: Attributes = {}, sender: Sender = "external"): Buffer {
  return update({ attributes: Object.values({ ...usual[sender], ...changed }).join(""), nlri: IPV4 });
}

/** With a multiprotocol attribute instead of NEXT_HOP and prefixes. */
export function reach(value: string, { flags = "80", changed = {}, sender = "external" as Sender } = {}): Buffer {
  const attributes = { ...usual[sender], NEXT_HOP: "", ...changed, MP_REACH_NLRI: attribute(flags, "0e", value) };
  return update({ attributes: Object.values(attributes).join("") });
}

export function unreach(value: string, flags = "80"): Buffer {
  return update({ attributes: attribute(flags, "0f", value) });
}

export function attribute(flags: string, code: string, value: string): string {
  return `${flags}${code}${hex(value).length.toString(16).padStart(2, "0")}${value}`;
}

/** IPv6 unicast with one next hop. */
export const goodReach = `00020110${GLOBAL}00${IPV6}`;
export const otherOrigin = "40010101";

/** An OPEN of AS 65001 with these changed. */
export function open({ version = "04", as = "fde9", holdTime = "005a", identifier = "c0000265", parameters = "" }): Buffer {
  const length = hex(parameters).length.toString(16).padStart(2, "0");
  return message(1, `${version}${as}${holdTime}${identifier}${length}${parameters}`);
}

export function capabilities(value: string): string {
  return attribute("", "02", value);
}

/** The message with another length in its header. */
export function withLength(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, 16), u16(length), bytes.subarray(18)]);
}
