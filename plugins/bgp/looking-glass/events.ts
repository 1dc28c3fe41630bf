/** What a looking glass says, one event a line. */

import type { RouteNews } from "./adj-rib-in.ts";

export type GlassEvent =
  | {
      readonly event: "sessionUp";
      readonly peer: string;
      readonly as: number;
      readonly identifier: string;
      readonly holdTimeSeconds: number;
      readonly families: readonly ("ipv4" | "ipv6")[];
      readonly gracefulRestart: boolean;
    }
  /** `sessionFailed`: it ended before it was established. */
  | {
      readonly event: "sessionDown" | "sessionFailed";
      readonly peer: string;
      readonly reason: string;
      readonly notificationSent?: string;
      readonly notificationReceived?: string;
      /** The peer restarts gracefully: its routes are kept meanwhile. */
      readonly keepsRoutes?: boolean;
    }
  | { readonly event: "endOfRib"; readonly peer: string; readonly family: "ipv4" | "ipv6" }
  | ({ readonly peer: string } & RouteNews);
