/** What a session tells whoever owns it. */

import type { Connection } from "../../../host/announcer.ts";
import type { Message, MessageError } from "../messages.ts";
import type { Negotiated } from "./negotiate.ts";
import type { SessionAction } from "./session.ts";

/** Routes may flow, until the session has ended. */
export interface Established {
  readonly connection: Pick<Connection, "localAddress" | "remoteAddress" | "pendingBytes">;
  readonly negotiated: Negotiated;
  send(message: Message): void;
  /** Whole messages; calls back when the kernel has taken them. */
  write(bytes: Uint8Array, taken?: () => void): void;
}

/** How a connection that talked came to its end. */
export type Ended = Extract<SessionAction, { readonly type: "ended" }>;

export interface SessionHooks {
  established(established: Established): void;
  ended(ended: Ended): void;
  /** An attempt to connect came to nothing. */
  unreached?(reason: string): void;
  /** A message that came while the session was established, with what was wrong with it. */
  received(message: Message, errors: readonly MessageError[]): void;
}
