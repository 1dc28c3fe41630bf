/** The host's codecs as plugins get them. */

import type { Codecs, FrameCodec } from "../../announcer.ts";
import { bgp } from "../../packets/codec/bgp.ts";
import { codec, type Fields, formats } from "../../packets/codec/codec.ts";

/** Throws RangeError on a name that is none. */
export const codecs = ((name: string) => (name === "bgp" ? bgp : frameCodec(name))) as Codecs;

function frameCodec(name: string): FrameCodec<Fields> {
  const names = formats.map((known) => known.name);
  if (!names.includes(name)) throw new RangeError(`Unknown format ${name}: expected ${[...names, "bgp"].join(", ")}`);
  const { decode, encode } = codec(name);
  return {
    decode,
    encode(fields) {
      const encoded = encode(fields);
      if (!encoded.ok) throw new RangeError(`Cannot encode ${name}: ${encoded.meaning}`);
      return encoded.bytes;
    },
  };
}
