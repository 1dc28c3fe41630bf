/** BGP messages as tshark reads them, in the words of our codec: an independent decoder to hold fixtures against. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AsPathSegment, Capability, Message, PathAttributes } from "../../packets/codec/bgp.ts";
import { pcapFile, tcpFrame } from "./tcp-frame.ts";

/** Ethernet, IPv4 and TCP before each message, as we wrap them. */
const HEADERS_BYTES = 54;

interface Node {
  readonly name: string;
  /** What tshark prints, and the octets in hex. */
  readonly show: string;
  readonly value: string;
  readonly position: number;
  readonly size: number;
  readonly children: Node[];
}

/**
 * What each message says, where AS numbers have so many octets. Texts and what a Hard Reset wraps are left as data: tshark 4.0 reads no
 * further.
 */
export function tsharkMessages(messages: readonly Uint8Array[], asnBytes: 2 | 4): Message[] {
  const folder = mkdtempSync(join(tmpdir(), "herald-tshark-"));
  try {
    writeFileSync(join(folder, "all.pcap"), capture(messages));
    const options = ["-r", join(folder, "all.pcap"), "-o", `bgp.asn_len:${asnBytes} octet`, "-T", "pdml"];
    const pdml = execFileSync("tshark", options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 });
    const found = parse(pdml).filter(({ name }) => name === "bgp");
    if (found.length !== messages.length) throw new Error(`tshark reads ${found.length} messages of ${messages.length}`);
    return found.map((node, index) => messageOf(node, messages[index] as Uint8Array));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each message in a connection of its own. */
function capture(messages: readonly Uint8Array[]): Buffer {
  const ends = { source: "192.0.2.2", destination: "192.0.2.1", destinationPort: 179, sequence: 1 };
  return pcapFile(messages.map((payload, index) => tcpFrame({ ...ends, sourcePort: 20_000 + index, payload })));
}

/** All protocols of all packets. */
function parse(pdml: string): Node[] {
  const roots: Node[] = [];
  const open: Node[] = [];
  for (const [, end, attributes = "", isEmpty] of pdml.matchAll(/<(\/?)(?:proto|field)\b([^>]*?)(\/?)>/g)) {
    if (end !== "") {
      open.pop();
      continue;
    }
    const get = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
    const [name, show, value] = [get("name"), get("show"), get("value")];
    const node: Node = { name, show, value, position: Number(get("pos")), size: Number(get("size")), children: [] };
    (open.at(-1)?.children ?? roots).push(node);
    if (isEmpty === "") open.push(node);
  }
  return roots;
}

/** All nodes of a name at any depth, in order. */
function all(node: Node, name: string): Node[] {
  return node.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
}

function number(node: Node, name: string): number {
  return Number.parseInt(all(node, name)[0]?.value ?? "", 16);
}

function show(node: Node, name: string): string {
  return all(node, name)[0]?.show ?? "";
}

function octets(message: Uint8Array, { position, size }: Node, skip = 0): string {
  return Buffer.from(message.subarray(position - HEADERS_BYTES + skip, position - HEADERS_BYTES + size)).toString("hex");
}

function messageOf(node: Node, message: Uint8Array): Message {
  const type = number(node, "bgp.type");
  if (type === 1) return openOf(node, message);
  if (type === 2) {
    const [withdrawn] = all(node, "bgp.update.withdrawn_routes");
    const [nlri] = all(node, "bgp.update.nlri");
    return { type: "update", withdrawnRoutes: prefixes(withdrawn), pathAttributes: attributesOf(node, message), nlri: prefixes(nlri) };
  }
  if (type === 3) {
    const minor = node.children.find(({ name }) => name.startsWith("bgp.notify.minor_error"));
    const errorSubcode = Number.parseInt(minor?.value ?? "0", 16);
    return { type: "notification", errorCode: number(node, "bgp.notify.major_error"), errorSubcode, data: octets(message, node, 21) };
  }
  if (type === 4) return { type: "keepalive" };
  const [afi, safi] = [number(node, "bgp.route_refresh.afi"), number(node, "bgp.route_refresh.safi")];
  return { type: "routeRefresh", afi, safi, messageSubtype: number(node, "bgp.route_refresh.subtype") };
}

function openOf(node: Node, message: Uint8Array): Message {
  return {
    type: "open",
    version: number(node, "bgp.open.version"),
    myAutonomousSystem: number(node, "bgp.open.myas"),
    holdTime: number(node, "bgp.open.holdtime"),
    bgpIdentifier: show(node, "bgp.open.identifier"),
    capabilities: all(node, "bgp.cap").map((capability) => capabilityOf(capability, message)),
  };
}

function capabilityOf(node: Node, message: Uint8Array): Capability {
  const code = number(node, "bgp.cap.type");
  const lists = (...names: string[]) => {
    const columns = names.map((name) => all(node, name).map(({ value }) => Number.parseInt(value, 16)));
    return (columns[0] ?? []).map((_, row) => columns.map((column) => column[row] ?? 0));
  };
  if (code === 1) return { name: "multiprotocol", afi: number(node, "bgp.cap.mp.afi"), safi: number(node, "bgp.cap.mp.safi") };
  if (code === 2) return { name: "routeRefresh" };
  if (code === 5) {
    const rows = lists("bgp.cap.enh.afi", "bgp.cap.enh.safi", "bgp.cap.enh.nhafi");
    return { name: "extendedNextHop", families: rows.map(([afi = 0, safi = 0, nextHopAfi = 0]) => ({ afi, safi, nextHopAfi })) };
  }
  if (code === 6) return { name: "extendedMessage" };
  if (code === 64) {
    const rows = lists("bgp.cap.gr.afi", "bgp.cap.gr.safi", "bgp.cap.gr.flag.pfs");
    return {
      name: "gracefulRestart",
      restartState: number(node, "bgp.cap.gr.timers.restart_flag") === 1,
      notification: number(node, "bgp.cap.gr.timers.notification_flag") === 1,
      restartTime: number(node, "bgp.cap.gr.timers.restart_time"),
      families: rows.map(([afi = 0, safi = 0, flag]) => ({ afi, safi, forwardingState: flag === 1 })),
    };
  }
  if (code === 65) return { name: "fourOctetAs", asNumber: number(node, "bgp.cap.4as") };
  return code === 70 ? { name: "enhancedRouteRefresh" } : { name: "unknown", code, value: octets(message, node, 2) };
}

function prefixes(node: Node | undefined): string[] {
  if (node === undefined) return [];
  const length = node.children.find(({ name }) => name === "bgp.prefix_length");
  if (length === undefined) return node.children.flatMap(prefixes);
  const prefix = node.children.find(({ name }) => name.endsWith("_prefix"));
  return [`${prefix?.show}/${length.show}`];
}

const PATH = "bgp.update.path_attribute";

function attributesOf(node: Node, message: Uint8Array): PathAttributes {
  let attributes: PathAttributes = {};
  for (const attribute of all(node, PATH)) {
    const typeCode = number(attribute, `${PATH}.type_code`);
    const read = readers[typeCode];
    if (read !== undefined) attributes = { ...attributes, ...read(attribute, message) };
    else {
      const flags = number(attribute, `${PATH}.flags`);
      const value = octets(message, attribute, (flags & 0x10) === 0 ? 3 : 4);
      attributes = { ...attributes, unknown: [...(attributes.unknown ?? []), { flags, typeCode, value }] };
    }
  }
  return attributes;
}

const readers: Readonly<Record<number, (node: Node, message: Uint8Array) => PathAttributes>> = {
  1: (node) => ({ origin: (["igp", "egp", "incomplete"] as const)[number(node, `${PATH}.origin`)] ?? "igp" }),
  2: (node) => ({ asPath: pathOf(node) }),
  3: (node) => ({ nextHop: show(node, `${PATH}.next_hop`) }),
  4: (node) => ({ multiExitDisc: number(node, `${PATH}.multi_exit_disc`) }),
  5: (node) => ({ localPref: number(node, `${PATH}.local_pref`) }),
  6: () => ({ atomicAggregate: true }),
  7: (node) => ({ aggregator: aggregatorOf(node) }),
  8: (node, message) => ({ communities: all(node, `${PATH}.communities`).flatMap((list) => communities(octets(message, list))) }),
  9: (node) => ({ originatorId: show(node, `${PATH}.originator_id`) }),
  10: (node) => ({ clusterList: all(node, "bgp.path_attribute.cluster_id").map((cluster) => cluster.show) }),
  14: (node) => {
    const linkLocal = show(node, `${PATH}.mp_reach_nlri.next_hop.ipv6.link_local`);
    return {
      mpReachNlri: {
        afi: number(node, `${PATH}.mp_reach_nlri.afi`),
        safi: number(node, `${PATH}.mp_reach_nlri.safi`),
        nextHop: show(node, `${PATH}.mp_reach_nlri.next_hop.ipv6`) || show(node, `${PATH}.mp_reach_nlri.next_hop.ipv4`),
        ...(linkLocal === "" ? {} : { linkLocalNextHop: linkLocal }),
        nlri: prefixes(node),
      },
    };
  },
  15: (node) => {
    const [afi, safi] = [number(node, `${PATH}.mp_unreach_nlri.afi`), number(node, `${PATH}.mp_unreach_nlri.safi`)];
    return { mpUnreachNlri: { afi, safi, withdrawnRoutes: prefixes(node) } };
  },
  16: (node, message) => ({ extendedCommunities: all(node, "bgp.ext_community").map((one) => extendedOf(one, message)) }),
  17: (node) => ({ as4Path: pathOf(node) }),
  18: (node) => ({ as4Aggregator: aggregatorOf(node) }),
  32: (node) => ({ largeCommunities: all(node, "bgp.large_communities").map((one) => one.children.map((part) => part.show).join(":")) }),
};

function communities(hex: string): string[] {
  return (hex.match(/.{8}/g) ?? []).map((one) => `${Number.parseInt(one.slice(0, 4), 16)}:${Number.parseInt(one.slice(4), 16)}`);
}

function extendedOf(node: Node, message: Uint8Array): string {
  const [bandwidth] = all(node, "bgp.ext_com.value_link_bw");
  return bandwidth === undefined ? octets(message, node) : `bandwidth:${show(node, "bgp.ext_com.value_as2")}:${Number(bandwidth.show)}`;
}

function pathOf(node: Node): AsPathSegment[] {
  return all(node, `${PATH}.as_path_segment`).map((segment) => ({
    type: number(segment, `${PATH}.as_path_segment.type`) === 1 ? "set" : "sequence",
    asNumbers: segment.children.filter(({ name }) => /\.as[24]$/.test(name)).map(({ value }) => Number.parseInt(value, 16)),
  }));
}

function aggregatorOf(node: Node): { asNumber: number; address: string } {
  return { asNumber: number(node, `${PATH}.aggregator_as`), address: show(node, `${PATH}.aggregator_origin`) };
}
