/** IPAddressPool → `Pool`, by MetalLB's rules. */

import { POOL_ANNOTATIONS } from "./annotations.ts";
import { parseBlocks } from "./blocks.ts";
import {
  closeObject,
  complain,
  openObject,
  type Parsed,
  type Reading,
  readBoolean,
  readInteger,
  readLabels,
  readObject,
  readStrings,
} from "./config.ts";
import { readBlocks } from "./read-blocks.ts";
import { readSelectors } from "./read-selectors.ts";
import type { Labels, OwnershipPolicy, Pool } from "./vocabulary.ts";

/** Go's int, as far as a JavaScript number counts exactly. */
const PRIORITIES = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, fallback: 0 };

const POLICIES: readonly OwnershipPolicy[] = ["revertive", "sticky", "balanced"];

/** Reads one IPAddressPool object. Overlap with other pools is `separatePools`' to find. */
export function readPool(object: unknown): Parsed<Pool> {
  const reading = openObject("IPAddressPool", object);
  const spec = reading.spec ?? {};
  const allocation = readAllocation(reading, spec["serviceAllocation"]);
  return closeObject(reading, {
    name: reading.name,
    labels: readLabels(reading, "metadata.labels", reading.metadata["labels"]),
    blocks: readBlocks(reading, "spec.addresses", spec["addresses"], parseBlocks),
    autoAssign: readBoolean(reading, "spec.autoAssign", spec["autoAssign"], true),
    avoidBuggyIPs: readBoolean(reading, "spec.avoidBuggyIPs", spec["avoidBuggyIPs"], false),
    ...readAnnotations(reading),
    ...(allocation === undefined ? {} : { allocation }),
  });
}

/** Beyond MetalLB. Its kinds have no fields for these. */
function readAnnotations(reading: Reading): Pick<Pool, "isDraining" | "isProbed" | "dualStackWith" | "ownership"> {
  const { drain, dualStackWith, ownership, probe } = POOL_ANNOTATIONS;
  const annotations = readLabels(reading, "metadata.annotations", reading.metadata["annotations"]);
  const partner = annotations[dualStackWith];
  if (partner === "" || partner === reading.name)
    complain(reading, `metadata.annotations[${dualStackWith}]`, partner, "the name of another pool");
  const policy = annotations[ownership];
  if (policy !== undefined && !isPolicy(policy)) complain(reading, `metadata.annotations[${ownership}]`, policy, POLICIES.join(" or "));
  return {
    ...(policy !== undefined && isPolicy(policy) ? { ownership: policy } : {}),
    ...(readFlag(reading, annotations, drain) ? { isDraining: true } : {}),
    ...(readFlag(reading, annotations, probe) ? { isProbed: true } : {}),
    ...(partner === undefined ? {} : { dualStackWith: partner }),
  };
}

function readFlag(reading: Reading, annotations: Labels, key: string): boolean {
  const value = annotations[key] ?? "false";
  if (value !== "true" && value !== "false") complain(reading, `metadata.annotations[${key}]`, value, '"true" or "false"');
  return value === "true";
}

function isPolicy(text: string): text is OwnershipPolicy {
  return (POLICIES as readonly string[]).includes(text);
}

function readAllocation(reading: Reading, value: unknown): Pool["allocation"] {
  const path = "spec.serviceAllocation";
  const raw = readObject(reading, path, value);
  if (raw === undefined) return undefined;
  return {
    priority: readInteger(reading, `${path}.priority`, raw["priority"], PRIORITIES),
    namespaces: readStrings(reading, `${path}.namespaces`, raw["namespaces"], true),
    namespaceSelectors: readSelectors(reading, `${path}.namespaceSelectors`, raw["namespaceSelectors"]),
    serviceSelectors: readSelectors(reading, `${path}.serviceSelectors`, raw["serviceSelectors"]),
  };
}
