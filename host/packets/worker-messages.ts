/** What main and packet worker say to each other: calls and "stop" one way, replies and events the other. */

import type { GroupReport } from "../liveness/ownership/ownership.ts";
import type { ProgramLoss } from "./guarded/guarded-engine.ts";
import type { RawEvent } from "./program.ts";
import type { Driver, Method } from "./service.ts";

/** The worker's `workerData`. */
export interface WorkerSetup {
  readonly driver: Driver;
  /** For programs that are not built in. */
  readonly isGuarded: boolean;
  readonly switchboard: SharedArrayBuffer;
  /** How often each side shows the other that it lives. */
  readonly beatMs: number;
}

export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** In place of the id of a call: the worker has started. */
export const READY = 0;

export type Reply =
  | { readonly id: number; readonly result?: unknown; readonly error?: string }
  | { readonly program: string; readonly event: RawEvent }
  | { readonly program: string; readonly states: Uint8Array }
  | { readonly reports: readonly GroupReport[] }
  | { readonly lateMs: number }
  | { readonly losses: readonly ProgramLoss[] };
