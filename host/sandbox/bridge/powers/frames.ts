/** Frames, one word a frame either way. */

import type { FrameSocket, Frames } from "../../../announcer.ts";
import type { Methods } from "../../cell/channel.ts";
import { type FarSide, ownBytes } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { bytes, list, object, optional, text, whole } from "../read.ts";
import { Stream } from "../stream.ts";
import { handle, linkName, newHandle } from "./addresses.ts";

const LONGEST_FRAME = 65_535;
const options = object({
  link: linkName,
  etherType: whole(0, 0xffff),
  ipProtocol: optional(whole(0, 255)),
  groups: optional(list(text(17), 64)),
});

export function lendFrames(lender: Lender): Methods {
  const { context, handles } = lender;
  return {
    "frames.open": lender.called([newHandle, options], async (id, wanted) => {
      const socket = await handles.open(id, "frame socket", () => context.frames.open(wanted));
      socket.onFrame((frame) => lender.sprinkle(id, "frame", [frame], frame));
    }),
    "frames.send": lender.told("a frame", [handle, bytes(LONGEST_FRAME)], (id, frame) =>
      handles.get<FrameSocket>(id, "frame socket").send(frame),
    ),
  };
}

export function borrowFrames(far: FarSide): Frames {
  return {
    async open({ link, etherType, ipProtocol, groups }) {
      const frames = new Stream<[Uint8Array]>(far, "onFrame");
      const id = far.open({ frame: (frame) => frames.push(frame as Uint8Array) });
      frames.id = id;
      try {
        await far.call("frames.open", id, { link, etherType, ipProtocol, groups });
      } catch (error) {
        far.forget(id);
        throw error;
      }
      return far.harden<FrameSocket>({
        send: (frame) => far.tell("frames.send", id, ownBytes(frame)),
        onFrame: (call) => frames.listen(call),
        close: far.closer(id),
      });
    },
  };
}
