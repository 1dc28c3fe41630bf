/** The nodes that a Service itself would like to be announced from, by an annotation. Beyond MetalLB. */

import { SERVICE_ANNOTATIONS } from "./annotations.ts";
import type { Said } from "./demand.ts";
import type { Labels } from "./vocabulary.ts";

const MOST_NAMES = 64;
/** As Kubernetes names nodes: RFC 1123 §2.1 "Host Names and Numbers", lower case, at most 253 characters. */
const NAME = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
/** Of what is wrong, for people. */
const LONGEST_FOUND = 60;
/** Most Services name none. */
const NO_NODES: readonly string[] = Object.freeze([]);

/** Names, the most wanted first, each once, of nodes that need not be there; or what is wrong with the annotation. */
export function readPreferredNodes(annotations: Labels): readonly string[] | Said {
  const text = annotations[SERVICE_ANNOTATIONS.preferredNodes];
  if (text === undefined) return NO_NODES;
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  if (names.length > MOST_NAMES) return wrong(`${names.length} nodes`);
  const bad = names.find((name) => !NAME.test(name));
  return bad === undefined ? names : wrong(JSON.stringify(bad.slice(0, LONGEST_FOUND)));
}

/** Those that count: none where something is wrong. */
export function preferredNodes(annotations: Labels): readonly string[] {
  const read = readPreferredNodes(annotations);
  return "reason" in read ? NO_NODES : read;
}

function wrong(found: string): Said {
  const message = `Annotation ${SERVICE_ANNOTATIONS.preferredNodes} names ${found}, expected at most ${MOST_NAMES} names of nodes with commas`;
  return { reason: "invalidAnnotation", message };
}
