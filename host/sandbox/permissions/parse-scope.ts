/** Reads a permission's scope as flags and grants files write it: the inverse of `scopeText`. */

import type { Permission } from "../../announcer.ts";
import { visible } from "../../observe/log.ts";
import { type HostScope, parseHostScope } from "./host-scope.ts";
import { parseOriginScope } from "./origin-scope.ts";

export type Kind = Permission["kind"];
type FramePermission = Permission & { kind: "frame" };

const ETHER_TYPES: Readonly<Record<string, number>> = { arp: 0x0806, ipv4: 0x0800, ipv6: 0x86dd };
/** The EtherTypes behind which a frame has an IP protocol. */
const IP = new Set([0x0800, 0x86dd]);
/** Tags, behind which any frame may be, and that of a VLAN is a link of its own: IEEE 802.1Q §9.6 "VLAN Tag Control Information". */
const TAGS = new Set([0x8100, 0x88a8, 0x9100]);
/** Below it stands a length, not an EtherType. IEEE 802.3 §3.2.6 "Length/Type field". */
const LEAST_ETHER_TYPE = 0x0600;
/** What the kernel lets a link be called; a wildcard may make a pattern longer. */
const LINK = /^[^\s/:\p{Cc}\p{Cf}]{1,31}$/u;
const FRAME = /^([^/]+)\/([^/@]+)(?:\/(\d{1,3}))?(?:@(.+))?$/;
/** A MAC address, the first octets of one, or any. In any other form it would match nothing, and deny nothing. */
const MAC = /^(?:(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:[0-9a-f]{2}:){1,5}\*|\*)$/;
const LONGEST_SHOWN = 120;

interface Reader {
  /** Completes "expected". */
  readonly expected: string;
  /** Undefined where the text is none. */
  read(text: string): Permission | undefined;
}

const HOST = "an address, a CIDR or *, and a port: 192.0.2.1:179, 10.0.0.0/8:*, [2001:db8::1]:179";

const READERS: { readonly [K in Kind]: Reader } = {
  frame: {
    expected: "a link, an EtherType, and as needed /IP protocol and @source MAC: eth0/arp, */0x88cc, eth0/ipv4/112@00:00:5e:00:01:*",
    read: readFrame,
  },
  net: hosts("net"),
  listen: hosts("listen"),
  udp: hosts("udp"),
  liveness: {
    expected: "an address, a CIDR or *, without a port: 192.0.2.1, 10.0.0.0/8, 2001:db8::1",
    read: (host) => (hasNoPort(parseHostScope(host)) ? { kind: "liveness", host } : undefined),
  },
  fetch: {
    expected: "an origin: https://api.example.com, http://192.0.2.1:8080, https://*.example.com",
    read: (origin) => (parseOriginScope(origin) === undefined ? undefined : { kind: "fetch", origin }),
  },
  service: {
    expected: "an annotation of Services, in which * is a wildcard: herald.dev/hostname, example.com/*",
    read: (annotation) => (/^[A-Za-z0-9._/*-]{1,317}$/.test(annotation) ? { kind: "service", annotation } : undefined),
  },
  secret: {
    expected: "the name of a Secret, in which * is a wildcard: router-password",
    read: (name) => (/^[a-z0-9.*-]{1,253}$/.test(name) ? { kind: "secret", name } : undefined),
  },
  sys: {
    expected: "a fact about this machine: hostname",
    read: (fact) => (/^[A-Za-z*]{1,63}$/.test(fact) ? { kind: "sys", fact } : undefined),
  },
};

/** All that there are, in the order in which they are told. */
export const KINDS = Object.keys(READERS) as readonly Kind[];

export function isKind(text: string): text is Kind {
  return Object.hasOwn(READERS, text);
}

/** Throws where the text is no scope of the kind, with what is wanted. */
export function parseScope(kind: Kind, text: string): Permission {
  const permission = READERS[kind].read(text);
  if (permission !== undefined) return permission;
  const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  throw new Error(`Cannot read the ${kind} scope ${JSON.stringify(visible(shown))}: expected ${scopeForm(kind)}`);
}

/** What a scope of the kind looks like, with examples. */
export function scopeForm(kind: Kind): string {
  return READERS[kind].expected;
}

function hosts(kind: "net" | "listen" | "udp"): Reader {
  return { expected: HOST, read: (host) => (parseHostScope(host) === undefined ? undefined : { kind, host }) };
}

function hasNoPort(scope: HostScope | undefined): boolean {
  return scope !== undefined && scope.port === undefined;
}

function readFrame(text: string): FramePermission | undefined {
  const [, link = "", typeText = "", protocolText, macText] = FRAME.exec(text) ?? [];
  const etherType = readEtherType(typeText);
  const ipProtocol = protocolText === undefined ? undefined : Number(protocolText);
  const sourceMac = macText?.toLowerCase();
  const isProtocol = ipProtocol === undefined || (ipProtocol <= 255 && IP.has(etherType ?? 0));
  if (!LINK.test(link) || etherType === undefined || !isProtocol || !(sourceMac === undefined || MAC.test(sourceMac))) return undefined;
  return {
    kind: "frame",
    link,
    etherType,
    ...(ipProtocol === undefined ? {} : { ipProtocol }),
    ...(sourceMac === undefined ? {} : { sourceMac }),
  };
}

function readEtherType(text: string): number | undefined {
  if (Object.hasOwn(ETHER_TYPES, text)) return ETHER_TYPES[text];
  const etherType = /^0x[0-9a-f]{4}$/i.test(text) ? Number(text) : 0;
  return etherType >= LEAST_ETHER_TYPE && !TAGS.has(etherType) ? etherType : undefined;
}
