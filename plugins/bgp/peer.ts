/**
 * BGPPeer → `Peer`, by MetalLB's rules for both of its versions, without the rules that only its back ends needed: one engine here does all
 * that any of theirs does, with as many AS numbers and router ids on a node as there are peers.
 */

import {
  type Address,
  closeObject,
  complain,
  formatAddress,
  type LabelSelector,
  openObject,
  type Parsed,
  parseAddress,
  type Reading,
  readBoolean,
  readInteger,
  readObject,
  readSelectors,
} from "../../host/announcer.ts";
import { readAnnotations, wholeNumber, yesOrNo } from "./annotations.ts";
import { durationOf, readTimers, type Timers } from "./peer-timers.ts";
import { AS_TRANS } from "./session/as-number.ts";

/** A router to peer with, from the nodes that are selected. */
export interface Peer extends Timers {
  readonly name: string;
  /** The node's AS number. */
  readonly myAs: number;
  /** The AS number that this peer is told instead. */
  readonly localAs?: number;
  readonly peerAs: number | "internal" | "external";
  /** Whom to talk to: this address, or (unnumbered) whoever is on this link. */
  readonly at: { readonly address: string; readonly family: 4 | 6 } | { readonly link: string };
  readonly port: number;
  readonly sourceAddress?: string;
  /** BGP identifier; absent: the node's. */
  readonly routerId?: string;
  readonly nodeSelectors: readonly LabelSelector[];
  /** TCP MD5: the text itself, or the name of a Secret that has it. */
  readonly password?: { readonly text: string } | { readonly secret: string };
  readonly bfdProfile?: string;
  readonly gracefulRestart: boolean;
  readonly multihop: boolean;
  readonly vrf?: string;
  /** Routes of both families over one session. */
  readonly dualStack: boolean;
  /** Only be connected to. */
  readonly passive: boolean;
  /** Where the peer may connect to us; absent: nowhere. */
  readonly listenPort?: number;
  /** Wait for the peer's OPEN before ours goes out. */
  readonly delayOpenSeconds: number;
  /** GTSM (RFC 5082): the peer is at most that many hops away. */
  readonly ttlSecurityHops?: number;
}

/** The kind of such a resource. */
export const BGP_PEER = "BGPPeer";

const MOST_AS = 0xffff_ffff;
const AS_NUMBER = `an AS number from 1 to ${MOST_AS}`;
const BGP_PORT = 179;
const UNICAST = "the address of one host";
/** Addresses that nothing can be sent to, or not without a link. */
const NOBODYS = [
  { addresses: /^fe[89ab].:/, expected: "spec.interface with the link instead, as a link-local address may be on any" },
  { addresses: /^(0\.|22[4-9]\.|2[345]\d\.|ff..:|::$)/, expected: UNICAST },
];
const LAST_PORT = 16384;
const MOST_DELAY_SECONDS = 3600;
const OPTIONS = {
  passive: yesOrNo,
  listen: wholeNumber(1, 0xffff),
  "delay-open": {
    expected: "a duration such as 5s, of at most an hour",
    parse: (text: string) => durationOf(text, 0, MOST_DELAY_SECONDS),
  },
  "ttl-security": wholeNumber(1, 254),
};

/** Reads one BGPPeer object. What it names (profiles, Secrets) need not be there yet. */
export function readPeer(object: unknown): Parsed<Peer> {
  const reading = openObject(BGP_PEER, object);
  const at = readPlace(reading);
  const options = readAnnotations(reading, OPTIONS);
  readFlag(reading, "disableMP");
  return closeObject(reading, {
    name: reading.name,
    ...readAsNumbers(reading),
    at,
    port: readPort(reading, object),
    nodeSelectors: readSelectors(reading, "spec.nodeSelectors", reading.spec?.["nodeSelectors"]),
    gracefulRestart: readFlag(reading, "enableGracefulRestart"),
    dualStack: readFlag(reading, "dualStackAddressFamily"),
    ...readTimers(reading),
    passive: options.passive ?? false,
    delayOpenSeconds: options["delay-open"] ?? 0,
    ...present({
      sourceAddress: readSource(reading, at),
      routerId: readRouterId(reading),
      password: readPassword(reading),
      bfdProfile: readText(reading, "bfdProfile"),
      vrf: readText(reading, "vrf"),
      ttlSecurityHops: options["ttl-security"],
      listenPort: options.listen ?? (options.passive ? BGP_PORT : undefined),
    }),
  });
}

/** Without what is undefined, so that equal peers are equal. */
function present<Parts extends object>(parts: Parts): { [Key in keyof Parts]?: Exclude<Parts[Key], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as ReturnType<typeof present<Parts>>;
}

function readAsNumbers(reading: Reading): Pick<Peer, "myAs" | "localAs" | "peerAs" | "multihop"> {
  const myAs = readAs(reading, "myASN");
  if (myAs === undefined) complain(reading, "spec.myASN", undefined, AS_NUMBER);
  const localAs = readAs(reading, "localASN");
  for (const field of ["myASN", "localASN"]) if (reading.spec?.[field] === 0) complain(reading, `spec.${field}`, 0, AS_NUMBER);
  const peerAs = readPeerAs(reading);
  const multihop = readFlag(reading, "ebgpMultiHop");
  if (multihop && (peerAs === "internal" || peerAs === (localAs ?? myAs))) {
    complain(reading, "spec.ebgpMultiHop", true, "false, as a peer of our own AS may be any number of hops away");
  }
  return { myAs: myAs ?? 0, peerAs, multihop, ...present({ localAs }) };
}

/** Empty counts as absent, as it does in Go. */
function readText(reading: Reading, field: string): string | undefined {
  const value = reading.spec?.[field];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  complain(reading, `spec.${field}`, value, "a string");
  return undefined;
}

function readFlag(reading: Reading, field: string): boolean {
  return readBoolean(reading, `spec.${field}`, reading.spec?.[field], false);
}

/** Undefined where absent. */
function readAs(reading: Reading, field: string): number | undefined {
  const value = reading.spec?.[field];
  if (value === undefined || value === null) return undefined;
  if (value === AS_TRANS) complain(reading, `spec.${field}`, value, "another AS number: that one is reserved (AS_TRANS)");
  return readInteger(reading, `spec.${field}`, value, { minimum: 0, maximum: MOST_AS });
}

function readPeerAs(reading: Reading): Peer["peerAs"] {
  const peerAs = readAs(reading, "peerASN") ?? 0;
  const dynamic = readText(reading, "dynamicASN");
  if (peerAs === 0 && dynamic === undefined) complain(reading, "spec.peerASN", reading.spec?.["peerASN"], `${AS_NUMBER}, or dynamicASN`);
  if (peerAs !== 0 && dynamic !== undefined) complain(reading, "spec.dynamicASN", dynamic, "nothing beside peerASN");
  if (dynamic === undefined) return peerAs;
  if (dynamic === "internal" || dynamic === "external") return dynamic;
  complain(reading, "spec.dynamicASN", dynamic, "internal or external");
  return "external";
}

function readPlace(reading: Reading): Peer["at"] {
  const link = readText(reading, "interface");
  const text = readText(reading, "peerAddress");
  if (link !== undefined && text !== undefined) complain(reading, "spec.interface", link, "nothing beside peerAddress");
  if (link !== undefined) return { link };
  const address = readAddress(reading, "peerAddress", text);
  if (address !== undefined) demandOneHost(reading, formatAddress(address));
  if (text === undefined) complain(reading, "spec.peerAddress", undefined, "an IP address, or interface (invalid BGPPeer address)");
  return address === undefined ? { link: "" } : { address: formatAddress(address), family: address.family };
}

function demandOneHost(reading: Reading, text: string): void {
  const found = NOBODYS.find(({ addresses }) => addresses.test(text));
  if (found !== undefined) complain(reading, "spec.peerAddress", text, found.expected);
}

function readAddress(reading: Reading, field: string, text: string | undefined): Address | undefined {
  const address = text === undefined ? undefined : parseAddress(text);
  if (text !== undefined && address === undefined) complain(reading, `spec.${field}`, text, "an IP address (invalid BGPPeer address)");
  return address;
}

function readSource(reading: Reading, at: Peer["at"]): string | undefined {
  const address = readAddress(reading, "sourceAddress", readText(reading, "sourceAddress"));
  if (address === undefined) return undefined;
  const text = formatAddress(address);
  const family = "family" in at ? at.family : at.link === "" ? address.family : 6;
  if (family !== address.family) complain(reading, "spec.sourceAddress", text, `an IPv${family} address, as the peer's is`);
  return text;
}

function readRouterId(reading: Reading): string | undefined {
  const text = readText(reading, "routerID");
  const address = text === undefined ? undefined : parseAddress(text);
  if (text === undefined) return undefined;
  if (address?.family === 4 && address.value > 0n) return formatAddress(address);
  complain(reading, "spec.routerID", text, "an IPv4 address other than 0.0.0.0");
  return undefined;
}

/** The older version has no default, and 0 for it. */
function readPort(reading: Reading, object: unknown): number {
  const isOld = readObject(reading, "(object)", object)?.["apiVersion"] === "metallb.io/v1beta1";
  const range = { minimum: isOld ? 0 : 1, maximum: LAST_PORT, fallback: BGP_PORT };
  return readInteger(reading, "spec.peerPort", reading.spec?.["peerPort"], range) || BGP_PORT;
}

function readPassword(reading: Reading): Peer["password"] {
  const raw = reading.spec?.["password"] ?? "";
  const text = typeof raw === "string" && raw !== "" ? raw : undefined;
  if (typeof raw !== "string") {
    // Its value stays untold: it is the password.
    const expected = "a string (quote numbers and booleans)";
    reading.problems.push({ object: reading.object, path: "spec.password", found: `a ${typeof raw}`, expected });
  }
  const { name } = readObject(reading, "spec.passwordSecret", reading.spec?.["passwordSecret"]) ?? {};
  const isNamed = name !== undefined && name !== null && name !== "";
  if (text !== undefined && isNamed) complain(reading, "spec.passwordSecret.name", name, "nothing beside password");
  if (!isNamed) return text === undefined ? undefined : { text };
  if (typeof name === "string") return { secret: name };
  complain(reading, "spec.passwordSecret.name", name, "the name of a Secret");
  return undefined;
}
