/**
 * BGPSessionState: what a BGP session of a node is doing, for who has `kubectl` and no shell on the node.
 *
 * `API_GROUP`/v1alpha1, plural `bgpsessionstates`, namespaced (Herald's own namespace), status subresource on, no spec. One object for each
 * node and BGPPeer, written by the speaker of that node; labels `API_GROUP/node` and `API_GROUP/peer`; owned by the speaker's Pod.
 *
 * | `status.`        | type      | what                                                                                               |
 * |------------------|-----------|----------------------------------------------------------------------------------------------------|
 * | node             | string    | name of the Node; never changes                                                                    |
 * | peer             | string    | name of the BGPPeer; never changes                                                                 |
 * | state            | string    | RFC 4271 §8.2.2: Idle, Connect, Active, OpenSent, OpenConfirm or Established                       |
 * | since            | date-time | when the session came into this state                                                              |
 * | address          | string    | of the router, with `%link` where it is link-local; absent: not found yet                          |
 * | port             | int32     | TCP, 1..65535                                                                                      |
 * | localASN         | int64     | 1..4294967295, what the peer is told                                                               |
 * | peerASN          | int64     | 1..4294967295; absent: a dynamic one that no session has told yet                                  |
 * | establishedAt    | date-time | start of the uptime; this and the next four only while Established                                 |
 * | holdTimeSeconds  | number    | as negotiated; 0: never ends for silence                                                           |
 * | keepaliveSeconds | number    | as negotiated                                                                                      |
 * | peerIdentifier   | string    | BGP identifier of the router, as IPv4 text                                                         |
 * | capabilities     | []string  | what both sides can, in words                                                                      |
 * | prefixes         | int64     | that the peer has been told                                                                        |
 * | bfd              | string    | AdminDown, Down, Init or Up; absent: no BFD                                                        |
 * | lastError        | string    | how the last connection ended, in words, at most 1024 characters                                   |
 * | lastErrorAt      | date-time | when                                                                                               |
 *
 * Required: node, peer, state, since, prefixes. Printer columns: Node, Peer, Address, State, Since (date), Prefixes, BFD; LastError with
 * priority 1.
 */

import { API_GROUP } from "../../../rules/api-group.ts";
import { labelValue, type OwnedKind, type OwnedObject, ownName, type Status, timeText } from "./owned-object.ts";

export const BGP_SESSION_STATE: OwnedKind = { apiVersion: `${API_GROUP}/v1alpha1`, kind: "BGPSessionState", plural: "bgpsessionstates" };
export const NODE_LABEL = `${API_GROUP}/node`;
export const PEER_LABEL = `${API_GROUP}/peer`;

/** A session as the BGP plugin tells it to who inspects its `peers`. */
export interface SessionRow {
  readonly name: string;
  readonly state: string;
  readonly prefixes: number;
  readonly address?: string;
  readonly port?: number;
  readonly localAs?: number;
  /** A text where it is not known yet. */
  readonly peerAs?: number | string;
  readonly uptimeSeconds?: number;
  readonly holdTimeSeconds?: number;
  readonly keepaliveSeconds?: number;
  readonly peerIdentifier?: string;
  readonly capabilities?: readonly string[];
  readonly bfd?: string;
  readonly lastError?: string;
  readonly lastErrorSecondsAgo?: number;
}

const LONGEST_ERROR = 1024;
/** Ages are told in whole seconds, and asking takes a while, too. */
const SAME_MOMENT_MS = 3000;

/** The object of a session, asked for at `now`. */
export function sessionObject(row: SessionRow, node: string, now: Date): OwnedObject {
  return {
    name: ownName(`${node}-${row.name}`, node, row.name),
    labels: { [NODE_LABEL]: labelValue(node), [PEER_LABEL]: labelValue(row.name) },
    status: statusOf(row, node, now),
    blend: keepMoments,
  };
}

function statusOf(row: SessionRow, node: string, now: Date): Status {
  const ago = (seconds: number | undefined) => (seconds === undefined ? undefined : timeText(now.getTime() - seconds * 1000));
  const establishedAt = ago(row.uptimeSeconds);
  const status = {
    node,
    peer: row.name,
    state: capitalized(row.state),
    since: establishedAt ?? timeText(now.getTime()),
    address: row.address,
    port: row.port,
    localASN: row.localAs,
    peerASN: typeof row.peerAs === "number" ? row.peerAs : undefined,
    establishedAt,
    holdTimeSeconds: row.holdTimeSeconds,
    keepaliveSeconds: row.keepaliveSeconds,
    peerIdentifier: row.peerIdentifier,
    capabilities: row.capabilities,
    prefixes: row.prefixes,
    bfd: row.bfd === undefined ? undefined : capitalized(row.bfd),
    lastError: row.lastError?.slice(0, LONGEST_ERROR),
    lastErrorAt: ago(row.lastErrorSecondsAgo),
  };
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
}

/** Moments stay as they have been told, unless they are others. */
function keepMoments(status: Status, before: Status): Status {
  const kept: Record<string, unknown> = { ...status };
  for (const field of ["establishedAt", "lastErrorAt"]) if (isSameMoment(status[field], before[field])) kept[field] = before[field];
  const isSameState = status["state"] === before["state"] && typeof before["since"] === "string";
  if ("establishedAt" in kept) kept["since"] = kept["establishedAt"];
  else if (isSameState) kept["since"] = before["since"];
  return kept;
}

function isSameMoment(one: unknown, other: unknown): boolean {
  if (typeof one !== "string" || typeof other !== "string") return false;
  return Math.abs(Date.parse(one) - Date.parse(other)) <= SAME_MOMENT_MS;
}

/** `openSent` → `OpenSent`. */
function capitalized(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
