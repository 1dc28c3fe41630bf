/** L2Advertisement → `Advertisement`, by MetalLB's rules. Names of pools that do not exist are fine: they may come. */

import { closeObject, complain, openObject, type Parsed, type Reading, readInteger, readList, readObject, readStrings } from "./config.ts";
import { readSelector, readSelectors } from "./read-selectors.ts";
import type { Advertisement } from "./vocabulary.ts";

/** The kind of such a resource, and of the advertisement that it becomes: for announcers on segments. */
export const L2_ADVERTISEMENT = "L2Advertisement";

const WEIGHTS = { minimum: 1, maximum: 100 };

/** Reads one L2Advertisement object; without a `spec` it announces every pool from every node. */
export function readL2Advertisement(object: unknown): Parsed<Advertisement> {
  const reading = openObject(L2_ADVERTISEMENT, object);
  return closeObject(reading, { name: reading.name, kind: L2_ADVERTISEMENT, ...readSelections(reading), attributes: {} });
}

/** What an advertisement is for: pools, Services, nodes, and interfaces of those. The same fields in every kind that has all of them. */
export function readSelections(reading: Reading): Omit<Advertisement, "name" | "kind" | "attributes"> {
  const spec = reading.spec ?? {};
  return {
    poolNames: readStrings(reading, "spec.ipAddressPools", spec["ipAddressPools"], true),
    poolSelectors: readSelectors(reading, "spec.ipAddressPoolSelectors", spec["ipAddressPoolSelectors"]),
    nodeSelectors: readSelectors(reading, "spec.nodeSelectors", spec["nodeSelectors"]),
    serviceSelectors: readSelectors(reading, "spec.serviceSelectors", spec["serviceSelectors"]),
    interfaces: readStrings(reading, "spec.interfaces", spec["interfaces"], false),
    preferences: readPreferences(reading, "spec.preferredNodeSelectors", spec["preferredNodeSelectors"]),
  };
}

function readPreferences(reading: Reading, path: string, value: unknown): Advertisement["preferences"] {
  const preferences: { weight: number; selector: NonNullable<ReturnType<typeof readSelector>> }[] = [];
  for (const [at, item] of readList(reading, path, value).entries()) {
    const raw = readObject(reading, `${path}[${at}]`, item);
    if (raw === undefined) {
      if (item === null || item === undefined) complain(reading, `${path}[${at}]`, item, "a weight and a preference");
      continue;
    }
    const weight = readInteger(reading, `${path}[${at}].weight`, raw["weight"], WEIGHTS);
    const selector = readSelector(reading, `${path}[${at}].preference`, raw["preference"]);
    if (selector !== undefined) preferences.push({ weight, selector });
  }
  return preferences;
}
