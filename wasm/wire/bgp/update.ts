// UPDATE. RFC 4271 §4.3 "UPDATE Message Format" and §6.3; errors: RFC 7606.
import { getU16 } from "../bytes";
import {
  ATTRIBUTE_CODE,
  ATTRIBUTE_STATUS,
  ATTRIBUTE_VALUE,
  ATTRIBUTE_VERB,
  ATTRIBUTE_WIRE,
  ATTRIBUTE_WIRE_BYTES,
  addAttribute,
  attributeAt,
  attributeCount,
  blame,
  findAttribute,
  verbs,
  worst,
} from "./attribute-list";
import { Attribute } from "./attribute-table";
import { readAttributes, Side } from "./attributes";
import { fail, failWithU8 } from "./error-record";
import { HEADER } from "./header";
import { hasHostNextHop, isIpv4Host } from "./next-hop";
import { OPEN_END } from "./open";
import { AFI_IPV4, SAFI_UNICAST } from "./prefixes";
import { FIELD_AFI, FIELD_BYTES, FIELD_COUNT, FIELD_SAFI, hasPrefixes, readField } from "./reach";
import { errorSubcode, Status, Verb } from "./status";

/** Withdrawn Routes Length and Total Path Attribute Length. */
export const UPDATE_LENGTHS: u32 = 4;

// Error subcodes of an UPDATE that come without data.
const MALFORMED_ATTRIBUTE_LIST: u32 = 1;
const MALFORMED_AS_PATH: u32 = 11;

const UPDATE_RECORD: u32 = OPEN_END;
export const UPDATE_ATTRIBUTES: u32 = UPDATE_RECORD; // u32, number of entries
export const UPDATE_WITHDRAWN: u32 = UPDATE_RECORD + 4; // a field (reach.ts)
export const UPDATE_UNREACH: u32 = UPDATE_WITHDRAWN + FIELD_BYTES;
export const UPDATE_REACH: u32 = UPDATE_UNREACH + FIELD_BYTES;
export const UPDATE_ANNOUNCED: u32 = UPDATE_REACH + FIELD_BYTES;
export const UPDATE_END: u32 = UPDATE_ANNOUNCED + FIELD_BYTES;

/**
 * Decodes the UPDATE of `length` bytes at `at` whose header is good. `Ok` is also the answer where attributes are malformed and the session
 * lives on: the list tells.
 */
export function decodeUpdate(at: usize, length: u32, asnBytes: u32, side: Side, overIpv6: bool): Status {
  clearUpdate();
  const end = at + length;
  const withdrawn = at + HEADER + 2;
  const withdrawnLength = getU16(at + HEADER);
  if (withdrawnLength > length - HEADER - UPDATE_LENGTHS) return fail(Status.MalformedAttributeList, 0, 0);
  const attributes = withdrawn + withdrawnLength + 2;
  const attributesLength = getU16(withdrawn + withdrawnLength);
  if (attributesLength > end - attributes) return fail(Status.MalformedAttributeList, 0, 0);

  let keys = readField(UPDATE_WITHDRAWN, withdrawn, withdrawnLength, 0);
  if (keys < 0) return fail(Status.BadWithdrawnRoute, 0, 0);
  keys = readAttributes(attributes, attributesLength, asnBytes, side, overIpv6, UPDATE_REACH, UPDATE_UNREACH, keys);
  if (keys < 0) return keys;
  const announced = attributes + attributesLength;
  if (readField(UPDATE_ANNOUNCED, announced, end - announced, keys) < 0) return fail(Status.BadPrefix, 0, 0);

  judgeWhole(side);
  store<u32>(UPDATE_ATTRIBUTES, attributeCount);
  return mustReset() ? failWith(worst) : Status.Ok;
}

/** Empties the record: no attributes, and no prefixes. */
export function clearUpdate(): void {
  memory.fill(UPDATE_RECORD, 0, UPDATE_END - UPDATE_RECORD);
  setIpv4(UPDATE_WITHDRAWN);
  setIpv4(UPDATE_ANNOUNCED);
}

function setIpv4(field: u32): void {
  store<u32>(field, AFI_IPV4, FIELD_AFI);
  store<u32>(field, SAFI_UNICAST, FIELD_SAFI);
}

/** What can be said only when all is read: attributes that are missing, and a next hop that prefixes depend on. */
function judgeWhole(side: Side): void {
  const hasIpv4 = load<u32>(UPDATE_ANNOUNCED, FIELD_COUNT) > 0;
  if (hasIpv4) {
    const nextHop = findAttribute(Attribute.NextHop);
    if (nextHop === 0) addMissing(Attribute.NextHop);
    else if (load<i32>(nextHop, ATTRIBUTE_STATUS) === Status.Ok && !isIpv4Host(load<u32>(load<u32>(nextHop, ATTRIBUTE_VALUE)))) {
      blame(nextHop, Status.BadNextHop, Verb.TreatAsWithdraw);
    }
  }
  const reach = findAttribute(Attribute.MpReachNlri);
  if (reach !== 0 && load<i32>(reach, ATTRIBUTE_STATUS) === Status.Ok && !hasHostNextHop(UPDATE_REACH)) {
    blame(reach, Status.BadNextHop, Verb.TreatAsWithdraw);
  }
  if (!hasIpv4 && reach === 0) return;
  if (findAttribute(Attribute.Origin) === 0) addMissing(Attribute.Origin);
  if (findAttribute(Attribute.AsPath) === 0) addMissing(Attribute.AsPath);
  if (side === Side.Internal && findAttribute(Attribute.LocalPref) === 0) addMissing(Attribute.LocalPref);
}

/** RFC 7606 §3 d) */
function addMissing(code: u32): void {
  blame(addAttribute(code, 0, 0, 0, 0), Status.MissingAttribute, Verb.TreatAsWithdraw);
}

/**
 * RFC 7606 §5.2 "Missing NLRI": where attributes stand without a prefix that they are of, an error may have hidden the prefixes, so nothing
 * milder than a reset is safe.
 */
function mustReset(): bool {
  if ((verbs & (1 << Verb.ResetSession)) !== 0) return true;
  if (verbs < 1 << Verb.TreatAsWithdraw) return false;
  if (attributeCount === 1 && findAttribute(Attribute.MpUnreachNlri) !== 0) return false;
  const reach = findAttribute(Attribute.MpReachNlri);
  const isDisabled = reach !== 0 && load<u8>(reach, ATTRIBUTE_VERB) === Verb.DisableFamily; // its prefixes are there, and nobody uses them
  return !isDisabled && !hasPrefixes(UPDATE_ANNOUNCED) && !hasPrefixes(UPDATE_REACH);
}

/** RFC 4271 §6.3: the Data field holds the attribute, or the code of the one that is missing; nothing for subcodes 1, 10 and 11. */
function failWith(entry: usize): Status {
  const status = load<i32>(entry, ATTRIBUTE_STATUS);
  if (status === Status.MissingAttribute) return failWithU8(status, load<u8>(entry, ATTRIBUTE_CODE));
  const subcode = errorSubcode(status);
  if (subcode === MALFORMED_ATTRIBUTE_LIST || subcode === MALFORMED_AS_PATH) return fail(status, 0, 0);
  return fail(status, load<u32>(entry, ATTRIBUTE_WIRE), load<u32>(entry, ATTRIBUTE_WIRE_BYTES));
}

/** Puts into the record what a NOTIFICATION about one entry of the list would say, also where none is sent; answers with its status. */
export function tellAttribute(index: u32): Status {
  return index < attributeCount ? failWith(attributeAt(index)) : Status.BadRecord;
}
