// Path attributes. RFC 4271 §4.3 "UPDATE Message Format" for their form, RFC 7606 for what is done about those that break a rule: a
// malformed one is noted in the list and the others are read, unless the session has to end.
import { getU16 } from "../bytes";
import { readPath } from "./as-path";
import {
  ATTRIBUTE_FORM,
  ATTRIBUTE_VALUE,
  ATTRIBUTE_VALUE_BYTES,
  addAttribute,
  addRepeat,
  blame,
  clearAttributes,
  FORM_FIELD,
  findAttribute,
} from "./attribute-list";
import {
  Attribute,
  EXTENDED_LENGTH,
  From,
  OPTIONAL,
  ROW_FLAGS,
  ROW_FLAGS_VERB,
  ROW_FROM,
  ROW_HEAD,
  ROW_REPEAT,
  ROW_SHAPE,
  ROW_VERB,
  rowOf,
  Shape,
  TRANSITIVE,
} from "./attribute-table";
import { FORM_WORDS } from "./capabilities";
import { fail } from "./error-record";
import { isLength, readWords } from "./layout";
import { VALUES } from "./memory";
import { familyOf } from "./prefixes";
import { FIELD_AFI, FIELD_SAFI, readFamily, readReach, readUnreach, UNREACH_LEAST } from "./reach";
import { Status, Verb } from "./status";

/** Where the peer is. Unknown: nothing is said of attributes that only peers of one's own AS may send, or must. */
export enum Side {
  Unknown = 0,
  External = 1,
  Internal = 2,
}

/** The largest ORIGIN. */
const INCOMPLETE: u32 = 2;

let values: usize = 0;
let keys: u32 = 0;
let session: u32 = 0;
let peer: Side = Side.Unknown;
let mayNextHopsBeIpv6: bool = false;

/**
 * Reads the attributes of an UPDATE into the list; prefixes become keys from `firstKey` on, and the fields `reach` and `unreach`. Answers
 * with the number of keys then, or with the status that ends the session.
 */
export function readAttributes(
  at: usize,
  length: u32,
  asnBytes: u32,
  side: Side,
  overIpv6: bool,
  reach: u32,
  unreach: u32,
  firstKey: u32,
): i32 {
  clearAttributes();
  values = VALUES;
  keys = firstKey;
  session = asnBytes;
  peer = side;
  mayNextHopsBeIpv6 = overIpv6;
  const end = at + length;
  for (let from = at; from < end; ) {
    const size = attributeLength(from, end - from);
    const status = size < 0 ? readOverrun(from, end - from, reach, unreach) : readAttribute(from, size, reach, unreach);
    if (status !== Status.Ok) return status;
    if (size < 0) break;
    from += size;
  }
  return <i32>keys;
}

function headerLength(at: usize): u32 {
  return (load<u8>(at) & EXTENDED_LENGTH) !== 0 ? 4 : 3;
}

/** Octets of the attribute at `at`, header included; negative where it does not end within `room`. */
function attributeLength(at: usize, room: u32): i32 {
  const header = headerLength(at);
  if (room < header) return Status.AttributeOverrun;
  const size = header + (header === 4 ? getU16(at + 2) : load<u8>(at, 2));
  return size > room ? Status.AttributeOverrun : <i32>size;
}

/** RFC 7606 §4 "Attribute Length Fields". Prefixes of a multiprotocol attribute that is cut off are lost, so there only §5.3 is left. */
function readOverrun(at: usize, room: u32, reach: u32, unreach: u32): Status {
  const code: u32 = room > 1 ? load<u8>(at, 1) : 0;
  if (isMp(code) && findAttribute(code) !== 0) return fail(Status.RepeatedMpAttribute, 0, 0);
  const header = min(headerLength(at), room);
  const entry = addAttribute(code, load<u8>(at), at, room, header);
  if (code === Attribute.MpReachNlri) readFamily(reach, at + header, room - header);
  if (code === Attribute.MpUnreachNlri) readFamily(unreach, at + header, room - header);
  blame(entry, Status.AttributeOverrun, isMp(code) ? mpVerb(room - header) : Verb.TreatAsWithdraw);
  return Status.Ok;
}

function isMp(code: u32): bool {
  return code === Attribute.MpReachNlri || code === Attribute.MpUnreachNlri;
}

/** One family can be disabled only where it can be told which. */
function mpVerb(length: u32): Verb {
  return length < UNREACH_LEAST ? Verb.ResetSession : Verb.DisableFamily;
}

function readAttribute(at: usize, size: u32, reach: u32, unreach: u32): Status {
  const header = headerLength(at);
  const flags: u32 = load<u8>(at);
  const code: u32 = load<u8>(at, 1);
  const known = findAttribute(code);
  if (known !== 0 && isMp(code)) return fail(Status.RepeatedMpAttribute, 0, 0);
  if (known !== 0) {
    addRepeat(known);
    return Status.Ok;
  }
  const row = rowOf(code);
  if (row === 0 && (flags & OPTIONAL) === 0) return fail(Status.UnknownWellKnownAttribute, at, size);
  const value = at + header;
  const length = size - header;
  const entry = addAttribute(code, flags, at, size, header);
  if (row === 0) return Status.Ok;
  if ((flags & (OPTIONAL | TRANSITIVE)) !== load<u32>(row, ROW_FLAGS)) {
    blame(entry, Status.WrongFlags, verbOf(row, ROW_FLAGS_VERB, length));
  }
  if (!isExpected(row)) {
    blame(entry, Status.UnexpectedAttribute, Verb.DiscardAttribute);
    return Status.Ok;
  }
  const shape = load<u32>(row, ROW_SHAPE);
  const field = shape === Shape.Reach ? reach : unreach;
  const status = shape >= <u32>Shape.Reach ? readMp(entry, shape, value, length, field) : readValue(entry, row, value, length);
  if (status !== Status.Ok) blame(entry, status, verbOf(row, ROW_VERB, length));
  return Status.Ok;
}

/** The verb of a column of the table. */
function verbOf(row: usize, column: u32, length: u32): Verb {
  const verb = load<u32>(row + column);
  return verb === Verb.DisableFamily ? mpVerb(length) : verb;
}

/** False: nobody on that side may send it. */
function isExpected(row: usize): bool {
  const from = load<u32>(row, ROW_FROM);
  if (from === From.Internal) return peer !== Side.External;
  return from !== From.Old || session === 2;
}

function readMp(entry: usize, shape: u32, value: usize, length: u32, field: u32): Status {
  readFamily(field, value, length);
  const count = shape === Shape.Reach ? readReach(value, length, mayNextHopsBeIpv6, field, keys) : readUnreach(value, length, field, keys);
  if (count < 0) return count;
  keys += count;
  const family = familyOf(load<u32>(field, FIELD_AFI), load<u32>(field, FIELD_SAFI));
  if (family !== 0) store<u8>(entry, <u8>FORM_FIELD, ATTRIBUTE_FORM);
  return Status.Ok;
}

/** Puts the words of a value where the entry then says; it keeps its bytes where they break a rule. */
function readValue(entry: usize, row: usize, value: usize, length: u32): Status {
  const out = values;
  let bytes: i32 = 0;
  if (load<u32>(row, ROW_SHAPE) === Shape.Path) {
    const isAs4 = load<u8>(entry) === Attribute.As4Path;
    bytes = readPath(value, length, isAs4 ? 4 : session, isAs4, out);
    if (isAs4 && bytes === 0) return Status.BadAsPath; // RFC 6793 §6: one segment at least
    if (bytes < 0) return bytes;
  } else {
    if (!isLength(length, load<u32>(row, ROW_HEAD), load<u32>(row, ROW_REPEAT), 1, session)) return Status.WrongLength;
    bytes = <i32>(readWords(value, length, load<u32>(row, ROW_HEAD), load<u32>(row, ROW_REPEAT), session, out) - out);
    const status = checkNumbers(load<u8>(entry), load<u32>(out));
    if (status !== Status.Ok) return status;
  }
  values = out + bytes;
  store<u8>(entry, <u8>FORM_WORDS, ATTRIBUTE_FORM);
  store<u32>(entry, out, ATTRIBUTE_VALUE);
  store<u32>(entry, bytes, ATTRIBUTE_VALUE_BYTES);
  return Status.Ok;
}

function checkNumbers(code: u32, first: u32): Status {
  if (code === Attribute.Origin && first > INCOMPLETE) return Status.BadOrigin;
  if ((code === Attribute.Aggregator || code === Attribute.As4Aggregator) && first === 0) return Status.ZeroAggregatorAs;
  return Status.Ok;
}
