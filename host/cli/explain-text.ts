/** An explanation for a person: the conclusion, then every condition in order, then what is known beyond the plan. */

import type { NodeAccount, RowAccount } from "../observe/explain.ts";
import { visible } from "../observe/log.ts";
import type { TriedGate } from "../rules/gate.ts";
import { clusterLines } from "./explain-cluster-text.ts";
import { type Explanation, firstUnmet, groupVias, type ViaGroup } from "./explanation.ts";
import { count, cut, duration, inRank, series } from "./words.ts";

const FOUND_WIDTH = 60;
/** Of one condition: what nodes differ in. */
const MOST_FOUND = 4;
const DRY = "\nBy the manifests alone, of which this is what would be: who answers now is known to a running Herald or a cluster.\n";

export function explainText(explanation: Explanation): string {
  const { service, conclusion, gates, vias, notGiven, here, cluster, basis } = explanation;
  const groups = groupVias(vias);
  const isAnnounced = groups.some(({ eligible }) => eligible.length > 0);
  // Else the conclusion has it.
  const given = notGiven === undefined || conclusion.includes(notGiven) ? [] : [`      ${visible(notGiven)}`];
  const lines = [
    visible(`${service}: ${conclusion}`),
    ...["", "The Service", ...gateLines(gates.map((gate) => [gate])), ...given],
    ...groups.flatMap((group) => viaLines(group, isAnnounced)),
    ...(here === undefined ? [] : hereLines(here)),
    ...(cluster === undefined ? [] : clusterLines(cluster)),
  ];
  return `${lines.join("\n")}\n${basis === "manifests" ? DRY : ""}`;
}

const CONFLICTS = { stranger: "a STRANGER", speaker: "the speaker of", kernel: "the KERNEL of" };
const FROM = { owner: ", from one node at a time", "every-node": ", from every node that may", cluster: ", from one node" };

/** `isBeside`: another announcer announces it; then one that nothing was advertised by has nothing to do with it. */
function viaLines({ vias, vips, from, gates, nodes, eligible }: ViaGroup, isBeside: boolean): string[] {
  const names = nodes[0]?.gates.map(({ name }) => name) ?? [];
  const byGate = names.map((_, at) => nodes.flatMap(({ node, gates: ofNode }) => ({ node, ...(ofNode[at] as TriedGate) })));
  const head = `${series(vips)} by ${series(vias)}`;
  const unmet = firstUnmet(gates);
  if (isBeside && unmet?.reason === "noMatchingAdvertisement") return ["", visible(`${head}: NO  ${unmet.name}`)];
  return [
    "",
    visible(`${head}${from === null ? "" : FROM[from]}`),
    ...gateLines([...gates.map((gate) => [gate]), ...byGate]),
    ...(nodes.length === 0 ? [] : [visible(`  ->  ${placesText(from, eligible)}${outText(nodes)}`)]),
  ];
}

function placesText(from: ViaGroup["from"], eligible: readonly string[]): string {
  if (eligible.length === 0) return "no node";
  return from === "every-node" ? `from ${series(eligible.toSorted())}` : `in rank: ${inRank(eligible)}`;
}

/** `; not node-d: network available` for each set of nodes with the same first condition that is not met. */
function outText(nodes: ViaGroup["nodes"]): string {
  const groups = new Map<string, string[]>();
  for (const { node, gates } of nodes) {
    const name = firstUnmet(gates)?.name;
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), node]);
  }
  return Array.from(groups, ([name, list]) => `; not ${series(list)}: ${name}`).join("");
}

type Tried = TriedGate & { readonly node?: string };

/** A line or more for each condition: what all have alike once, what is not met first, with the nodes that it is of. */
function gateLines(gates: readonly (readonly Tried[])[]): string[] {
  const width = Math.max(0, ...gates.map(([first]) => first?.name.length ?? 0));
  return gates.flatMap((tried) => {
    const groups = groupTried(tried);
    const isOne = groups.length === 1;
    const shown = groups.slice(0, MOST_FOUND).map(({ name, isMet, found, reason, nodes }) => {
      const whose = isOne || nodes.length === 0 ? "" : `  ${series(nodes)}`;
      const why = reason === undefined ? "" : ` (${reason})`;
      return `  ${isMet ? "ok" : "NO"}  ${name.padEnd(width)}  ${cut(found, FOUND_WIDTH)}${why}${whose}`;
    });
    const rest = groups.slice(MOST_FOUND).reduce((sum, { nodes }) => sum + nodes.length, 0);
    return [...shown, ...(rest > 0 ? [`      ${"".padEnd(width)}  and otherwise on ${count(rest, "more node")}`] : [])].map(visible);
  });
}

/** By what was found; those that are not met first, then the larger ones. */
function groupTried(tried: readonly Tried[]): (TriedGate & { readonly nodes: readonly string[] })[] {
  const groups = new Map<string, TriedGate & { readonly nodes: string[] }>();
  for (const { node, ...gate } of tried) {
    const key = `${gate.isMet} ${gate.found}`;
    const group = groups.get(key) ?? { ...gate, nodes: [] };
    groups.set(key, group);
    if (node !== undefined) group.nodes.push(node);
  }
  return [...groups.values()].sort((a, b) => Number(a.isMet) - Number(b.isMet) || b.nodes.length - a.nodes.length);
}

function hereLines({ node, groups, rows, conflicts, sessions }: NodeAccount): string[] {
  return [
    "",
    visible(`Node ${node}, by its own account`),
    ...groups.flatMap(({ group, standing, forMs, reason, members, isSticky, heard }) => [
      `  ${group}: ${standing} since ${duration(forMs)}: ${reason}; in order ${inRank(members)}${isSticky ? ", sticky" : ""}`,
      ...(heard === undefined
        ? []
        : [`  ${group}: last used by ${heard.mac} (${heard.node ?? "no speaker"}), ${duration(heard.agoMs)} ago`]),
    ]),
    ...rows.flatMap(rowLines),
    ...conflicts.map(
      ({ vip, kind, mac, node: other, link, count: times, agoMs }) =>
        `  ${vip}: used by ${CONFLICTS[kind]} ${other === undefined ? mac : `${other} (${mac})`} on ${link}, ${count(times, "time")}, last ${duration(agoMs)} ago`,
    ),
    ...sessions.map(
      ({ node: other, address, isUp, ups, downs }) =>
        `  session to ${other} at ${address}: ${isUp ? "up" : "DOWN"}, came up ${count(ups, "time")}, went down ${count(downs, "time")}`,
    ),
    ...(groups.length + rows.length === 0 ? ["  has nothing to do with it"] : []),
  ].map(visible);
}

function rowLines({
  announcer,
  vip,
  state,
  isDesired,
  isAnnounced,
  links,
  audience,
  toldAgoMs,
  refusal,
  report,
  counters,
}: RowAccount): string[] {
  const told = isAnnounced ? "announced" : "on standby";
  const how = { told: isDesired ? told : "to be withdrawn", untold: "waiting", unsure: isDesired ? "unsure" : "being withdrawn" }[state];
  const ago = toldAgoMs === undefined ? "" : `, told ${duration(toldAgoMs)} ago`;
  const whom = audience.length === 0 ? "" : `, to ${series(audience)}`;
  const where = ` on ${links === null ? "every link" : series(links)}`;
  return [
    `  ${vip} by ${announcer}: ${how}${where}${whom}${ago}${report === undefined ? "" : `, ${report}`}`,
    ...(refusal === undefined ? [] : [`  ${vip} by ${announcer}: REFUSED ${count(refusal.failures, "time")}: ${refusal.reason}`]),
    ...(counters === undefined
      ? []
      : [
          `  ${vip} by ${announcer}: answered ${counters.answered}, did not answer ${counters.unanswered}, announced ${counters.announced} unasked, ` +
            `${count(counters.conflicts, "conflict")} heard`,
        ]),
  ];
}
