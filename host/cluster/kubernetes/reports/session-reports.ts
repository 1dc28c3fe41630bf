/** A node's BGP sessions as BGPSessionState objects. */

import type { Log } from "../../../announcer.ts";
import type { Api } from "../../api/api.ts";
import { BGP_SESSION_STATE, NODE_LABEL, type SessionRow, sessionObject } from "./bgp-session-state.ts";
import { labelValue, type OwnerReference } from "./owned-object.ts";
import { OwnedObjects } from "./owned-objects.ts";

export interface SessionReportsOptions {
  readonly api: Api;
  readonly namespace: string;
  readonly node: string;
  /** The sessions as they are now: `Announcer.inspect("peers")` of BGP. */
  readonly sessions: () => unknown;
  readonly owner?: () => Promise<OwnerReference | undefined>;
  readonly log: Log;
}

const LOOK_MS = 2000;
/** Of one session, however often it flaps. */
const PAUSE_MS = 3000;

export class SessionReports {
  readonly #options: SessionReportsOptions;
  readonly #objects: OwnedObjects;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(options: SessionReportsOptions) {
    this.#options = options;
    const labels = { [NODE_LABEL]: labelValue(options.node) };
    this.#objects = new OwnedObjects({ ...options, kind: BGP_SESSION_STATE, labels, manager: "herald-speaker", pauseMs: PAUSE_MS });
  }

  /** With announcers started: a peer that is not there yet has no object, and one of an earlier life goes. */
  start(): void {
    this.#objects.start();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
    void this.#look();
  }

  /** Leaves everything as it is. */
  close(): void {
    clearInterval(this.#timer);
    this.#objects.close();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const { sessions, node } = this.#options;
      const rows = (await sessions()) as Iterable<SessionRow> | undefined;
      this.#objects.want(Array.from(rows ?? [], (row) => sessionObject(row, node, new Date())));
    } catch (error) {
      // The plugin is between two lives.
      this.#options.log.warn("Cannot see the BGP sessions", { error: (error as Error).message });
    }
    this.#isLooking = false;
  }
}
