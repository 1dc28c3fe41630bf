// What was granted and denied, as the host wrote it into the tables of rules. A denial wins over every grant.
import { getMac } from "../wire/bytes";
import { Drop } from "./drop";
import {
  ANY_PORT,
  ANY_PROTOCOL,
  DENIED,
  FRAME_ETHERTYPE,
  FRAME_FLAGS,
  FRAME_LINKS,
  FRAME_MAC,
  FRAME_MASK,
  FRAME_PROTOCOL,
  FRAME_RULE_BYTES,
  FRAME_RULES,
  FRAME_TABLE,
  HAS_SOURCE,
  HOST_FIRST,
  HOST_FLAGS,
  HOST_LAST,
  HOST_PORT,
  HOST_RULE_BYTES,
  HOST_RULES,
  HOST_TABLE,
  LINKS,
  linkEntry,
} from "./memory";

let frameRules: u32 = 0;
let hostRules: u32 = 0;

/** So many rules of each table hold from now on. */
export function useRules(frames: u32, hosts: u32): void {
  frameRules = min(frames, FRAME_RULES);
  hostRules = min(hosts, HOST_RULES);
}

/** `mac` is six bytes as one big-endian number; 0: the link has none. */
export function setLink(link: u32, mac: f64): void {
  if (link < LINKS) store<u64>(linkEntry(link), bswap<u64>((<u64>mac) << 16));
}

/** `protocol`: ANY_PROTOCOL where the frame is not of IP. `source`: as `getMac` gives it. */
export function judgeFrame(link: u32, etherType: u32, protocol: u32, source: u64): Drop {
  if (link >= LINKS) return Drop.EtherType;
  const isOwn = source === load<u64>(linkEntry(link));
  let drop = Drop.EtherType;
  for (let rule: usize = FRAME_TABLE, end: usize = FRAME_TABLE + frameRules * FRAME_RULE_BYTES; rule < end; rule += FRAME_RULE_BYTES) {
    if (load<u16>(rule, FRAME_ETHERTYPE) !== etherType || ((load<u64>(rule, FRAME_LINKS) >> link) & 1) === 0) continue;
    const found = applyRule(rule, protocol, source, isOwn);
    if (found === Drop.Denied) return found;
    // Of grants that do not fit, the one that nearly does says most.
    if (drop !== Drop.None) drop = found === Drop.None || found > drop ? found : drop;
  }
  return drop;
}

/** What a rule for the frame's link and EtherType says of it. */
function applyRule(rule: usize, protocol: u32, source: u64, isOwn: bool): Drop {
  const flags = load<u8>(rule, FRAME_FLAGS);
  const isDenial = (flags & DENIED) !== 0;
  const wanted = load<u16>(rule, FRAME_PROTOCOL);
  if (wanted !== ANY_PROTOCOL && wanted !== protocol) return isDenial ? Drop.EtherType : Drop.IpProtocol;
  const hasSource = (flags & HAS_SOURCE) !== 0;
  const isNamed = hasSource && (source & getMac(rule + FRAME_MASK)) === getMac(rule + FRAME_MAC);
  if (isDenial) return !hasSource || (isNamed && !isOwn) ? Drop.Denied : Drop.EtherType;
  return isOwn || isNamed ? Drop.None : Drop.SourceMac;
}

/** `low`, `high`: the receiver as ADDRESS has it, each word as a number. */
export function judgeHost(low: u64, high: u64, port: u32): Drop {
  let drop = Drop.Destination;
  for (let rule: usize = HOST_TABLE, end: usize = HOST_TABLE + hostRules * HOST_RULE_BYTES; rule < end; rule += HOST_RULE_BYTES) {
    const flags = load<u8>(rule, HOST_FLAGS);
    if ((flags & ANY_PORT) === 0 && load<u16>(rule, HOST_PORT) !== port) continue;
    if (isLess(low, high, rule + HOST_FIRST) || isMore(low, high, rule + HOST_LAST)) continue;
    if ((flags & DENIED) !== 0) return Drop.Denied;
    drop = Drop.None;
  }
  return drop;
}

function isLess(low: u64, high: u64, address: usize): bool {
  const first = bswap<u64>(load<u64>(address));
  return low < first || (low === first && high < bswap<u64>(load<u64>(address, 8)));
}

function isMore(low: u64, high: u64, address: usize): bool {
  const first = bswap<u64>(load<u64>(address));
  return low > first || (low === first && high > bswap<u64>(load<u64>(address, 8)));
}
