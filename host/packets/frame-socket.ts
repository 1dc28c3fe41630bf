/** Frames in the main thread, one call a frame: for protocols in TypeScript that have no hot path. */

import { type FrameMatch, frameFilter } from "./filter.ts";
import { Errno, errnoName, type Libc } from "./libc.ts";
import type { MemorySegment } from "./memory-wire.ts";
import { MSG_DONTWAIT } from "./socket-numbers.ts";
import { openPacketSocket } from "./sockets.ts";

export interface RawFrameSocket {
  /** Throws where the link refuses; a full queue drops the frame quietly, as a network would. */
  send(frame: Uint8Array): void;
  close(): void;
}

export interface RawFrames {
  open(link: { name: string; index: number; mac: string }, match: FrameMatch, onFrame: (frame: Uint8Array) => void): RawFrameSocket;
}

const FRAME_BYTES = 9216; // a jumbo frame
const FRAMES_A_CALL = 64;

export function kernelFrames(libc: Libc): RawFrames {
  return {
    open(link, match, onFrame) {
      const fd = openPacketSocket(libc, link, match.etherType, frameFilter(match));
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

export function memoryFrames(segment: MemorySegment): RawFrames {
  return {
    open(link, match, onFrame) {
      const station = segment.join(link, frameFilter(match), onFrame);
      return { send: (frame) => station.transmit(frame), close: () => station.leave() };
    },
  };
}
