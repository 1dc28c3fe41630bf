/** What `herald plan` says to people. */

import { problemText } from "../observe/problem-text.ts";
import type { PlanOutput } from "./plan-manifests.ts";
import { table } from "./table.ts";

/** `everyNode`: announcers that announce from every node that may. */
export function planText(output: PlanOutput, everyNode: readonly string[]): string {
  const { allocations, owners, announcements, refused, problems } = output;
  const rank = new Map(owners.map((owner) => [owner.vip, owner.rank]));
  const via = groupBy(announcements, ({ vip, via: name }) => [vip, name]);
  const rows = allocations.flatMap(({ service, vips = [], pool = "", reason = "" }) =>
    (vips.length > 0 ? vips : [""]).map((vip) => [
      service,
      vip || "none",
      pool,
      rank.get(vip)?.join(" > ") ?? "",
      via.get(vip)?.sort().join(", ") ?? "",
      reason,
    ]),
  );
  const reasons = reasonsOf(refused, announcements);
  return [
    rows.length > 0 ? table(["SERVICE", "VIP", "POOL", "OWNER > HEIRS", "VIA", "REASON"], rows) : "No Service of type LoadBalancer.\n",
    ...everyNode.flatMap((name) =>
      nodesOf(announcements.filter((row) => row.via === name)).map((line, at) => (at > 0 ? line : `\nBy ${name}:\n${line}`)),
    ),
    ...(reasons.length > 0 ? ["\nNot announced:\n", ...reasons] : []),
    ...(problems.length > 0 ? ["\nProblems:\n"] : []),
    ...problems.map((problem) => `  ${problemText(problem)}\n`),
  ].join("");
}

/** `192.0.2.1, 192.0.2.2 from node-a, node-b`, a line for each set of nodes. */
function nodesOf(announcements: PlanOutput["announcements"]): string[] {
  const nodes = groupBy(announcements, ({ vip, node }) => [vip, node]);
  const vips = groupBy([...nodes], ([vip, names]) => [names.join(", "), vip]);
  return [...vips].map(([names, list]) => `  ${list.join(", ")} from ${names}\n`);
}

/**
 * `default/web by arp, bgp: noEndpoints (node-a, node-b)`. That no advertisement of an announcer's kind covers a Service says nothing where
 * another announcer has to do with it.
 */
function reasonsOf(refused: PlanOutput["refused"], announcements: PlanOutput["announcements"]): string[] {
  const concerned = groupBy(
    [
      ...announcements.flatMap(({ services, via }) => services.map((service) => ({ service, via }))),
      ...refused.filter(({ reason }) => reason !== "noMatchingAdvertisement"),
    ],
    ({ service, via }) => [service, via],
  );
  const told = refused.filter(({ service, via, reason }) => {
    const vias = concerned.get(service);
    return reason !== "notOwner" && (reason !== "noMatchingAdvertisement" || vias === undefined || vias.includes(via));
  });
  const nodes = groupBy(told, ({ service, via, reason, node }) => [JSON.stringify([service, via, reason]), node]);
  const vias = groupBy([...nodes], ([key, names]) => {
    const [service, via, reason] = JSON.parse(key) as [string, string, string];
    return [JSON.stringify([service, `${reason} (${names.join(", ")})`]), via];
  });
  return Array.from(vias, ([key, list]) => {
    const [service, why] = JSON.parse(key) as [string, string];
    return `  ${service} by ${list.join(", ")}: ${why}\n`;
  });
}

/** Each value once, in the order of the items. */
function groupBy<Item>(items: readonly Item[], entryOf: (item: Item) => readonly [key: string, value: string]): Map<string, string[]> {
  const groups = new Map<string, Set<string>>();
  for (const [key, value] of items.map(entryOf)) groups.set(key, (groups.get(key) ?? new Set()).add(value));
  return new Map(Array.from(groups, ([key, values]) => [key, [...values]]));
}
