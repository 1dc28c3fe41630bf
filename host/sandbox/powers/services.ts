/** Services for plugins: those that the plugin's announcements name, with the annotations that were granted. */

import { isDeepStrictEqual } from "node:util";
import type { Announcement, Changes, Close, ServiceInfo, Services } from "../../announcer.ts";
import type { ServiceFact, ServiceKey } from "../../rules/vocabulary.ts";
import type { Opened } from "../opened.ts";
import type { Grants } from "../permissions/grants.ts";

/** Where the host's Services come from. */
export interface ServiceSource {
  get(key: ServiceKey): ServiceFact | undefined;
  /** Calls back after changes of Services, with those that may have changed; undefined: any of them. Not at once. */
  watch(call: (changed: ReadonlySet<ServiceKey> | undefined) => void): Close;
}

/** A host without Services. */
export const noServices: ServiceSource = { get: () => undefined, watch: () => () => {} };

/** The Services that the rows of one plugin name, as it was last told them. */
export class NamedServices {
  readonly #byVip = new Map<string, readonly ServiceKey[]>();
  readonly #calls = new Set<() => void>();

  /** Before the plugin hears of the rows, so that it knows of their Services when it does. */
  take({ added, changed, removed }: Changes): void {
    let isNew = false;
    const put = (vip: string, services: Announcement["services"] | undefined): void => {
      isNew ||= !isDeepStrictEqual(this.#byVip.get(vip), services);
      if (services === undefined) this.#byVip.delete(vip);
      else this.#byVip.set(vip, services);
    };
    for (const { vip } of removed) put(vip, undefined);
    for (const { vip, services } of [...added, ...changed]) put(vip, services);
    if (isNew) for (const call of [...this.#calls]) call();
  }

  /** Sorted. */
  keys(): readonly ServiceKey[] {
    return [...new Set([...this.#byVip.values()].flat())].sort();
  }

  watch(call: () => void): Close {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }
}

export function createServices(grants: Grants, source: ServiceSource, named: NamedServices, opened: Opened): Services {
  return {
    watch(annotations, call) {
      const wanted = [...annotations];
      for (const annotation of wanted) grants.demand({ kind: "service", annotation });
      if (opened.hasEnded) return () => {};
      let keys = named.keys();
      let told: readonly ServiceInfo[] | undefined;
      const tell = (): void => {
        const infos = keys.flatMap((key) => infoOf(source.get(key), wanted));
        if (opened.hasEnded || isDeepStrictEqual(infos, told)) return;
        told = infos;
        call(infos);
      };
      const closes = [
        named.watch(() => {
          keys = named.keys();
          tell();
        }),
        source.watch((changed) => {
          if (changed === undefined || keys.some((key) => changed.has(key))) tell();
        }),
      ];
      const close = opened.add(() => {
        for (const end of closes) end();
      });
      tell();
      return close;
    },
  };
}

/** None where there is no such Service any more. */
function infoOf(service: ServiceFact | undefined, wanted: readonly string[]): ServiceInfo[] {
  if (service === undefined) return [];
  const { key, namespace, name, annotations, ports } = service;
  const shown = wanted.filter((annotation) => Object.hasOwn(annotations, annotation));
  return [
    {
      ...{ key, namespace, name },
      annotations: Object.fromEntries(shown.map((annotation) => [annotation, annotations[annotation] as string])),
      ports: ports.map(({ protocol, port }) => ({ protocol, port })),
    },
  ];
}
