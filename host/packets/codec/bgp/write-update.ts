/** UPDATE into the module's record. */

import type { AfiSafi, PathAttributes, UnknownAttribute, UpdateMessage } from "../../../contract/bgp-messages.ts";
import { splitAs4 } from "./as-path.ts";
import { attributeNames, codeOf, wordsOf } from "./attributes.ts";
import { writeKeys } from "./prefixes.ts";
import { bgpModule, once, Values, write } from "./record.ts";
import { parseHex, parseOctets } from "./text.ts";

/** Fills the record with a whole UPDATE. Throws TypeError where a value is not what it should be. */
export function writeUpdate({ withdrawnRoutes, pathAttributes, nlri }: UpdateMessage, asnBytes: number): void {
  const keys = new Keys();
  writeAttributes(pathAttributes, asnBytes, keys);
  keys.write("UPDATE_WITHDRAWN", { afi: 1, safi: 1 }, withdrawnRoutes);
  keys.write("UPDATE_ANNOUNCED", { afi: 1, safi: 1 }, nlri);
}

/** Fills the list of attributes, multiprotocol ones first (RFC 7606 §5.1) and the others by their codes. */
export function writeAttributes(attributes: PathAttributes, asnBytes: number, keys = new Keys()): void {
  bgpModule().call("clearUpdate");
  const list = new AttributeList();
  const { mpReachNlri, mpUnreachNlri, unknown, ...rest } = asnBytes === 2 ? splitAs4(attributes) : attributes;
  if (mpReachNlri !== undefined) {
    list.addField("MpReachNlri");
    keys.write("UPDATE_REACH", mpReachNlri, mpReachNlri.nlri);
    list.values.putBytes(nextHops(mpReachNlri), "FIELD_NEXT_HOP", bgpModule().value("UPDATE_REACH"));
  }
  if (mpUnreachNlri !== undefined) {
    list.addField("MpUnreachNlri");
    keys.write("UPDATE_UNREACH", mpUnreachNlri, mpUnreachNlri.withdrawnRoutes);
  }
  for (const name of attributeNames) {
    const value = rest[name];
    if (value !== undefined) list.addWords(codeOf(name), wordsOf(name, value));
  }
  for (const attribute of unknown ?? []) list.addUnknown(attribute);
}

function nextHops({ nextHop, linkLocalNextHop }: NonNullable<PathAttributes["mpReachNlri"]>): Uint8Array {
  const texts = linkLocalNextHop === undefined ? [nextHop] : [nextHop, linkLocalNextHop];
  return Buffer.concat(
    texts.map((text) => {
      const octets = parseOctets(text);
      if (octets === undefined) throw new TypeError(`Cannot encode next hop ${text}: expected an address`);
      return octets;
    }),
  );
}

/** Prefixes of the message that is being written: its fields share the module's keys. */
class Keys {
  #next = 0;

  write(field: string, { afi, safi }: AfiSafi, prefixes: readonly string[]): void {
    if (safi !== 1 || (afi !== 1 && afi !== 2))
      throw new TypeError(`Cannot encode routes of AFI ${afi}, SAFI ${safi}: expected IPv4 or IPv6 unicast`);
    const at = bgpModule().value(field);
    writeKeys(prefixes, afi === 1 ? 4 : 6, this.#next);
    write("FIELD_AFI", afi, at);
    write("FIELD_SAFI", safi, at);
    write("FIELD_FIRST", this.#next, at);
    write("FIELD_COUNT", prefixes.length, at);
    this.#next += prefixes.length;
  }
}

const entryLayout = once(() => {
  const { value } = bgpModule();
  return {
    first: value("ATTRIBUTES"),
    most: value("ATTRIBUTES_MAX"),
    bytes: value("ATTRIBUTE_BYTES"),
    code: value("ATTRIBUTE_CODE"),
    flags: value("ATTRIBUTE_FLAGS"),
    form: value("ATTRIBUTE_FORM"),
  };
});

class AttributeList {
  readonly values = new Values();
  #count = 0;

  addField(name: "MpReachNlri" | "MpUnreachNlri"): void {
    this.#add(bgpModule().value(`Attribute.${name}`), 0, "FORM_FIELD");
  }

  addWords(code: number, words: readonly number[]): void {
    this.values.putWords(words, "ATTRIBUTE_VALUE", this.#add(code, 0, "FORM_WORDS"));
  }

  addUnknown({ flags, typeCode, value }: UnknownAttribute): void {
    const bytes = parseHex(value);
    if (bytes === undefined) throw new TypeError(`Cannot encode attribute ${typeCode}: value is ${value}, expected hex`);
    this.values.putBytes(bytes, "ATTRIBUTE_VALUE", this.#add(typeCode, flags, "FORM_BYTES"));
  }

  /** Where the entry lies. Flags of 0 stand for those that the attribute has. */
  #add(code: number, flags: number, form: string): number {
    const { memory, value } = bgpModule();
    const entry = entryLayout();
    if (this.#count === entry.most) throw new RangeError(`Cannot encode more than ${this.#count} attributes`);
    const at = entry.first + this.#count * entry.bytes;
    memory.fill(0, at, at + entry.bytes);
    memory[at + entry.code] = code;
    memory[at + entry.flags] = flags;
    memory[at + entry.form] = value(form);
    this.#count += 1;
    write("UPDATE_ATTRIBUTES", this.#count);
    return at;
  }
}
