/** The stage, and what the routers on it show in their own tables. */

import type { RouterName, SeenRoute } from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import { ROUTE } from "./manifests.ts";
import { BFD, nodeAddress, type SessionName } from "./sessions.ts";
import { openStage, type Stage } from "./stage.ts";

/** The route that all sessions carry, in one of them; undefined: it is not there. */
export type Look = (session: SessionName) => SeenRoute | undefined;

export class Tables {
  #stage: Promise<Stage> | undefined;

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

  /** Waits until the route is there in all these sessions, and none is kept from before. */
  async fresh(router: RouterName, sessions: readonly SessionName[]): Promise<void> {
    await until(`fresh routes of ${sessions.join(", ")} at ${router}`, async () => {
      const of = await this.look(router);
      return sessions.every((session) => of(session)?.stale === false) || undefined;
    });
  }

  /** Waits until the router says so of its session, and gives its state. */
  async established(router: RouterName, neighbor: string): Promise<string> {
    const { session } = (await this.stage()).router(router);
    return until(`session with ${neighbor} at ${router}`, async () => {
      const { state } = await session(neighbor);
      return state === "established" ? state : undefined;
    });
  }

  /** Waits until the router watches the session by BFD, or does not. */
  async watchedByBfd(router: RouterName, session: SessionName, isWatched = true): Promise<void> {
    const { detectionMs } = (await this.stage()).router(router);
    await until(`${isWatched ? "" : "end of "}BFD of ${session} at ${router}`, async () => {
      const foundMs = await detectionMs(nodeAddress(session));
      return foundMs === (isWatched ? BFD.intervalMs * BFD.multiplier : undefined) || undefined;
    });
  }

  /** A router's table once. */
  async look(router: RouterName): Promise<Look> {
    const routes = (await (await this.stage()).router(router).routes()).filter(({ prefix }) => prefix === ROUTE);
    return (session) => routes.find(({ from }) => from === nodeAddress(session));
  }
}
