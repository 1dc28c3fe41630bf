// Which address a frame says is its sender's: ARP (RFC 826, RFC 5227) and Neighbor Discovery (RFC 4861). Stations believe such a frame, so
// each address in it that they could believe must be assigned to the plugin. A question that claims nothing is free.
import { ARP_FRAME_LENGTH, ARP_OPER, ARP_REPLY, ARP_REQUEST, ARP_SHA, ARP_SPA, ARP_TPA } from "../wire/arp";
import { getMac, getU16 } from "../wire/bytes";
import { ETHERNET_HEADER } from "../wire/ethernet";
import { NEIGHBOR_ADVERTISEMENT, NEIGHBOR_FIELDS, NEIGHBOR_SOLICITATION, NEIGHBOR_TARGET } from "../wire/neighbor";
import { ICMP, IPV6_SOURCE, isUnspecified, LINK_LAYER_OPTION, SOURCE_LINK_LAYER, TARGET_LINK_LAYER } from "../wire/neighbor-discovery";
import { isIpv4Assigned, isIpv6Assigned } from "./addresses";
import { Drop } from "./drop";

/** HTYPE, PTYPE, HLEN and PLEN of Ethernet and IPv4 as one little-endian word; OPER stands in the two bytes above. */
const ARP_HEADER: u64 = 0x0406_0008_0100;
const ARP_HEADER_MASK: u64 = 0xffff_ffff_ffff;

/** `source`: of the Ethernet header. */
export function judgeArp(at: usize, length: u32, source: u64): Drop {
  if (length < ARP_FRAME_LENGTH) return Drop.Truncated;
  const arp = at + ETHERNET_HEADER;
  if ((load<u64>(arp) & ARP_HEADER_MASK) !== ARP_HEADER) return Drop.ArpForm;
  const operation = getU16(arp + ARP_OPER);
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return Drop.ArpForm;
  if (getMac(arp + ARP_SHA) !== source) return Drop.ClaimedMac;
  const sender = load<u32>(arp + ARP_SPA);
  // RFC 5227 §2.1.1: who probes for the same address takes a probe for a conflict.
  const claimed = sender === 0 && operation === ARP_REQUEST ? load<u32>(arp + ARP_TPA) : sender;
  return isIpv4Assigned(claimed) ? Drop.None : Drop.Address;
}

const PAYLOAD_LENGTH: u32 = ETHERNET_HEADER + 4; // u16
const ICMP_HEADER: u32 = 8;
const OPTION_UNIT: u32 = 8;

const ROUTER_SOLICITATION: u32 = 133;
const ROUTER_ADVERTISEMENT: u32 = 134;
const REDIRECT: u32 = 137;
const ROUTER_RENUMBERING: u32 = 138; // RFC 2894
const INVERSE_SOLICITATION: u32 = 141; // RFC 3122
const INVERSE_ADVERTISEMENT: u32 = 142;
const CERTIFICATION_PATH_SOLICITATION: u32 = 148; // RFC 3971
const MULTICAST_ROUTER_TERMINATION: u32 = 153; // RFC 4286, from 151 on

/** `source`: of the Ethernet header. The packet has no extension headers. */
export function judgeIcmp(at: usize, length: u32, source: u64): Drop {
  const payload = getU16(at + PAYLOAD_LENGTH);
  if (payload < 4 || length < ICMP || payload > length - ICMP) return Drop.Truncated;
  const type: u32 = load<u8>(at, ICMP);
  if (type === NEIGHBOR_ADVERTISEMENT || type === NEIGHBOR_SOLICITATION) return judgeNeighbor(at, payload, type, source);
  if (type === ROUTER_SOLICITATION) {
    if (!isUnspecified(at + IPV6_SOURCE) && !isIpv6Assigned(at + IPV6_SOURCE)) return Drop.Address;
    return judgeOptions(at, payload, ICMP_HEADER, source);
  }
  return isForRouters(type) ? Drop.IcmpType : Drop.None;
}

function isForRouters(type: u32): bool {
  if (type === ROUTER_ADVERTISEMENT || type === REDIRECT || type === ROUTER_RENUMBERING) return true;
  if (type === INVERSE_SOLICITATION || type === INVERSE_ADVERTISEMENT) return true;
  return type >= CERTIFICATION_PATH_SOLICITATION && type <= MULTICAST_ROUTER_TERMINATION;
}

function judgeNeighbor(at: usize, payload: u32, type: u32, source: u64): Drop {
  if (payload < NEIGHBOR_FIELDS) return Drop.Truncated;
  const isProbe = type === NEIGHBOR_SOLICITATION && isUnspecified(at + IPV6_SOURCE);
  // RFC 4862 §5.4.3: who is about to use the same address takes a probe for a conflict.
  if ((isProbe || type === NEIGHBOR_ADVERTISEMENT) && !isIpv6Assigned(at + NEIGHBOR_TARGET)) return Drop.Address;
  if (!isProbe && !isIpv6Assigned(at + IPV6_SOURCE)) return Drop.Address;
  return judgeOptions(at, payload, NEIGHBOR_FIELDS, source);
}

/** Every option with a MAC must name that of the sender. */
function judgeOptions(at: usize, payload: u32, from: u32, source: u64): Drop {
  while (from < payload) {
    if (payload - from < OPTION_UNIT) return Drop.Truncated;
    const option = at + ICMP + from;
    const size: u32 = <u32>load<u8>(option, 1) * OPTION_UNIT;
    if (size === 0 || size > payload - from) return Drop.Truncated;
    const type: u32 = load<u8>(option);
    if (type === SOURCE_LINK_LAYER || type === TARGET_LINK_LAYER) {
      if (size !== LINK_LAYER_OPTION || getMac(option + 2) !== source) return Drop.ClaimedMac;
    }
    from += size;
  }
  return Drop.None;
}
