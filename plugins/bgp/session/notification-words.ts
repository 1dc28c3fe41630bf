/** What the codes of a NOTIFICATION mean, for humans; and the codes that we send, by name. */

import type { NotificationMessage } from "../messages.ts";

/** RFC 4271 §4.5, RFC 7313 §5, RFC 9687 §3.2. */
export const ErrorCode = {
  messageHeader: 1,
  open: 2,
  update: 3,
  holdTimerExpired: 4,
  finiteStateMachine: 5,
  cease: 6,
  routeRefresh: 7,
  sendHoldTimerExpired: 8,
} as const;

/** RFC 4271 §6.2, RFC 5492 §5. */
export const OpenError = {
  unsupportedVersion: 1,
  badPeerAs: 2,
  badBgpIdentifier: 3,
  unacceptableHoldTime: 6,
  unsupportedCapability: 7,
} as const;

/** RFC 4486 §3, RFC 8538 §3, RFC 9384 §2. */
export const Cease = {
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  otherConfigurationChange: 6,
  connectionCollision: 7,
  hardReset: 9,
  bfdDown: 10,
} as const;

interface Words {
  readonly name: string;
  readonly subcodes: readonly (string | undefined)[];
}

/** By error code; subcodes by their number, from 1. */
const WORDS: readonly (Words | undefined)[] = [
  undefined,
  { name: "Message header error", subcodes: ["connection not synchronized", "bad message length", "bad message type"] },
  {
    name: "OPEN message error",
    subcodes: [
      "unsupported version",
      "bad peer AS",
      "bad BGP identifier",
      "unsupported optional parameter",
      undefined,
      "unacceptable hold time",
      "unsupported capability",
      undefined,
      undefined,
      undefined,
      "role mismatch",
    ],
  },
  {
    name: "UPDATE message error",
    subcodes: [
      "malformed attribute list",
      "unrecognized well-known attribute",
      "missing well-known attribute",
      "attribute flags error",
      "attribute length error",
      "invalid ORIGIN",
      undefined,
      "invalid NEXT_HOP",
      "optional attribute error",
      "invalid network field",
      "malformed AS_PATH",
    ],
  },
  { name: "Hold timer expired", subcodes: [] },
  {
    name: "Finite state machine error",
    subcodes: ["unexpected message in OpenSent", "unexpected message in OpenConfirm", "unexpected message in Established"],
  },
  {
    name: "Cease",
    subcodes: [
      "maximum number of prefixes reached",
      "administrative shutdown",
      "peer de-configured",
      "administrative reset",
      "connection rejected",
      "other configuration change",
      "connection collision resolution",
      "out of resources",
      "hard reset",
      "BFD down",
    ],
  },
  { name: "ROUTE-REFRESH message error", subcodes: ["invalid message length"] },
  { name: "Send hold timer expired", subcodes: [] },
];

/** `Cease, administrative shutdown (6/2): "maintenance"`; a hard reset says also what it wraps. */
export function describeNotification({
  errorCode,
  errorSubcode,
  shutdownCommunication,
  hardReset,
}: Omit<NotificationMessage, "type">): string {
  const words = WORDS[errorCode];
  const subcode = errorSubcode === 0 ? undefined : (words?.subcodes[errorSubcode - 1] ?? "unknown subcode");
  const name = [words?.name ?? "Unknown error", subcode].filter(Boolean).join(", ");
  const said = shutdownCommunication === undefined ? "" : `: ${quoted(shutdownCommunication)}`;
  const wrapped = hardReset === undefined ? "" : `: ${describeNotification(hardReset)}`;
  return `${name} (${errorCode}/${errorSubcode})${said}${wrapped}`;
}

/** The peer chose the text: nothing in it may steer a terminal, or turn the reading direction. */
function quoted(text: string): string {
  const steers = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  return JSON.stringify(text).replace(steers, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
