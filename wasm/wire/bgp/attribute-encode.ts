// Path attributes, written from the list. What comes out is read again by the decoder (update-encode.ts), so no rule stands here twice.
import { encodedPathLength, writePath } from "./as-path";
import {
  ATTRIBUTE_CODE,
  ATTRIBUTE_FLAGS,
  ATTRIBUTE_FORM,
  ATTRIBUTE_STATUS,
  ATTRIBUTE_VALUE,
  ATTRIBUTE_VALUE_BYTES,
  attributeAt,
  FORM_FIELD,
} from "./attribute-list";
import { Attribute, EXTENDED_LENGTH, OPTIONAL, ROW_FLAGS, ROW_HEAD, ROW_REPEAT, ROW_SHAPE, rowOf, Shape } from "./attribute-table";
import { FORM_BYTES, FORM_WORDS } from "./capabilities";
import { encodedLength, writeWords } from "./layout";
import { ATTRIBUTES_MAX, isInside } from "./memory";
import { mpLength, writeMp } from "./reach";
import { Status } from "./status";

/** The upper four bits are what flags are; the others are sent as zero and ignored. RFC 4271 §4.3 */
const FLAG_BITS: u32 = 0xf0;

/** Writes the first `count` entries at `out`, malformed ones left out, in at most `most` bytes; answers with their length or a status. */
export function writeAttributes(count: u32, asnBytes: u32, reach: u32, unreach: u32, out: usize, most: u32): i32 {
  if (count > ATTRIBUTES_MAX) return Status.BadRecord;
  let to = out;
  for (let index: u32 = 0; index < count; index++) {
    const entry = attributeAt(index);
    if (load<i32>(entry, ATTRIBUTE_STATUS) !== Status.Ok) continue;
    const code: u32 = load<u8>(entry, ATTRIBUTE_CODE);
    const field: u32 = code === Attribute.MpReachNlri ? reach : unreach;
    const written = writeAttribute(entry, asnBytes, field, to, most - <u32>(to - out));
    if (written < 0) return written;
    to += written;
  }
  return <i32>(to - out);
}

function writeAttribute(entry: usize, asnBytes: u32, field: u32, out: usize, room: u32): i32 {
  const code: u32 = load<u8>(entry, ATTRIBUTE_CODE);
  const row = rowOf(code);
  const length = valueLength(entry, row, asnBytes, field, room);
  if (length < 0) return length;
  let flags: u32 = load<u8>(entry, ATTRIBUTE_FLAGS) & FLAG_BITS;
  if (flags === 0) flags = row === 0 ? OPTIONAL : load<u32>(row, ROW_FLAGS);
  if (length > 255) flags |= EXTENDED_LENGTH;
  const header: u32 = (flags & EXTENDED_LENGTH) !== 0 ? 4 : 3;
  if (header + length > room || length > 0xffff) return Status.Oversized;
  store<u8>(out, <u8>flags);
  store<u8>(out, <u8>code, 1);
  if (header === 4) store<u16>(out, bswap<u16>(<u16>length), 2);
  else store<u8>(out, <u8>length, 2);
  const status = writeValue(entry, row, asnBytes, field, out + header, length);
  return status === Status.Ok ? <i32>header + length : status;
}

function valueLength(entry: usize, row: usize, asnBytes: u32, field: u32, room: u32): i32 {
  const value = load<u32>(entry, ATTRIBUTE_VALUE);
  const bytes = load<u32>(entry, ATTRIBUTE_VALUE_BYTES);
  const form = load<u8>(entry, ATTRIBUTE_FORM);
  const shape: u32 = row === 0 ? Shape.Numbers : load<u32>(row, ROW_SHAPE);
  if (form === FORM_FIELD) return shape >= <u32>Shape.Reach ? mpLength(field, shape === Shape.Reach, room) : Status.BadRecord;
  if (!isInside(value, bytes)) return Status.BadRecord;
  if (form === FORM_BYTES) return bytes > room ? Status.Oversized : <i32>bytes;
  if (row === 0 || form !== FORM_WORDS || shape >= <u32>Shape.Reach) return Status.BadRecord;
  if (shape === Shape.Path) return encodedPathLength(value, bytes, pathAsnBytes(entry, asnBytes));
  return encodedLength(bytes, load<u32>(row, ROW_HEAD), load<u32>(row, ROW_REPEAT), asnBytes);
}

/** Writes a value that `valueLength` measured. */
function writeValue(entry: usize, row: usize, asnBytes: u32, field: u32, out: usize, length: u32): Status {
  const value = load<u32>(entry, ATTRIBUTE_VALUE);
  const bytes = load<u32>(entry, ATTRIBUTE_VALUE_BYTES);
  const form = load<u8>(entry, ATTRIBUTE_FORM);
  if (form === FORM_WORDS) {
    if (load<u32>(row, ROW_SHAPE) === Shape.Path) return writePath(value, bytes, pathAsnBytes(entry, asnBytes), out);
    return writeWords(value, bytes, load<u32>(row, ROW_HEAD), load<u32>(row, ROW_REPEAT), asnBytes, out);
  }
  if (form === FORM_FIELD) writeMp(field, load<u32>(row, ROW_SHAPE) === Shape.Reach, out);
  else memory.copy(out, value, length);
  return Status.Ok;
}

function pathAsnBytes(entry: usize, asnBytes: u32): u32 {
  return load<u8>(entry, ATTRIBUTE_CODE) === Attribute.As4Path ? 4 : asnBytes;
}
