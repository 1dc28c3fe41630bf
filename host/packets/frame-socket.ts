/** Frames in the main thread, one call a frame: for protocols in TypeScript that have no hot path. */

import { parseMac } from "./codec/text.ts";
import { type FrameMatch, frameFilter } from "./filter.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import type { MemorySegment } from "./memory-wire.ts";
import { MSG_DONTWAIT } from "./socket-numbers.ts";
import { joinPacketGroup, openPacketSocket } from "./sockets.ts";

export interface RawFrameSocket {
  /** Throws where the link refuses; a full queue drops the frame quietly, as a network would. */
  send(frame: Uint8Array): void;
  close(): void;
}

interface RawLink {
  readonly name: string;
  readonly index: number;
  readonly mac: string;
}

export interface RawFrames {
  /** `groups`: multicast MACs; others are heard where this machine is in them. Throws where the link refuses. */
  open(link: RawLink, match: FrameMatch, groups: readonly string[], onFrame: (frame: Uint8Array) => void): RawFrameSocket;
}

const FRAME_BYTES = 9216; // a jumbo frame
const FRAMES_A_CALL = 64;

export function kernelFrames(libc: Libc): RawFrames {
  return {
    open(link, match, groups, onFrame) {
      const fd = openPacketSocket(libc, link, match.etherType, frameFilter(match));
      joinGroups(libc, fd, link, groups);
      const buffer = new Uint8Array(FRAME_BYTES);
      let isOpen = true;
      const watch = libc.watch(fd, () => {
        for (let left = FRAMES_A_CALL; left > 0 && isOpen; left--) {
          const length = libc.recv(fd, buffer, buffer.length, MSG_DONTWAIT);
          if (length <= 0) return;
          onFrame(buffer.slice(0, length));
        }
      });
      return {
        send(frame) {
          if (libc.send(fd, frame, frame.length, MSG_DONTWAIT) >= 0) return;
          const errno = libc.errno();
          if (errno !== Errno.EAGAIN && errno !== Errno.ENOBUFS)
            throw new Error(`Cannot send a frame on ${link.name}: ${errnoName(errno)}`);
        },
        close() {
          if (!isOpen) return;
          isOpen = false;
          watch.close();
          libc.close(fd);
        },
      };
    },
  };
}

function joinGroups(libc: Libc, fd: number, link: RawLink, groups: readonly string[]): void {
  try {
    for (const group of groups) {
      const mac = parseMac(group);
      if (mac === undefined) throw new Error(`Cannot receive group ${group} on ${link.name}: expected a MAC such as 33:33:00:00:00:02`);
      joinPacketGroup(libc, fd, link, mac);
    }
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** All groups are heard. */
export function memoryFrames(segment: MemorySegment): RawFrames {
  return {
    open(link, match, _groups, onFrame) {
      const station = segment.join(link, frameFilter(match), onFrame);
      return { send: (frame) => station.transmit(frame), close: () => station.leave() };
    },
  };
}
