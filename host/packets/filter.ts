/**
 * Classic BPF for packet sockets: what a grant lets through, decided in the kernel before anything is queued.
 *
 * Instructions and ancillary loads: linux/filter.h and the kernel's "Linux Socket Filtering aka Berkeley Packet Filter".
 */

/** code, jump if true, jump if false, k: `struct sock_filter`. */
export type Instruction = readonly [code: number, jt: number, jf: number, k: number];

export interface FrameMatch {
  readonly etherType: number;
  /** Next header of IPv6 or protocol of IPv4. */
  readonly ipProtocol?: number;
  /** Destination port, of IPv4 without options. */
  readonly udpPort?: number;
  /** Types of ICMPv6, right behind the IPv6 header; only with its EtherType and IP protocol. */
  readonly icmpTypes?: readonly number[];
}

const ETHERTYPE_IPV6 = 0x86dd;
const ICMPV6 = 58;

const LOAD_WORD = 0x20;
const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const LOAD_BYTES = new Map([
  [LOAD_WORD, 4],
  [LOAD_HALF, 2],
  [LOAD_BYTE, 1],
]);
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;

/** Ancillary data lies below this offset: SKF_AD_OFF. */
const ANCILLARY = 0xfffff000;
const PACKET_TYPE = ANCILLARY + 4;
const VLAN_TAG_PRESENT = ANCILLARY + 48;
const OTHER_HOST = 3;
const WHOLE_FRAME = 0x40000;

export const everyFrame: readonly Instruction[] = [[RETURN, 0, 0, WHOLE_FRAME]];

/** Untagged frames of the match that are for this host, its groups or everybody. */
export function frameFilter(match: FrameMatch): Instruction[] {
  const checks: { load: Instruction; values: readonly number[]; want: boolean }[] = [
    { load: [LOAD_WORD, 0, 0, VLAN_TAG_PRESENT], values: [0], want: true },
    { load: [LOAD_WORD, 0, 0, PACKET_TYPE], values: [OTHER_HOST], want: false },
    { load: [LOAD_HALF, 0, 0, 12], values: [match.etherType], want: true },
  ];
  if (match.ipProtocol !== undefined) {
    const at = match.etherType === ETHERTYPE_IPV6 ? 20 : 23;
    checks.push({ load: [LOAD_BYTE, 0, 0, at], values: [match.ipProtocol], want: true });
  }
  if (match.udpPort !== undefined) {
    checks.push({ load: [LOAD_BYTE, 0, 0, 14], values: [0x45], want: true });
    checks.push({ load: [LOAD_HALF, 0, 0, 36], values: [match.udpPort], want: true });
  }
  if (match.icmpTypes !== undefined && match.etherType === ETHERTYPE_IPV6 && match.ipProtocol === ICMPV6)
    checks.push({ load: [LOAD_BYTE, 0, 0, 54], values: match.icmpTypes, want: true });
  const accept = checks.reduce((sum, { values }) => sum + 1 + values.length, 0);
  const program: Instruction[] = [];
  for (const { load, values, want } of checks) {
    program.push(load);
    values.forEach((value, at) => {
      const toReject = accept - program.length;
      const left = values.length - at - 1;
      program.push(want ? [JUMP_EQUAL, left, left === 0 ? toReject : 0, value] : [JUMP_EQUAL, toReject, 0, value]);
    });
  }
  program.push([RETURN, 0, 0, WHOLE_FRAME], [RETURN, 0, 0, 0]);
  return program;
}

/** What the kernel knows of a frame beside its bytes. */
export interface FrameFacts {
  readonly tagged: boolean;
  readonly otherHost: boolean;
}

/**
 * Runs a filter as the kernel would, for the in-memory wire: the same program decides in tests and on the wire.
 * True: the frame passes. A load beyond the frame rejects it, as in the kernel.
 */
export function runFilter(program: readonly Instruction[], frame: Uint8Array, facts: FrameFacts): boolean {
  let accumulator = 0;
  for (let at = 0; at < program.length; at++) {
    const [code, jt, jf, k] = program[at] as Instruction;
    if (code === RETURN) return k !== 0;
    if (code === JUMP_EQUAL) at += accumulator === k ? jt : jf;
    else {
      const loaded = load(code, k, frame, facts);
      if (loaded === undefined) return false;
      accumulator = loaded;
    }
  }
  throw new Error("Cannot run filter: expected it to end in a return");
}

/** Undefined: beyond the frame. */
function load(code: number, at: number, frame: Uint8Array, facts: FrameFacts): number | undefined {
  if (at === VLAN_TAG_PRESENT) return facts.tagged ? 1 : 0;
  if (at === PACKET_TYPE) return facts.otherHost ? OTHER_HOST : 0;
  const size = LOAD_BYTES.get(code) as number;
  if (at + size > frame.length) return undefined;
  return frame.subarray(at, at + size).reduce((value, byte) => value * 256 + byte, 0);
}
