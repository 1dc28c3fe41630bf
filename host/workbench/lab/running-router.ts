/** What the lab asks of a router, whichever program it is. */

import type { Learned } from "./learned-routes.ts";
import type { RouterPlan } from "./router-plan.ts";

export interface RunningRouter {
  /** As it is now. */
  readonly learned: Learned;
  stop(): Promise<void>;
}

export interface RouterHooks {
  /** `learned` is another. */
  onChange(): void;
  /** It ended by itself. */
  onLost(how: string): void;
  /** A line of what it prints. */
  onLog(line: string): void;
}

/** The command line that runs a command on the router's host. */
export type OnHost = (...command: readonly string[]) => [string, ...string[]];

/** A program that can be a router. */
export interface RouterProgram {
  /** Resolves when it takes sessions. */
  start(plan: RouterPlan, on: OnHost, hooks: RouterHooks): Promise<RunningRouter>;
  /** What of a plan it cannot take over while it runs. */
  fixed(plan: RouterPlan): unknown;
}
