/** What is done to all sessions at once, each a single time, when the first cell asks for it; and what the routers showed meanwhile. */

import { setTimeout as wait } from "node:timers/promises";
import { ROUTERS, type RouterName, type SeenRoute } from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import { ROUTE } from "./manifests.ts";
import { BFD, hasBfd, nodeAddress, routerAddress, type SessionName } from "./sessions.ts";
import { malformedIn, openStage, readCapture, type Stage } from "./stage.ts";

const LOOK_MS = 200;
/** Longer than the short hold time. */
const FROZEN_MS = 6000;
const DOWN_MS = 500;
const REFRESH_MS = 1500;

export interface Restart {
  readonly wasMissing: boolean;
  readonly wasStale: boolean;
  /** Of a session without graceful restart. */
  readonly othersWereMissing: boolean;
}

/** How long after Herald fell silent a session's route was gone; undefined: it stayed. */
export type Freeze = Readonly<Partial<Record<SessionName, number>>>;

export interface Captured {
  /** Octets of the longest message to a router. */
  longest(router: RouterName): number;
  /** A connection of the session was closed by "Connection Collision Resolution". */
  collided(router: RouterName): boolean;
  refreshed(router: RouterName): boolean;
  /** What tshark cannot read, or takes for malformed. */
  readonly malformed: readonly string[];
}

export class Phases {
  #stage: Promise<Stage> | undefined;
  #restarted: Promise<ReadonlyMap<RouterName, Restart>> | undefined;
  #frozen: Promise<ReadonlyMap<RouterName, Freeze>> | undefined;
  #captured: Promise<Captured> | undefined;

  stage(): Promise<Stage> {
    return (this.#stage ??= openStage());
  }

  /** Of one neighbor. */
  async routes(router: RouterName, neighbor: string): Promise<readonly SeenRoute[]> {
    const routes = await (await this.stage()).router(router).routes();
    return routes.filter(({ from }) => from === neighbor);
  }

  /** Waits for a route of a neighbor. */
  route(router: RouterName, neighbor: string, prefix: string): Promise<SeenRoute> {
    return until(`${prefix} of ${neighbor} at ${router}`, async () =>
      (await this.routes(router, neighbor)).find((route) => route.prefix === prefix),
    );
  }

  /** Waits until the router says so of its session, and gives its state. */
  async established(router: RouterName, neighbor: string): Promise<string> {
    const { session } = (await this.stage()).router(router);
    return until(`session with ${neighbor} at ${router}`, async () => {
      const { state } = await session(neighbor);
      return state === "established" ? state : undefined;
    });
  }

  /** Herald is killed, and started again a little later. */
  restarted(): Promise<ReadonlyMap<RouterName, Restart>> {
    return (this.#restarted ??= this.#restart());
  }

  /** Herald says nothing for a while. */
  frozen(): Promise<ReadonlyMap<RouterName, Freeze>> {
    return (this.#frozen ??= this.#freeze());
  }

  /** The last of all: the routers ask for all routes again, and the capture ends. */
  captured(): Promise<Captured> {
    return (this.#captured ??= this.#capture());
  }

  async #restart(): Promise<ReadonlyMap<RouterName, Restart>> {
    const stage = await this.stage();
    const names = ROUTERS.filter((name) => name !== "exabgp");
    for (const name of ROUTERS) for (const session of ["restart", "plain"] as const) await this.route(name, nodeAddress(session), ROUTE);
    let isOver = false;
    const watches = names.map(async (name) => {
      const seen = { wasMissing: false, wasStale: false, othersWereMissing: false };
      const isFresh = async (): Promise<boolean> => {
        const of = await this.#look(name);
        const kept = of("restart");
        seen.wasMissing ||= kept === undefined;
        seen.wasStale ||= kept?.stale === true;
        seen.othersWereMissing ||= of("plain") === undefined;
        return kept?.stale === false && of("plain") !== undefined;
      };
      while (!((await isFresh()) && isOver)) await wait(LOOK_MS);
      return [name, seen] as const;
    });
    stage.signal("SIGKILL");
    await wait(DOWN_MS);
    await stage.startAgain();
    for (const name of names) await this.established(name, nodeAddress("restart"));
    isOver = true;
    return new Map(await Promise.all(watches));
  }

  async #freeze(): Promise<ReadonlyMap<RouterName, Freeze>> {
    const stage = await this.stage();
    const watched = (name: RouterName) => (["plain", "hold", "bfd"] as const).filter((session) => session !== "bfd" || hasBfd(name));
    for (const name of ROUTERS) for (const session of watched(name)) await this.route(name, nodeAddress(session), ROUTE);
    for (const name of ROUTERS.filter(hasBfd)) await until(`BFD at ${name}`, async () => (await this.#watchesByBfd(name)) || undefined);
    stage.signal("SIGSTOP");
    const startedMs = performance.now();
    const sinceMs = () => performance.now() - startedMs;
    const watches = ROUTERS.map(async (name) => {
      const gone: Partial<Record<SessionName, number>> = {};
      for (; sinceMs() < FROZEN_MS; await wait(LOOK_MS)) {
        const of = await this.#look(name);
        for (const session of watched(name)) if (of(session) === undefined) gone[session] ??= sinceMs();
      }
      return [name, gone] as const;
    });
    const seen = new Map(await Promise.all(watches));
    stage.signal("SIGCONT");
    return seen;
  }

  async #watchesByBfd(name: RouterName): Promise<boolean> {
    return (await (await this.stage()).router(name).detectionMs(nodeAddress("bfd"))) === BFD.intervalMs * BFD.multiplier;
  }

  /** A router's table once, by session. */
  async #look(name: RouterName): Promise<(session: SessionName) => SeenRoute | undefined> {
    const routes = (await (await this.stage()).router(name).routes()).filter(({ prefix }) => prefix === ROUTE);
    return (session) => routes.find(({ from }) => from === nodeAddress(session));
  }

  async #capture(): Promise<Captured> {
    const stage = await this.stage();
    for (const name of ROUTERS) await this.route(name, nodeAddress("plain"), ROUTE);
    const askedAt = Date.now() / 1000;
    for (const name of ROUTERS) await stage.router(name).refresh(nodeAddress("plain"));
    await wait(REFRESH_MS);
    const file = await stage.endCapture();
    const to = (name: RouterName, session: SessionName) => `ip.src == ${nodeAddress(session)} && ip.dst == ${routerAddress(name, session)}`;
    const lengths = (name: RouterName) =>
      readCapture(file, `${to(name, "plain")} && bgp`, "bgp.length").flatMap((line) => line.split("|").map(Number));
    return {
      longest: (name) => Math.max(0, ...lengths(name)),
      collided: (name) =>
        readCapture(file, `ip.addr == ${routerAddress(name, "collision")} && bgp.notify.minor_error_cease == 7`, "frame.number").length > 0,
      refreshed: (name) =>
        readCapture(
          file,
          `${to(name, "plain")} && bgp.nlri_prefix == ${ROUTE.replace("/32", "")} && frame.time_epoch > ${askedAt}`,
          "frame.number",
        ).length > 0,
      malformed: malformedIn(file),
    };
  }
}
