/** BGP communities: their texts, and MetalLB's Community resource, which gives them names. */

import { closeObject, complain, openObject, type Parsed, type Problem, readList, readObject } from "../../host/announcer.ts";

/** A community of either size, as canonical text: `65000:1` (RFC 1997) or `65000:1:2` (RFC 8092). */
export interface Community {
  readonly isLarge: boolean;
  readonly text: string;
}

/** A Community object: names for values. */
export interface CommunityNames {
  readonly name: string;
  readonly aliases: readonly { readonly alias: string; readonly community: Community }[];
}

export type ParsedCommunity = { readonly ok: true; readonly value: Community } | { readonly ok: false; readonly expected: string };

/** The kind of such a resource. */
export const COMMUNITY = "Community";
const MOST_SECTION = 0xffff;
const MOST_LARGE_SECTION = 0xffff_ffff;

/** Reads `65000:1` or `large:65000:1:2`. The words in `expected` are those that MetalLB's own tests look for. */
export function parseCommunity(text: string): ParsedCommunity {
  const sections = text.split(":");
  if (sections.length === 4 && sections[0] !== "large") {
    return { ok: false, expected: "large:A:B:C (expected community to be of format large)" };
  }
  const isLarge = sections.length === 4;
  if (!isLarge && sections.length !== 2)
    return { ok: false, expected: "a community A:B or large:A:B:C (invalid community value: invalid format)" };
  const numbers = isLarge ? sections.slice(1) : sections;
  const most = isLarge ? MOST_LARGE_SECTION : MOST_SECTION;
  const wrong = numbers.find((section) => !/^\d{1,20}$/.test(section) || Number(section) > most);
  if (wrong === undefined) return { ok: true, value: { isLarge, text: numbers.map(Number).join(":") } };
  const form = isLarge ? "large:A:B:C" : "A:B";
  return {
    ok: false,
    expected: `${form} of whole numbers up to ${most} (invalid community value: invalid section ${JSON.stringify(wrong.slice(0, 40))})`,
  };
}

/** Reads one Community object. Names of other objects are `collectAliases`' to compare with. */
export function readCommunity(object: unknown): Parsed<CommunityNames> {
  const reading = openObject(COMMUNITY, object);
  const aliases: { alias: string; community: Community }[] = [];
  const seen = new Set<string>();
  for (const [at, item] of readList(reading, "spec.communities", reading.spec?.["communities"]).entries()) {
    const path = `spec.communities[${at}]`;
    const { name, value } = readObject(reading, path, item) ?? {};
    const parsed = typeof value === "string" ? parseCommunity(value) : ({ ok: false, expected: "a community A:B or large:A:B:C" } as const);
    const named = typeof name === "string" && name !== "";
    if (!named) complain(reading, `${path}.name`, name, "a name");
    else if (seen.has(name)) complain(reading, `${path}.name`, name, "each name once (duplicate definition of community)");
    if (!parsed.ok) complain(reading, `${path}.value`, value, parsed.expected);
    if (!named || !parsed.ok) continue;
    seen.add(name);
    aliases.push({ alias: name, community: parsed.value });
  }
  return closeObject(reading, { name: reading.name, aliases });
}

/** All names together. Of two objects that give the same name, in name order, the first has it. */
export function collectAliases(objects: Iterable<CommunityNames>): {
  readonly aliases: ReadonlyMap<string, Community>;
  readonly problems: readonly Problem[];
} {
  const owners = new Map<string, string>();
  const aliases = new Map<string, Community>();
  const problems: Problem[] = [];
  for (const object of [...objects].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    for (const [at, { alias, community }] of object.aliases.entries()) {
      const owner = owners.get(alias);
      if (owner === undefined) {
        owners.set(alias, object.name);
        aliases.set(alias, community);
      } else {
        problems.push({
          object: `${COMMUNITY} ${object.name}`,
          path: `spec.communities[${at}].name`,
          found: JSON.stringify(alias),
          expected: `a name that ${COMMUNITY} ${owner} does not give (duplicate definition of community)`,
        });
      }
    }
  }
  return { aliases, problems };
}
