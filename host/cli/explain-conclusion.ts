/** An explanation in a sentence: who answers at which address, or why nobody does. */

import type { GroupAccount } from "../observe/explain.ts";
import { firstUnmet, groupVias, type Unconcluded, type ViaGroup } from "./explanation.ts";
import { duration, series } from "./words.ts";

/** The owner and its heirs. */
const MOST_MEMBERS = 3;

export function conclude(explanation: Unconcluded): string {
  const { gates, vias, notGiven } = explanation;
  const unmet = firstUnmet(gates);
  if (unmet !== undefined) {
    const why = unmet.reason === "noIPAllocated" ? (notGiven ?? "none was given to it yet") : `${unmet.name}: ${unmet.found}`;
    return unmet.reason === "noIPAllocated" ? `it has no address: ${why}` : `it is not announced: ${why}`;
  }
  const groups = groupVias(vias);
  // A kind that nobody serves, or that nothing is advertised by, says nothing where another announcer does.
  const told = groups.filter(({ eligible }) => eligible.length > 0);
  if (told.length > 0) return told.map((group) => sentence(group, explanation)).join(". ");
  return groups.length === 0 ? "it is not announced: no announcer serves its addresses" : whyNowhere(groups);
}

function sentence(group: ViaGroup, explanation: Unconcluded): string {
  if (group.from === "every-node") return everywhere(group, explanation);
  const { here, cluster } = explanation;
  if (here !== undefined) return bySpeaker(group, explanation, here);
  if (cluster !== undefined) return byCluster(group, cluster);
  const [owner = "", ...heirs] = group.eligible.slice(0, MOST_MEMBERS);
  const standing = heirs.length === 0 ? "nobody could stand by" : `${series(heirs)} would stand by`;
  return `${series(group.vips)} would be answered by ${owner}; ${standing}`;
}

function everywhere({ vips, vias, eligible, nodes }: ViaGroup, { here, cluster }: Unconcluded): string {
  const what = `${series(vips)} ${here === undefined && cluster === undefined ? "would be" : "is"} announced by ${series(vias)}`;
  if (here !== undefined) {
    const rows = here.rows.filter(({ announcer, vip, isAnnounced }) => isAnnounced && vias.includes(announcer) && vips.includes(vip));
    if (rows.length === 0) return `${series(vips)} is not announced by ${series(vias)} from this node, ${here.node}`;
    const audience = [...new Set(rows.flatMap((row) => row.audience))].sort();
    return `${what} from this node, ${here.node}${audience.length === 0 ? "" : `, to ${series(audience)}`}`;
  }
  const from = cluster === undefined ? eligible : cluster.bgp.map(({ node }) => node);
  if (from.length === 0) return `${series(vips)} is announced by ${series(vias)} from no node; it should be from ${series(eligible)}`;
  return `${what} from ${from.length === nodes.length && from.length > 1 ? `all ${from.length} nodes` : series(from)}`;
}

type Here = NonNullable<Unconcluded["here"]>;

function bySpeaker({ vips, vias, eligible }: ViaGroup, { vias: all }: Unconcluded, here: Here): string {
  const first = all.find(({ vip }) => vips.includes(vip))?.vip ?? "";
  const group = here.groups.find((one) => one.group === first) ?? here.groups[0];
  const me = `this node, ${here.node},`;
  if (group !== undefined) return byStanding(series(vips), me, here, group);
  const isAnnounced = here.rows.some((row) => row.isAnnounced && vips.includes(row.vip) && vias.includes(row.announcer));
  const others = eligible.slice(0, MOST_MEMBERS).filter((name) => name !== here.node);
  if (isAnnounced) return `${series(vips)} is answered by ${here.node}, this node; next would be ${series(others)}`;
  const place = eligible.indexOf(here.node) + 1;
  const role = place === 0 ? "may not announce it" : `is ${place} of ${eligible.length} in rank, and does not stand by`;
  return `${series(vips)} should be answered by ${eligible[0]}; ${me} ${role}`;
}

function byStanding(vips: string, me: string, { node, sessions }: Here, { standing, members, forMs, heard, reason }: GroupAccount): string {
  const since = `since ${duration(forMs)}`;
  const others = members.filter((name) => name !== node);
  const station = heard && (heard.node ?? `station ${heard.mac}`);
  const lastHeard = station && `was last heard to be announced by ${station}, ${duration(heard.agoMs)} ago`;
  switch (standing) {
    case "owner":
      return `${vips} is answered by ${node}, this node, ${since}; ${others.length === 0 ? "nobody stands by" : standBy(others)}`;
    case "leaving":
      return `${vips} is being handed over by ${node}, this node, ${since}: ${reason}`;
    case "asking":
      return `${vips} is asked for by ${node}, this node, which answers if nobody else does: ${reason}`;
    case "holding":
      return `${vips} ${lastHeard ?? "is answered elsewhere"}; ${me} takes it back in a moment`;
    case "isolated":
      return `${vips} is not answered by ${node}, this node, which hears nobody, ${since}`;
    case "heir":
      return `${vips} ${lastHeard ?? ahead(node, members, sessions)}; ${me} stands by ${since}`;
    default:
      return standing satisfies never;
  }
}

/** Nobody was heard to announce it since this node stands by: then it is the first ahead that lives. */
function ahead(node: string, members: readonly string[], sessions: Here["sessions"]): string {
  const isAlive = (name: string): boolean => sessions.some((session) => session.node === name && session.isUp);
  const living = members.slice(0, members.indexOf(node)).find(isAlive);
  return living === undefined ? `should be answered by ${members[0]}` : `is answered by ${living}, the first that lives`;
}

function byCluster({ vips, eligible }: ViaGroup, { l2 }: NonNullable<Unconcluded["cluster"]>): string {
  const [owner, ...more] = l2;
  if (owner === undefined) return `${series(vips)} is answered by nobody, as far as speakers have said; it should be by ${eligible[0]}`;
  if (more.length > 0) return `${series(vips)} is claimed by ${series(l2.map(({ node }) => node))} at the same time`;
  const since = owner.agoMs === undefined ? "" : ` since ${duration(owner.agoMs)}`;
  const heirs = eligible.filter((name) => name !== owner.node).slice(0, MOST_MEMBERS - 1);
  return `${series(vips)} is answered by ${owner.node}${since}; ${heirs.length === 0 ? "nobody can stand by" : standBy(heirs)}`;
}

function standBy(names: readonly string[]): string {
  return `${series(names)} ${names.length === 1 ? "stands" : "stand"} by`;
}

/** The announcers with the same reason together. */
function whyNowhere(groups: readonly ViaGroup[]): string {
  const reasons = new Map<string, ViaGroup[]>();
  for (const group of groups) reasons.set(whyNot(group), [...(reasons.get(whyNot(group)) ?? []), group]);
  const union = (list: readonly ViaGroup[], namesOf: (group: ViaGroup) => readonly string[]) => series([...new Set(list.flatMap(namesOf))]);
  return Array.from(reasons, ([why, list]) => {
    const vips = union(list, (group) => group.vips);
    return `${vips} is not announced by ${union(list, (group) => group.vias)}: ${why}`;
  }).join("; ");
}

function whyNot({ gates, nodes }: ViaGroup): string {
  const unmet = firstUnmet(gates);
  if (unmet !== undefined) return `${unmet.name}: ${unmet.found}`;
  const names = [...new Set(nodes.flatMap(({ gates: ofNode }) => firstUnmet(ofNode)?.name ?? []))];
  return names.length === 0 ? "there is no node" : `no node has ${series(names)}`;
}
