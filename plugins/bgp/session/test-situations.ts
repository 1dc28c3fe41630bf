/** For tests: a session in each state, every kind of event, and one short line for what a step does. */

import type { Message, NotificationMessage, OpenMessage, UpdateMessage } from "../messages.ts";
import type { SessionConfig } from "./config.ts";
import { IPV4_UNICAST, makeOpen } from "./negotiate.ts";
import { type ConnectionId, newSession, type Session, type SessionAction, type SessionInput, stateOf } from "./session.ts";
import { step } from "./step.ts";

export const US: SessionConfig = {
  localAs: 65001,
  peerAs: 65002,
  localIdentifier: "192.0.2.1",
  holdTimeSeconds: 180,
  keepaliveSeconds: 60,
  delayOpenSeconds: 0,
  passive: false,
  families: [IPV4_UNICAST],
  extendedNextHop: [],
  extendedMessage: false,
  enhancedRouteRefresh: false,
};

export const THEM: SessionConfig = { ...US, localAs: 65002, peerAs: 65001, localIdentifier: "192.0.2.2" };

export const THEIR_OPEN: OpenMessage = makeOpen(THEM, false);
export const KEEPALIVE: Message = { type: "keepalive" };
export const UPDATE: UpdateMessage = { type: "update", withdrawnRoutes: ["198.51.100.0/24"], pathAttributes: {}, nlri: [] };
export const REFUSAL: NotificationMessage = { type: "notification", errorCode: 6, errorSubcode: 5, data: "" };

const START: SessionInput = { type: "start", restarting: false };
const connected = (connection: ConnectionId): SessionInput => ({ type: "connected", connection });
export const received = (connection: ConnectionId, message: Message): SessionInput => ({ type: "received", connection, message });

/** Inputs that lead to each situation, one every second from time 0; connection 1 is ours, 2 is the peer's. */
const paths: Readonly<Record<string, { readonly config?: Partial<SessionConfig>; readonly inputs: readonly SessionInput[] }>> = {
  idle: { inputs: [] },
  connect: { inputs: [START] },
  active: { inputs: [START, { type: "connectFailed", connection: 1, reason: "Connection refused" }] },
  passive: { config: { passive: true }, inputs: [START] },
  /** In Idle, as the peer answered OPEN and then refused for the second time in a row. */
  damped: {
    inputs: [
      START,
      connected(1),
      received(1, THEIR_OPEN),
      received(1, REFUSAL),
      { type: "accepted" },
      received(2, THEIR_OPEN),
      received(2, REFUSAL),
    ],
  },
  delayOpenOurs: { config: { delayOpenSeconds: 10 }, inputs: [START, connected(1)] },
  delayOpenTheirs: { config: { delayOpenSeconds: 10, passive: true }, inputs: [START, { type: "accepted" }] },
  openSent: { inputs: [START, connected(1)] },
  openConfirm: { inputs: [START, connected(1), received(1, THEIR_OPEN)] },
  established: { inputs: [START, connected(1), received(1, THEIR_OPEN), received(1, KEEPALIVE)] },
};

export type Situation = keyof typeof paths & string;

/** The session, and when the last input on its way there came. */
export function sessionIn(situation: string, config: Partial<SessionConfig> = {}): { session: Session; nowMs: number } {
  const { inputs, config: needed } = paths[situation] as (typeof paths)[string];
  let session = newSession({ ...US, ...needed, ...config }, 1);
  let nowMs = 0;
  for (const input of inputs) session = step(session, input, (nowMs += 1000)).session;
  return { session, nowMs };
}

/** `openSent: send 1 OPEN`: the state after, and each action. */
export function show({ session, actions }: { readonly session: Session; readonly actions: readonly SessionAction[] }): string {
  return [`${stateOf(session)}:`, actions.map(showAction).join(", ")].join(" ").trim();
}

function showAction(action: SessionAction): string {
  const { type, connection } = action;
  if (type === "send") return `send ${connection} ${showMessage(action.message)}`;
  if (type === "ended")
    return `ended ${connection}${action.wasEstablished ? " session" : ""}${action.keepsRoutes ? " keeping routes" : ""}`;
  return `${type} ${connection}`;
}

function showMessage(message: Message): string {
  if (message.type !== "notification") return message.type.toUpperCase();
  const { errorCode, errorSubcode, hardReset } = message;
  return `${errorCode}/${errorSubcode}${hardReset === undefined ? "" : ` of ${hardReset.errorCode}/${hardReset.errorSubcode}`}`;
}
