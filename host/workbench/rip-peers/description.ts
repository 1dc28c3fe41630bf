/** What tests tell a router that speaks RIP, and what they see of it. */

export interface RipDescription {
  readonly link: string;
  /** How long it keeps a route that nobody tells of, and then tells itself that it has gone. */
  readonly timeoutSeconds: number;
  readonly garbageSeconds: number;
  /** Of RIPv2. `hmac-sha-256`: BIRD alone has it. */
  readonly authentication?: { readonly type: "password" | "md5" | "hmac-sha-256"; readonly key: string };
}

/** The number of the only key. */
export const KEY_ID = 1;

export interface RipRoute {
  readonly prefix: string;
  readonly nextHop: string;
  /** As it counts it: one more than it was told. */
  readonly metric: number;
  readonly tag: number;
}

export interface RipRouter {
  /** What it has learnt and believes to be there. */
  routes(): Promise<readonly RipRoute[]>;
  log(): string;
  stop(): Promise<void>;
}
