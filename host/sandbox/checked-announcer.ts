/** An announcer that is shown only what its definition says that it understands. */

import type { Announcer, PluginDefinition } from "../announcer.ts";
import type { Announcement } from "../rules/vocabulary.ts";
import { createCheck, NO_ATTRIBUTES } from "./check-config.ts";
import type { AssignedAddresses } from "./program/assigned-addresses.ts";
import { withinTime } from "./within-time.ts";

const STOP_TIMEOUT_MS = 5000;
const CONFIGURE_TIMEOUT_MS = 10_000;

/**
 * `renew`: grants what a new config asks for, and gives what takes that back; throws where the config is wrong. `assigned`: of a plugin that
 * is not built in, follows what it is told to announce.
 */
export function checkedAnnouncer(
  announcer: Announcer,
  { name, attributes = NO_ATTRIBUTES }: Pick<PluginDefinition, "name" | "attributes">,
  renew: (config: unknown) => Promise<() => void>,
  assigned?: AssignedAddresses,
): Announcer {
  const check = createCheck(`plugin ${name}`, attributes);
  const whyNot = (row: Announcement): string | undefined => {
    const [problem] = check(row.attributes);
    return problem && `attributes ${problem.path}: found ${problem.found}, expected ${problem.expected}`;
  };
  return {
    held: async () => (await announcer.held?.()) ?? [],
    async apply(changes) {
      const { added, changed } = changes;
      const reasons = new Map<string, string>();
      for (const row of [...added, ...changed]) {
        const reason = whyNot(row);
        if (reason !== undefined) reasons.set(row.vip, reason);
      }
      const isGood = ({ vip }: Announcement): boolean => !reasons.has(vip);
      const good = { ...changes, added: added.filter(isGood), changed: changed.filter(isGood) };
      const refusals = await (assigned === undefined ? announcer.apply(good) : assigned.during(good, () => announcer.apply(good)));
      return [...refusals, ...Array.from(reasons, ([vip, reason]) => ({ vip, reason }))];
    },
    async configure(config) {
      const takeBack = await renew(config);
      let isTaken = false;
      try {
        isTaken = await withinTime("configure", CONFIGURE_TIMEOUT_MS, async () => (await announcer.configure?.(config)) ?? false);
      } finally {
        if (!isTaken) takeBack();
      }
      return isTaken;
    },
    drain: async () => await withinTime("drain", STOP_TIMEOUT_MS, async () => await announcer.drain?.()),
    undrain: async () => await withinTime("undrain", STOP_TIMEOUT_MS, async () => await announcer.undrain?.()),
    inspect: (what) => announcer.inspect?.(what),
    ...(announcer.audience === undefined ? {} : { audience: (vip) => announcer.audience?.(vip) ?? [] }),
    stop: (why) => withinTime("stop", STOP_TIMEOUT_MS, () => announcer.stop(why)),
  };
}
