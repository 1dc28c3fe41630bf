/** Disturbances, each a single time, when the first cell asks for it. */

import { setTimeout as wait } from "node:timers/promises";
import { ROUTERS } from "../bgp-peers/routers.ts";
import { type Captured, readCaptured } from "./captured.ts";
import { depart, freeze, reconfigure, restart, suspendBfd } from "./disturbances.ts";
import { nodeAddress } from "./sessions.ts";
import { Tables } from "./tables.ts";

const REFRESH_MS = 1500;

export class Phases extends Tables {
  #restarted: ReturnType<typeof restart> | undefined;
  #frozen: ReturnType<typeof freeze> | undefined;
  #departed: ReturnType<typeof depart> | undefined;
  #reconfigured: ReturnType<typeof reconfigure> | undefined;
  #suspended: ReturnType<typeof suspendBfd> | undefined;
  #captured: Promise<Captured> | undefined;

  restarted(): ReturnType<typeof restart> {
    return (this.#restarted ??= restart(this));
  }

  frozen(): ReturnType<typeof freeze> {
    return (this.#frozen ??= freeze(this));
  }

  departed(): ReturnType<typeof depart> {
    return (this.#departed ??= depart(this));
  }

  reconfigured(): ReturnType<typeof reconfigure> {
    return (this.#reconfigured ??= reconfigure(this));
  }

  suspended(): ReturnType<typeof suspendBfd> {
    return (this.#suspended ??= suspendBfd(this));
  }

  /** The last of all, after what has to be captured: the routers ask for all routes again, and the capture ends. */
  captured(): Promise<Captured> {
    return (this.#captured ??= this.#capture());
  }

  async #capture(): Promise<Captured> {
    await this.reconfigured();
    await this.suspended();
    const stage = await this.stage();
    for (const name of ROUTERS) await this.fresh(name, ["plain"]);
    const askedAt = Date.now() / 1000;
    for (const name of ROUTERS) await stage.router(name).refresh(nodeAddress("plain"));
    await wait(REFRESH_MS);
    return readCaptured(await stage.endCapture(), askedAt);
  }
}
