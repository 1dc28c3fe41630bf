/**
 * Which Service has which name. The first of those that want a name has it, by `namespace/name`; the next is called `NAME-NAMESPACE`, and so is
 * one whose name somebody else on the link has; then `NAME-NAMESPACE-2`, and so on.
 */

import type { ServiceInfo } from "herald";

export const HOSTNAME = "herald.dev/hostname";

const DOMAIN = ".local";
/** RFC 1123 §2.1, in lower case. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MOST_LABEL = 63;

export interface Naming {
  /** `web.local` */
  readonly name: string;
  /** What it would have been called; absent: that is its name. */
  readonly wanted?: string;
  /** What is wrong with the name that was asked for. */
  readonly problem?: string;
}

export class Names {
  readonly #tries = new Map<string, number>();

  /** Somebody else has the name of this Service. */
  lose(service: string): void {
    this.#tries.set(service, this.triesOf(service) + 1);
  }

  /** How often it had to be called otherwise. */
  triesOf(service: string): number {
    return this.#tries.get(service) ?? 0;
  }

  /** `services`: sorted by key. `attribute`: the name that the Service's announcement says. */
  assign(services: readonly ServiceInfo[], attribute: (service: string) => string | undefined): ReadonlyMap<string, Naming> {
    const namings = new Map<string, Naming>();
    const used = new Set<string>();
    for (const { key, namespace, name, annotations } of services) {
      const asked = annotations[HOSTNAME] ?? attribute(key);
      const read = asked === undefined ? name : readHostname(asked);
      const label = read ?? name;
      let tries = this.triesOf(key);
      while (used.has(candidate(label, namespace, tries))) tries += 1;
      const found = candidate(label, namespace, tries);
      used.add(found);
      namings.set(key, {
        name: found + DOMAIN,
        ...(found === label ? {} : { wanted: label + DOMAIN }),
        ...(read === undefined ? { problem: `found hostname ${JSON.stringify(asked)}, expected one like "web" or "web.local"` } : {}),
      });
    }
    for (const key of this.#tries.keys()) if (!namings.has(key)) this.#tries.delete(key);
    return namings;
  }
}

/** Undefined: it is no name. */
function readHostname(text: string): string | undefined {
  const label = text.toLowerCase().replace(/\.local\.?$/, "");
  return LABEL.test(label) ? label : undefined;
}

function candidate(label: string, namespace: string, tries: number): string {
  const end = tries === 0 ? "" : tries === 1 ? `-${namespace}` : `-${namespace}-${tries}`;
  const short = end.slice(-MOST_LABEL + 1);
  return label.slice(0, MOST_LABEL - short.length) + short;
}
