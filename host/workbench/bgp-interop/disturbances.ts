/** What is done to all sessions at once, and what the routers showed meanwhile. */

import { setTimeout as wait } from "node:timers/promises";
import { ROUTERS, type RouterName, type SeenRoute } from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import { manifests } from "./manifests.ts";
import { hasBfd, nodeAddress, type SessionName } from "./sessions.ts";
import type { Look, Tables } from "./tables.ts";

const LOOK_MS = 200;
/** Longer than the short hold time. */
const FROZEN_MS = 6000;
/** A machine so busy that a router is not looked at for so long misses what it showed. */
const DOWN_LIMIT_MS = 15_000;
/** Some times as long as BFD takes to find silence. */
const QUIET_MS = 1500;

/** RFC 8326 §3. */
export const GRACEFUL_SHUTDOWN = "65535:0";
/** Its table shows what ExaBGP is told, and nothing else. */
const KEEPERS = ROUTERS.filter((name) => name !== "exabgp");

type ByRouter<Seen> = ReadonlyMap<RouterName, Seen>;

/** What became of a route that should stay while its session is away. */
export interface Kept {
  wasMissing: boolean;
  wasStale: boolean;
}

export interface Restart {
  readonly kept: ReadonlyMap<SessionName, Kept>;
  /** Of a session without graceful restart. */
  readonly othersWereMissing: boolean;
}

/** Herald is killed, and started again when all routers have shown that. */
export async function restart(tables: Tables): Promise<ByRouter<Restart>> {
  const stage = await tables.stage();
  for (const name of KEEPERS) {
    await tables.fresh(name, [...keptBy(name), "plain"]);
    if (hasBfd(name)) await tables.watchedByBfd(name, "bfd-restart");
  }
  let isOver = false;
  const noticed: Promise<void>[] = [];
  const watches = KEEPERS.map(async (name) => {
    const kept = new Map(keptBy(name).map((session) => [session, { wasMissing: false, wasStale: false }]));
    let notice = (): void => {};
    noticed.push(new Promise((resolve) => (notice = resolve)));
    const seen = { kept, othersWereMissing: false };
    const isFresh = async (): Promise<boolean> => {
      const of = await tables.look(name);
      for (const [session, one] of kept) note(one, of(session));
      seen.othersWereMissing ||= of("plain") === undefined;
      if (seen.othersWereMissing && [...kept.values()].every(({ wasMissing, wasStale }) => wasMissing || wasStale)) notice();
      return [...kept.keys(), "plain" as const].every((session) => of(session)?.stale === false);
    };
    while (!((await isFresh()) && isOver)) await wait(LOOK_MS);
    return [name, seen] as const;
  });
  stage.signal("SIGKILL");
  await Promise.race([Promise.all(noticed), wait(DOWN_LIMIT_MS)]);
  await stage.startAgain();
  for (const name of KEEPERS) await tables.established(name, nodeAddress("restart"));
  isOver = true;
  return new Map(await Promise.all(watches));
}

function keptBy(name: RouterName): SessionName[] {
  return hasBfd(name) ? ["restart", "bfd-restart"] : ["restart"];
}

function note(kept: Kept, route: SeenRoute | undefined): void {
  kept.wasMissing ||= route === undefined;
  kept.wasStale ||= route?.stale === true;
}

/** How long after Herald fell silent a session's route was gone; undefined: it stayed. */
export type Freeze = Readonly<Partial<Record<SessionName, number>>>;

/** Herald says nothing for a while. */
export async function freeze(tables: Tables): Promise<ByRouter<Freeze>> {
  const stage = await tables.stage();
  const watched = (name: RouterName): SessionName[] => ["plain", "hold", ...(hasBfd(name) ? (["bfd", "bfd-restart"] as const) : [])];
  for (const name of ROUTERS) await tables.fresh(name, watched(name));
  for (const name of ROUTERS.filter(hasBfd))
    for (const session of ["bfd", "bfd-restart"] as const) await tables.watchedByBfd(name, session);
  stage.signal("SIGSTOP");
  const startedMs = performance.now();
  const sinceMs = () => performance.now() - startedMs;
  const watches = ROUTERS.map(async (name) => {
    const gone: Partial<Record<SessionName, number>> = {};
    for (; sinceMs() < FROZEN_MS; await wait(LOOK_MS)) {
      const of = await tables.look(name);
      for (const session of watched(name)) if (of(session) === undefined) gone[session] ??= sinceMs();
    }
    return [name, gone] as const;
  });
  const seen = new Map(await Promise.all(watches));
  stage.signal("SIGCONT");
  return seen;
}

/** What a router showed last, before the routes of sessions without graceful restart were gone. */
export interface Departure {
  readonly plain: SeenRoute | undefined;
  readonly internal: SeenRoute | undefined;
  /** With graceful restart, when the others were gone. */
  readonly kept: SeenRoute | undefined;
}

/** Herald is stopped as an operator does it, and started again. */
export async function depart(tables: Tables): Promise<ByRouter<Departure>> {
  const stage = await tables.stage();
  for (const name of ROUTERS) await tables.fresh(name, ["plain", "internal", "restart"]);
  const watches = ROUTERS.map(async (name) => {
    let plain: ReturnType<Look>;
    let internal: ReturnType<Look>;
    for (; ; await wait(LOOK_MS)) {
      const of = await tables.look(name);
      if (of("plain") === undefined && of("internal") === undefined) return [name, { plain, internal, kept: of("restart") }] as const;
      // Sessions do not end in one moment.
      plain = of("plain") ?? plain;
      internal = of("internal") ?? internal;
    }
  });
  stage.signal("SIGTERM");
  const seen = new Map(await Promise.all(watches));
  await stage.startAgain();
  return seen;
}

/** An edit of their BGPPeer ends sessions with graceful restart, and leads nowhere; a second edit brings them back. */
export async function reconfigure(tables: Tables): Promise<ByRouter<Kept>> {
  const stage = await tables.stage();
  for (const name of KEEPERS) await tables.fresh(name, ["restart"]);
  stage.configure(manifests({ isAway: true }));
  const watches = KEEPERS.map(async (name) => {
    const kept: Kept = { wasMissing: false, wasStale: false };
    const look = async () => note(kept, (await tables.look(name))("restart"));
    await until(`end of the session at ${name}`, async () => {
      await look();
      return kept.wasMissing || kept.wasStale || undefined;
    });
    for (const endMs = performance.now() + QUIET_MS; performance.now() < endMs; await wait(LOOK_MS)) await look();
    return [name, kept] as const;
  });
  const seen = new Map(await Promise.all(watches));
  stage.configure(manifests());
  for (const name of KEEPERS) await tables.fresh(name, ["restart"]);
  return seen;
}

/** Operators of routers end BFD where that can be done, and let it begin again. Gives whether the routes of sessions that are watched were missing. */
export async function suspendBfd(tables: Tables): Promise<ByRouter<boolean>> {
  const stage = await tables.stage();
  const seen = new Map<RouterName, boolean>();
  for (const name of ROUTERS) {
    const { suspendBfd: suspend } = stage.router(name);
    if (suspend === undefined) continue;
    await tables.fresh(name, ["bfd"]);
    await tables.watchedByBfd(name, "bfd");
    let wasMissing = false;
    const look = async () => void (wasMissing ||= (await tables.look(name))("bfd") === undefined);
    await suspend(true);
    await tables.watchedByBfd(name, "bfd", false);
    for (const endMs = performance.now() + QUIET_MS; performance.now() < endMs; await wait(LOOK_MS)) await look();
    await suspend(false);
    await tables.watchedByBfd(name, "bfd");
    await look();
    seen.set(name, wasMissing);
  }
  return seen;
}
