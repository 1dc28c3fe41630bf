/** Frames for plugins, one call a frame: what a frame claims to be is checked against the grants before it is sent. */

import type { Frames, Permission } from "../../announcer.ts";
import type { RawFrames } from "../../packets/frame-socket.ts";
import type { FrameGuard } from "../../packets/guarded/frame-guard.ts";
import type { LinkSource } from "../../packets/links.ts";
import { formatMac } from "../../packets/mac.ts";
import type { Opened } from "../opened.ts";
import type { Grants } from "../permissions/grants.ts";

type FramePermission = Permission & { kind: "frame" };

const ETHERNET_HEADER_BYTES = 14;
/** Where IPv4 has its protocol and IPv6 its next header, behind the Ethernet header. */
const IP_PROTOCOL_AT: Readonly<Record<number, number>> = { 2048: 23, 34525: 20 };

/** `guard`: of a plugin that is not built in, says what is wrong with a frame whose grants are in order. */
export function createFrames(
  grants: Grants,
  links: LinkSource,
  frames: RawFrames,
  opened: Opened,
  guard?: Pick<FrameGuard, "problemOf"> | undefined,
): Frames {
  return {
    async open({ link: name, etherType, ipProtocol, groups = [] }) {
      const match = { etherType, ...(ipProtocol === undefined ? {} : { ipProtocol }) };
      grants.demand({ kind: "frame", link: name, ...match });
      if (opened.hasEnded) throw opened.ended();
      const find = () => links.all().find((link) => link.name === name);
      const link = find();
      if (link === undefined)
        throw new Error(
          `Cannot open frames on ${name}: no such link; expected one of ${links
            .all()
            .map((known) => known.name)
            .join(", ")}`,
        );
      const listeners = new Set<(frame: Uint8Array) => void>();
      const socket = frames.open(link, match, groups, (frame) => {
        for (const call of listeners) call(frame);
      });
      let isOpen = true;
      const close = opened.add(() => {
        isOpen = false;
        listeners.clear();
        socket.close();
      });
      return {
        send(frame) {
          // Its file descriptor may be somebody else's by now.
          if (!isOpen) throw new Error(`Cannot send a frame on ${name}: the socket is closed`);
          const claim = readClaim(frame, name, etherType, ipProtocol);
          const isOwn = claim.sourceMac === find()?.mac;
          grants.demand(isOwn ? { kind: "frame", link: name, ...match } : claim);
          const problem = guard?.problemOf(frame, etherType);
          if (problem !== undefined) throw new Error(`Cannot send a frame on ${name}: found ${problem}`);
          socket.send(frame);
        },
        onFrame: (call) => void listeners.add(call),
        close,
      };
    },
  };
}

/** What a frame claims to be, as the permission that it needs where its source is not the link's own MAC. */
function readClaim(frame: Uint8Array, link: string, etherType: number, ipProtocol: number | undefined): FramePermission {
  const fail = (found: string, expected: string): never => {
    throw new Error(`Cannot send a frame on ${link}: found ${found}, expected ${expected}`);
  };
  if (frame.length < ETHERNET_HEADER_BYTES) fail(`${frame.length} bytes`, `an Ethernet header of ${ETHERNET_HEADER_BYTES}`);
  const type = ((frame[12] as number) << 8) | (frame[13] as number);
  if (type !== etherType) fail(`EtherType ${hex(type)}`, `${hex(etherType)}, for which the socket is open`);
  if (ipProtocol !== undefined) {
    const at = IP_PROTOCOL_AT[etherType];
    const protocol = at === undefined ? undefined : frame[at];
    if (protocol !== ipProtocol) fail(`IP protocol ${protocol ?? "none"}`, `${ipProtocol}, for which the socket is open`);
  }
  const sourceMac = formatMac(frame.subarray(6, 12));
  return { kind: "frame", link, etherType, sourceMac, ...(ipProtocol === undefined ? {} : { ipProtocol }) };
}

function hex(etherType: number): string {
  return `0x${etherType.toString(16).padStart(4, "0")}`;
}
