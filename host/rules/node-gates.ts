/** What must hold of a node that announces: MetalLB's conditions, in its order, and then what its speaker says of itself. */

import { firstObjection, type Gate } from "./gate.ts";
import { L2_ADVERTISEMENT } from "./l2-advertisement.ts";
import type { Reach } from "./reach.ts";
import type { Advertisement, NodeFact } from "./vocabulary.ts";

/** Any value of it takes a node out (a label that Kubernetes defines for load balancers). */
const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** What changes which nodes may announce. */
export interface NodeOptions {
  /** MetalLB's flag `--ignore-exclude-lb`. */
  readonly ignoreExcludeLabel?: boolean;
  /** Cordoned nodes may not announce. By default they may, as in MetalLB. */
  readonly honorCordon?: boolean;
  /** Default: as the Node says. A speaker knows better of its own, which first makes others take over what it can. */
  readonly isDrained?: (node: NodeFact) => boolean;
  /** A session with that node says that its speaker lives, though its Lease has expired. Default: nobody listens to it. */
  readonly isHeard?: (node: string) => boolean;
}

/** A node, and the advertisements of one kind that include it. */
export interface NodeSubject {
  readonly node: NodeFact;
  readonly advertisements: readonly Advertisement[];
  readonly options: NodeOptions;
  /** Some node that all the other gates let pass has an interface to announce on, as far as is known. */
  readonly isAnyLinked: boolean;
}

const EVERY_KIND: readonly Gate<NodeSubject>[] = [
  {
    name: "advertisement of the node",
    objection: ({ advertisements }) => (advertisements.length === 0 ? "noMatchingAdvertisement" : undefined),
    found: ({ advertisements }) => advertisements.map(({ name }) => name).join(", ") || "none",
  },
  {
    name: "network available",
    objection: ({ node }) => (node.networkUnavailable ? "nodeNetworkUnavailable" : undefined),
    found: ({ node }) => (node.networkUnavailable ? "no" : "yes"),
  },
  {
    name: "not excluded by label",
    objection: ({ node, options }) => (!options.ignoreExcludeLabel && isExcluded(node) ? "nodeLabeledExcludeBalancers" : undefined),
    found: ({ node, options }) => `${isExcluded(node) ? "labelled" : "not labelled"}${options.ignoreExcludeLabel ? ", ignored" : ""}`,
  },
  {
    name: "not cordoned",
    objection: ({ node, options }) => (options.honorCordon && node.isUnschedulable ? "nodeCordoned" : undefined),
    found: ({ node, options }) => `${node.isUnschedulable ? "cordoned" : "not cordoned"}${options.honorCordon ? "" : ", ignored"}`,
  },
  {
    name: "not drained",
    objection: (subject) => (isDrained(subject) ? "nodeDraining" : undefined),
    found: (subject) => (isDrained(subject) ? "drained" : "not drained"),
  },
];

/**
 * Beyond MetalLB. On a segment the owner answers itself, by a link of its own. Routes do not care: their peers see for themselves, and may
 * keep them while a speaker is replaced.
 */
const SEGMENT: readonly Gate<NodeSubject>[] = [
  {
    name: "speaker stays",
    objection: ({ node: { speaker } }) => (speaker?.isLeaving ? "speakerLeaving" : undefined),
    found: ({ node: { speaker } }) => (speaker === undefined ? "not heard of" : speaker.isLeaving ? "leaving" : "yes"),
  },
  {
    // Where no node has one, the owner is the one who says so: that it cannot announce.
    name: "interface that is up",
    objection: (subject) => {
      if (!subject.isAnyLinked || hasLink(subject)) return undefined;
      return listedInterfaces(subject) === undefined ? "noUsableInterface" : "noListedInterface";
    },
    found: (subject) => {
      const up = subject.node.speaker?.links.join(", ");
      return `${up === undefined ? "not heard of" : up || "none"}, of ${listedInterfaces(subject)?.join(", ") ?? "all"}`;
    },
  },
];
const EVERY_AND_SEGMENT = [...EVERY_KIND, ...SEGMENT];

/** Whatever the Service's endpoints are, for advertisements of a kind. */
export function nodeGates(kind: string): readonly Gate<NodeSubject>[] {
  return kind === L2_ADVERTISEMENT ? EVERY_AND_SEGMENT : EVERY_KIND;
}

/** Is this a node with an interface to announce on, and without another objection to it? */
export function isLinked(subject: Omit<NodeSubject, "isAnyLinked">): boolean {
  const isLeaving = subject.node.speaker?.isLeaving ?? false;
  return !isLeaving && hasLink(subject) && firstObjection(EVERY_KIND, { ...subject, isAnyLinked: true }) === undefined;
}

/** A node that all gates of its own let pass, and a Service. */
export interface ReachSubject {
  readonly name: string;
  readonly reach: Reach;
  /** Its speaker is taken for dead, where that matters. */
  readonly isSilent: boolean;
  /** Some other node could announce, and is not taken for dead. */
  readonly isAnyHeard: boolean;
}

/** The last ones. */
export const REACH_GATES: readonly Gate<ReachSubject>[] = [
  {
    name: "endpoint on the node",
    objection: ({ name, reach }) => (reach === "everywhere" || reach.has(name) ? undefined : "noLocalEndpoints"),
    found: ({ name, reach }) => (reach === "everywhere" ? "not needed" : `${reach.get(name) ?? 0}`),
  },
  {
    // Where all are silent, it may be that nobody is heard: then it says nothing.
    name: "speaker heard of lately",
    objection: ({ isSilent, isAnyHeard }) => (isSilent && isAnyHeard ? "speakerSilent" : undefined),
    found: ({ isSilent, isAnyHeard }) => (isSilent ? `silent${isAnyHeard ? "" : ", as all others"}` : "yes"),
  },
];

/** Does it matter for advertisements of this kind, and is it so, that the node's speaker is taken for dead? */
export function isSilent(kind: string, { name, speaker }: NodeFact, { isHeard }: NodeOptions): boolean {
  return kind === L2_ADVERTISEMENT && speaker?.isSilent === true && isHeard?.(name) !== true;
}

/** Unless it is known that it has none, it has one. */
function hasLink(subject: Pick<NodeSubject, "node" | "advertisements">): boolean {
  const listed = listedInterfaces(subject);
  return subject.node.speaker?.links.some((link) => listed?.includes(link) ?? true) ?? true;
}

/** Undefined: all. */
function listedInterfaces({ advertisements }: Pick<NodeSubject, "advertisements">): readonly string[] | undefined {
  const isForAll = advertisements.length === 0 || advertisements.some(({ interfaces }) => interfaces.length === 0);
  return isForAll ? undefined : [...new Set(advertisements.flatMap(({ interfaces }) => interfaces))].sort();
}

function isDrained({ node, options }: NodeSubject): boolean {
  return options.isDrained?.(node) ?? node.isDraining ?? false;
}

function isExcluded({ labels }: NodeFact): boolean {
  return Object.hasOwn(labels, EXCLUDE_LABEL);
}
