/**
 * The host's codecs for plugins, run beside them: they are pure, and their modules came from the host. What a plugin gives to one is copied before, so that the
 * codec reads plain data and no object of the plugin's with a mind of its own.
 */

import type { Bgp, Codecs, FrameCodec } from "../../../announcer.ts";
import { codecs } from "../../powers/codecs.ts";
import { pack, unpack } from "../plain.ts";

/** Compiles a codec's module when it is first asked for. Throws RangeError on a name that is none. */
export const lentCodecs = ((name: string) =>
  name === "bgp" ? lentBgp(codecs("bgp")) : lentFrames(codecs(String(name) as "router-solicitation"))) as Codecs;

function lentBgp(bgp: Bgp.Codec): Bgp.Codec {
  return {
    createFramer() {
      const framer = bgp.createFramer();
      return {
        push: (piece, format) => framer.push(copied(piece), copied(format)),
        get pendingBytes() {
          return framer.pendingBytes;
        },
      };
    },
    decode: (bytes, format) => bgp.decode(copied(bytes), copied(format)),
    encode: (message, format) => bgp.encode(copied(message), copied(format)),
    encodeAttributes: (attributes, format) => bgp.encodeAttributes(copied(attributes), copied(format)),
    packChanges() {
      throw new Error("Route tables are for built-in plugins: they live in the host's memory");
    },
  };
}

function lentFrames<Fields>({ decode, encode }: FrameCodec<Fields>): FrameCodec<Fields> {
  return { decode: (frame) => decode(copied(frame)), encode: (fields) => encode(copied(fields)) };
}

function copied<Value>(value: Value): Value {
  const { json, pieces } = pack(value);
  return unpack(json, pieces) as Value;
}
