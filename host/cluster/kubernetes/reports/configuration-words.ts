/**
 * A problem in the words that are compared whole by tools that know MetalLB's, its end-to-end tests among them; any other in ours.
 */

import type { Problem } from "../../../rules/vocabulary.ts";

type Words = (name: string, value: string, namespace: string) => string;

const SECRET_TYPE = "kubernetes.io/basic-auth";

/** By kind and field; what is found there, and what is not wrong with it. */
const KNOWN: readonly { readonly at: string; readonly found: RegExp; readonly expected: string; readonly words: Words }[] = [
  {
    at: "BGPPeer spec.bfdProfile",
    found: /^(".*")$/,
    expected: "the name of a BFDProfile that exists",
    words: (peer, profile) => `peer ${peer} referencing non existing bfd profile ${profile}`,
  },
  {
    at: "BGPPeer spec.passwordSecret.name",
    found: /^(".*"), which is not there$/,
    expected: `a Secret of type ${SECRET_TYPE} with a password`,
    words: (peer, _secret, namespace) =>
      `parsing peer ${peer} secret ref not found for peer config "${namespace}"/"${peer}"\nfailed to parse peer ${peer} password secret`,
  },
  {
    at: "BGPPeer spec.passwordSecret.name",
    found: /^(".*") of type (?!kubernetes.io\/basic-auth)/,
    expected: `a Secret of type ${SECRET_TYPE} with a password`,
    words: (peer, secret, namespace) =>
      `parsing peer ${peer} secret type mismatch on "${namespace}"/"${secret}", type "${SECRET_TYPE}" is expected \nfailed to parse peer ${peer} password secret`,
  },
  {
    at: "BGPAdvertisement spec.communities",
    found: /^(".*")$/,
    expected: "a name that a Community object gives",
    words: (_name, alias) => `invalid community format: ${alias}\ninvalid community "${alias}" in BGP advertisement`,
  },
];

/** `namespace`: that of the configuration. May be several lines. */
export function configurationWords({ object, path, found, expected }: Problem, namespace: string): string {
  const [kind = "", name = ""] = object.split(" ");
  const at = `${kind} ${path.replace(/\[\d+\]$/, "")}`;
  for (const known of KNOWN) {
    const value = known.at === at && known.expected === expected ? known.found.exec(found)?.[1] : undefined;
    if (value !== undefined) return known.words(name, value.slice(1, -1), namespace);
  }
  return `${object}${path === "" ? "" : ` ${path}`}: found ${found}, expected ${expected}`;
}
