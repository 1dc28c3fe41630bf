/** UPDATE out of the module's record, and what is wrong with it. */

import type {
  AfiSafi,
  MessageError,
  MpReachNlri,
  PathAttributes,
  UnknownAttribute,
  UpdateMessage,
} from "../../../contract/bgp-messages.ts";
import { mergeAs4 } from "./as-path.ts";
import { attributeOf, nameOf } from "./attributes.ts";
import { attributeError, repeatError } from "./errors.ts";
import { formatKeys } from "./prefixes.ts";
import { bgpModule, read, readBytes, readFamily, readWords } from "./record.ts";
import { formatHex, formatOctets } from "./text.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The UPDATE of the record, of a peer that sends AS numbers of so many octets. */
export function readUpdate(asnBytes: number): { message: UpdateMessage; errors: MessageError[] } {
  const errors: MessageError[] = [];
  const attributes: Writable<PathAttributes> = {};
  const unknown: UnknownAttribute[] = [];
  const count = read("UPDATE_ATTRIBUTES");
  for (let index = 0; index < count; index += 1) {
    const at = entryAt(index);
    noteErrors(index, at, errors);
    const form = byteOf("ATTRIBUTE_FORM", at);
    if (statusOf(at) !== 0 && !hasRoutesToWithdraw(at, form)) continue;
    if (form === bgpModule().value("FORM_BYTES")) unknown.push(readUnknown(at));
    else Object.assign(attributes, readAttribute(at));
  }
  if (unknown.length > 0) attributes.unknown = unknown;
  const merged = asnBytes === 2 ? mergeAs4(attributes) : attributes;
  const pathAttributes = errors.length > 0 ? withoutFamilies(merged, errors) : merged;
  return {
    message: { type: "update", withdrawnRoutes: readPrefixes("WITHDRAWN"), pathAttributes, nlri: readPrefixes("ANNOUNCED") },
    errors,
  };
}

function entryAt(index: number): number {
  const { value } = bgpModule();
  return value("ATTRIBUTES") + index * value("ATTRIBUTE_BYTES");
}

function byteOf(name: string, at: number): number {
  const { memory, value } = bgpModule();
  return memory[at + value(name)] as number;
}

function statusOf(at: number): number {
  const { view, value } = bgpModule();
  return view.getInt32(at + value("ATTRIBUTE_STATUS"), true);
}

/** A multiprotocol attribute whose prefixes are in order, so that it can be treated as a withdrawal. */
function hasRoutesToWithdraw(at: number, form: number): boolean {
  const { value } = bgpModule();
  return form === value("FORM_FIELD") && byteOf("ATTRIBUTE_VERB", at) === value("Verb.TreatAsWithdraw");
}

function noteErrors(index: number, at: number, errors: MessageError[]): void {
  const code = byteOf("ATTRIBUTE_CODE", at);
  if (statusOf(at) !== 0) errors.push(attributeError(index, code, byteOf("ATTRIBUTE_VERB", at)));
  if (read("ATTRIBUTE_REPEATS", at) > 0) errors.push(repeatError(code));
}

/** The lower four bits mean nothing: RFC 4271 §4.3 "UPDATE Message Format". */
const FLAG_BITS = 0xf0;

function readUnknown(at: number): UnknownAttribute {
  const value = formatHex(readBytes("ATTRIBUTE_VALUE", at));
  return { flags: byteOf("ATTRIBUTE_FLAGS", at) & FLAG_BITS, typeCode: byteOf("ATTRIBUTE_CODE", at), value };
}

function readAttribute(at: number): PathAttributes {
  const code = byteOf("ATTRIBUTE_CODE", at);
  const { value } = bgpModule();
  if (code === value("Attribute.MpReachNlri")) return { mpReachNlri: readReach() };
  if (code === value("Attribute.MpUnreachNlri"))
    return { mpUnreachNlri: { ...readFamily("UPDATE_UNREACH"), withdrawnRoutes: readPrefixes("UNREACH") } };
  const name = nameOf(code);
  if (name === undefined) throw new RangeError(`Module bgp reads attribute ${code}, the host does not`);
  return attributeOf(name, readWords("ATTRIBUTE_VALUE", at));
}

type Field = "WITHDRAWN" | "ANNOUNCED" | "REACH" | "UNREACH";

function fieldAt(field: Field): number {
  return bgpModule().value(`UPDATE_${field}`);
}

function readPrefixes(field: Field): string[] {
  const { memory, value } = bgpModule();
  const first = value("KEYS") + read("FIELD_FIRST", fieldAt(field)) * value("KEY_BYTES");
  return formatKeys(memory, first, read("FIELD_COUNT", fieldAt(field)));
}

function readReach(): MpReachNlri {
  const octets = readBytes("FIELD_NEXT_HOP", fieldAt("REACH"));
  const nextHop = formatOctets(octets.subarray(0, 16));
  const linkLocal = octets.length > 16 ? { linkLocalNextHop: formatOctets(octets.subarray(16)) } : {};
  return { ...readFamily("UPDATE_REACH"), nextHop, ...linkLocal, nlri: readPrefixes("REACH") };
}

/** A family that is disabled has no routes any more, here neither. */
function withoutFamilies({ mpReachNlri, mpUnreachNlri, ...rest }: PathAttributes, errors: readonly MessageError[]): PathAttributes {
  const isKept = (family: AfiSafi | undefined) =>
    !errors.some((error) => error.family?.afi === family?.afi && error.family?.safi === family?.safi);
  return {
    ...rest,
    ...(mpReachNlri !== undefined && isKept(mpReachNlri) ? { mpReachNlri } : {}),
    ...(mpUnreachNlri !== undefined && isKept(mpUnreachNlri) ? { mpUnreachNlri } : {}),
  };
}
