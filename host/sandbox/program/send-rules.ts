/** Grants as the guard of packet programs reads them: links by id, MACs and addresses as numbers. */

import type { Permission } from "../../announcer.ts";
import type { FrameRule, HostRule, SendRules } from "../../packets/guarded/rules.ts";
import type { Grants } from "../permissions/grants.ts";
import { parseHostScope } from "../permissions/host-scope.ts";
import { covering } from "../permissions/match-permission.ts";

type FramePermission = Permission & { kind: "frame" };
type UdpPermission = Permission & { kind: "udp" };

interface LinkName {
  readonly id: number;
  readonly name: string;
}

/** `links`: those that the program has attached. Throws where a pattern of MACs is none that the guard can read. */
export function toSendRules({ given }: Grants, links: readonly LinkName[]): SendRules {
  const all = [
    ...given.allow.map((permission) => ({ permission, isDenial: false })),
    ...given.deny.map((permission) => ({ permission, isDenial: true })),
  ];
  return {
    frames: all.flatMap(({ permission, isDenial }) => (permission.kind === "frame" ? toFrameRule(permission, isDenial, links) : [])),
    hosts: all.flatMap(({ permission, isDenial }) => (permission.kind === "udp" ? toHostRules(permission, isDenial) : [])),
  };
}

function toFrameRule(permission: FramePermission, isDenial: boolean, links: readonly LinkName[]): FrameRule[] {
  const { etherType, ipProtocol, sourceMac } = permission;
  const source = sourceMac === undefined ? undefined : readMacs(sourceMac);
  const protocol = ipProtocol === undefined ? {} : { ipProtocol };
  const covers = covering(permission);
  const its = links.filter(({ name }) => covers({ permission: { kind: "frame", link: name, etherType, ...protocol } }));
  if (its.length === 0) return [];
  const mask = its.reduce((bits, { id }) => bits | (1n << BigInt(id)), 0n);
  // A denial of what no MAC is denies nothing.
  if (sourceMac !== undefined && source === undefined && isDenial) return [];
  return [{ isDenial, links: mask, etherType, ...protocol, ...(source && { source }) }];
}

const MAC_LENGTH = "aa:bb:cc:dd:ee:ff".length;
/** With a star in place of each character that may be any. */
const MACS = /^([0-9a-f*]{2}[:*]){5}[0-9a-f*]{2}$/;

/** The MACs that a pattern means, where `*` stands for any run of characters; undefined: none. Throws where it has more than one. */
function readMacs(pattern: string): FrameRule["source"] {
  const [first = "", last, ...more] = pattern.toLowerCase().split("*");
  if (more.length > 0) throw new Error(`Cannot guard the source MACs ${JSON.stringify(pattern)}: expected at most one *`);
  const missing = last === undefined ? 0 : Math.max(MAC_LENGTH - first.length - last.length, 0);
  const text = `${first}${"*".repeat(missing)}${last ?? ""}`;
  if (!MACS.test(text)) return undefined;
  const digits = text.replace(/(..)./g, "$1");
  return {
    value: Number.parseInt(digits.replaceAll("*", "0"), 16),
    mask: Number.parseInt(digits.replaceAll(/[0-9a-f]/g, "f").replaceAll("*", "0"), 16),
  };
}

/** RFC 4291 §2.5.5.2 "IPv4-Mapped IPv6 Address": ::ffff:0:0/96. */
const FIRST_MAPPED = 0xffff_0000_0000n;
const LAST_MAPPED = 0xffff_ffff_ffffn;
const LAST_ADDRESS = (1n << 128n) - 1n;

function toHostRules({ host }: UdpPermission, isDenial: boolean): HostRule[] {
  const scope = parseHostScope(host);
  if (scope === undefined) return [];
  const { addresses = { family: undefined, first: 0n, last: LAST_ADDRESS }, port } = scope;
  const rule = (first: bigint, last: bigint): HostRule[] =>
    first > last ? [] : [{ isDenial, first: toBytes(first), last: toBytes(last), ...(port === undefined ? {} : { port }) }];
  const { family, first, last } = addresses;
  if (family === undefined) return rule(first, last);
  if (family === 4) return rule(FIRST_MAPPED + first, FIRST_MAPPED + last);
  // IPv6 addresses are those on both sides of the mapped ones.
  return [...rule(first, min(last, FIRST_MAPPED - 1n)), ...rule(max(first, LAST_MAPPED + 1n), last)];
}

function toBytes(address: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, at) => Number((address >> BigInt(8 * (15 - at))) & 0xffn));
}

function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
