/**
 * What a speaker says of itself, as its Lease carries it: one annotation with JSON.
 *
 *   metadata: { name: herald-speaker-node-a, labels: { herald.dev/speaker: node-a },
 *               annotations: { herald.dev/speaker: '{"node":"node-a","links":["eth0"],"macs":["02:…"],"isLeaving":false}' } }
 *
 * Fields that are not known are passed over, so that a newer speaker may say more.
 */

import { API_GROUP } from "../../../rules/api-group.ts";
import { ownText } from "../../../rules/config.ts";
import type { SpeakerFact } from "../../../rules/vocabulary.ts";
import { labelValue, ownName } from "../reports/owned-object.ts";

/** Of the label by which these Leases are found (its value: the node), and of the annotation. */
export const SPEAKER_KEY = `${API_GROUP}/speaker`;

export interface SpeakerWords extends Omit<SpeakerFact, "isSilent"> {
  readonly node: string;
}

const PREFIX = "herald-speaker-";
/** Of an object (RFC 1123 §2.1 "Host Names and Numbers", as Kubernetes reads it). */
const LONGEST_NAME = 253;
/** As many links as a row of a packet program can name. */
const MOST_LINKS = 64;
/** All of that, with the longest names. */
const LONGEST_TEXT = 4096;
/** IFNAMSIZ of Linux, less the zero. */
const LINK_NAME = /^[^\s/]{1,15}$/;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/** The name of the Lease of a node's speaker. */
export function speakerLeaseName(node: string): string {
  const name = PREFIX + node;
  return name.length <= LONGEST_NAME ? name : ownName(name, node);
}

/** Labels and annotations of the Lease. */
export function metadataOf(words: SpeakerWords) {
  return { labels: { [SPEAKER_KEY]: labelValue(words.node) }, annotations: { [SPEAKER_KEY]: writeWords(words) } };
}

/** The first 64 links, in the order of names. */
export function writeWords({ node, links, macs, isLeaving }: SpeakerWords): string {
  return JSON.stringify({ node, links: tidy(links).slice(0, MOST_LINKS), macs: tidy(macs).slice(0, MOST_LINKS), isLeaving });
}

/** Undefined where this is no word of the speaker whose Lease has that name. Whoever may write Leases may have written it. */
export function readWords(text: unknown, leaseName: string): SpeakerWords | undefined {
  if (typeof text !== "string" || text.length > LONGEST_TEXT) return undefined;
  const { node, links, macs, isLeaving } = readJson(text);
  if (typeof node !== "string" || speakerLeaseName(node) !== leaseName || typeof isLeaving !== "boolean") return undefined;
  if (!isListOf(LINK_NAME, links) || !isListOf(MAC, macs)) return undefined;
  return { node: ownText(node), links: tidy(links.map(ownText)), macs: tidy(macs.map(ownText)), isLeaving };
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function isListOf(form: RegExp, list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.length <= MOST_LINKS && list.every((item) => typeof item === "string" && form.test(item));
}

function tidy(list: readonly string[]): readonly string[] {
  return [...new Set(list)].sort();
}
