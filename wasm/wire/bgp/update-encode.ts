// UPDATE, written from the record: one message with all that stands there. Tables of prefixes go through pack.ts.
//
// What was written is read by the decoder, so an encoder refuses what a decoder would refuse, and knows no rule of its own.
import { writeAttributes } from "./attribute-encode";
import { ATTRIBUTE_STATUS, verbs, worst } from "./attribute-list";
import { readAttributes, Side } from "./attributes";
import { encodeHeader, HEADER, MESSAGE_EXTENDED_MAX, MessageType } from "./header";
import { OUT } from "./memory";
import { prefixesLength, writePrefixes } from "./reach";
import { Status } from "./status";
import {
  decodeUpdate,
  UPDATE_ANNOUNCED,
  UPDATE_ATTRIBUTES,
  UPDATE_LENGTHS,
  UPDATE_REACH,
  UPDATE_UNREACH,
  UPDATE_WITHDRAWN,
} from "./update";

/**
 * Writes the UPDATE of the record to `OUT`, with AS numbers of `asnBytes` octets: its length, at most `most`, or a status. Entries of the
 * list that are malformed are left out.
 */
export function encodeUpdate(most: u32, asnBytes: u32): i32 {
  if (most > MESSAGE_EXTENDED_MAX || most < HEADER + UPDATE_LENGTHS || (asnBytes !== 2 && asnBytes !== 4)) return Status.BadRecord;
  let room = most - HEADER - UPDATE_LENGTHS;
  const withdrawn = prefixesLength(UPDATE_WITHDRAWN, room);
  if (withdrawn < 0) return withdrawn;
  room -= withdrawn;
  const attributesAt = writePrefixes(UPDATE_WITHDRAWN, OUT + HEADER + 2) + 2;
  const attributes = writeAttributes(load<u32>(UPDATE_ATTRIBUTES), asnBytes, UPDATE_REACH, UPDATE_UNREACH, attributesAt, room);
  if (attributes < 0) return attributes;
  const announced = prefixesLength(UPDATE_ANNOUNCED, room - attributes);
  if (announced < 0) return announced;
  const length: u32 = writePrefixes(UPDATE_ANNOUNCED, attributesAt + attributes) - OUT;
  store<u16>(OUT, bswap<u16>(<u16>withdrawn), HEADER);
  store<u16>(attributesAt - 2, bswap<u16>(<u16>attributes));
  encodeHeader(OUT, length, MessageType.Update);
  const status = decodeUpdate(OUT, length, asnBytes, Side.Unknown, true);
  return status === Status.Ok ? lengthUnlessMalformed(length) : status;
}

/** Writes only the path attributes of the record to `OUT`, as `pack` takes them: their length, at most `most`, or a status. */
export function encodeAttributes(most: u32, asnBytes: u32): i32 {
  if (most > MESSAGE_EXTENDED_MAX || (asnBytes !== 2 && asnBytes !== 4)) return Status.BadRecord;
  const length = writeAttributes(load<u32>(UPDATE_ATTRIBUTES), asnBytes, UPDATE_REACH, UPDATE_UNREACH, OUT, most);
  if (length < 0) return length;
  const status = readAttributes(OUT, length, asnBytes, Side.Unknown, true, UPDATE_REACH, UPDATE_UNREACH, 0);
  return status < 0 ? status : lengthUnlessMalformed(length);
}

function lengthUnlessMalformed(length: u32): i32 {
  if (verbs === 0) return <i32>length;
  return worst === 0 ? Status.RepeatedAttribute : load<i32>(worst, ATTRIBUTE_STATUS);
}
