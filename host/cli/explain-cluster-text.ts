/** What a cluster's objects say of a Service, for a person. */

import type { ClusterAccount } from "../cluster/explain/account.ts";
import { visible } from "../observe/log.ts";
import { table } from "./table.ts";
import { cut, duration, series } from "./words.ts";

const MOST_EVENTS = 6;
const MOST_STATUSES = 8;
const MESSAGE_WIDTH = 84;

export function clusterLines({ l2, bgp, events, speakers, refused }: ClusterAccount): string[] {
  const silent = speakers.filter(({ isSilent }) => isSilent).map(({ node }) => node);
  const leaving = speakers.filter(({ isLeaving }) => isLeaving).map(({ node }) => node);
  return [
    "",
    "What speakers have reported",
    ...limited(l2, MOST_STATUSES, ({ node, interfaces, agoMs }) =>
      said(`  ServiceL2Status: ${node}${interfaces.length === 0 ? "" : ` on ${series(interfaces)}`}`, agoMs),
    ),
    ...limited(bgp, MOST_STATUSES, ({ node, peers, agoMs }) => said(`  ServiceBGPStatus: ${node} to ${series(peers)}`, agoMs)),
    ...(l2.length + bgp.length === 0 ? ["  No ServiceL2Status and no ServiceBGPStatus: nobody announces it"] : []),
    ...(speakers.length === 0 ? ["  No speaker's Lease is there"] : []),
    ...(silent.length === 0 ? [] : [`  Speakers that are silent: ${series(silent)}`]),
    ...(leaving.length === 0 ? [] : [`  Speakers that are leaving: ${series(leaving)}`]),
    ...(refused.length === 0 ? [] : [`  May not be read, and counts as absent: ${series(refused)}`]),
    ...(events.length === 0 ? [] : ["", ...eventLines(events)]),
  ].map(visible);
}

function eventLines(events: ClusterAccount["events"]): string[] {
  const rows = events
    .slice(0, MOST_EVENTS)
    .map(({ reason, message, count, agoMs }) => [
      agoMs === undefined ? "" : `${duration(agoMs)} ago`,
      count > 1 ? `${reason} x${count}` : reason,
      cut(message, MESSAGE_WIDTH),
    ]);
  return table(["EVENT", "REASON", "MESSAGE"], rows).trimEnd().split("\n");
}

function said(text: string, agoMs: number | undefined): string {
  return agoMs === undefined ? text : `${text}, since ${duration(agoMs)}`;
}

function limited<Item>(items: readonly Item[], most: number, line: (item: Item) => string): string[] {
  const rest = items.length - most;
  return [...items.slice(0, most).map(line), ...(rest > 0 ? [`  and ${rest} more; --json has all`] : [])];
}
