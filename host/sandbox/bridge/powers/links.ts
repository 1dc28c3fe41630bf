/** Links: the host tells all of them before the start and at every change, so that a plugin asks without waiting. */

import type { Close, Link, Links } from "../../../announcer.ts";
import type { Plain } from "../../cell/channel.ts";
import { demandFunction, type FarSide } from "../far-side.ts";
import type { Lender } from "../lender.ts";

/** The number by which they are told. */
const LINKS = 0;

/** Tells those that there are, and then every change. Resolves when the plugin's side has them. */
export async function lendLinks(lender: Lender): Promise<Close> {
  const { links } = lender.context;
  await lender.sendList(LINKS, "links", links.all() as unknown as readonly Plain[]);
  const tell = lender.lists(LINKS, "links");
  return links.watch((all) => tell(all as unknown as readonly Plain[]));
}

export function borrowLinks(far: FarSide): Links {
  const watchers = new Set<unknown>();
  let all: readonly Link[] = far.harden([]);
  let next: Link[] = [];
  far.listen(LINKS, {
    links(part, isLast) {
      next.push(...(part as unknown as readonly Link[]));
      if (isLast !== true) return;
      all = far.harden(next);
      next = [];
      for (const call of [...watchers]) if (watchers.has(call)) far.run("links.watch", call, all);
    },
  });
  return {
    all: () => all,
    watch(call) {
      demandFunction("links.watch", call);
      const watcher = (links: readonly Link[]) => call(links);
      watchers.add(watcher);
      far.run("links.watch", watcher, all);
      return far.harden(() => void watchers.delete(watcher));
    },
    id(name) {
      const id = all.find((link) => link.name === name)?.id ?? -1;
      if (id < 0) throw new Error(`Link ${JSON.stringify(name)} has no id: there is none of this name, or there are too many`);
      return id;
    },
  };
}
