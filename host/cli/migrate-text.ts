/** What `herald migrate` found, for a person. */

import type { Difference, Report, Step } from "../cluster/migrate/report.ts";
import { visible } from "../observe/log.ts";

const WIDTH = 96;
const MOST_LISTED = 20;
const HEADINGS: Readonly<Record<Difference["level"], string>> = {
  blocks: "Blocks: settle this first",
  differs: "Differs",
  note: "Good to know",
};

export function migrateText(report: Report): string {
  const lines = [
    ...headLines(report),
    "",
    "WHAT STAYS",
    ...addressLines(report),
    ...announcementLines(report),
    ...report.unknown.flatMap((text) => wrap(`? ${text}.`, "  ", "    ")),
    ...differenceLines(report.differences),
    "",
    "WHAT TO DO, IN ORDER",
    ...stepLines(report.steps),
    "",
    "THE WAY BACK",
    ...stepLines(report.rollback),
  ];
  return `${lines.map(visible).join("\n")}\n`;
}

function headLines({ metallb: { namespace, version, bgpMode, loadBalancerClass } }: Report): string[] {
  const name = version === "" ? "MetalLB" : `MetalLB ${version}`;
  const services = loadBalancerClass === null ? "Services without a class" : `Services of class ${loadBalancerClass}`;
  return [`${name} in ${namespace}, BGP mode ${bgpMode}, for ${services}`];
}

function addressLines({ addresses: { services, addresses, changes, waiting, served } }: Report): string[] {
  return [
    `  ${changes.length} of ${services} Services with ${addresses} addresses would get another address`,
    ...listed(
      changes,
      ({ service, before, after, reason }) => `${service}: ${before.join(", ")} -> ${after.join(", ") || "none"} (${reason})`,
    ),
    ...(waiting.length === 0 ? [] : [`  ${waiting.length} have no address and would get none`]),
    ...listed(waiting, ({ service, reason }) => `${service}: ${reason}`),
    ...(served.length === 0 ? [] : [`  ${served.length} have no address and would get one`]),
    ...listed(served, (one) => `${one.service}: ${one.addresses.join(", ")}`),
  ];
}

function announcementLines({ announcements: { layer2, moves, bgp, routes, basis } }: Report): string[] {
  if (basis === "none") return [];
  const by = basis === "record" ? "by MetalLB's own record" : "by MetalLB's rule";
  return [
    ...(layer2 > 0 ? [`  ${moves.length} of ${layer2} addresses announced at layer 2 would move to another node (${by})`] : []),
    ...listed(moves, ({ vip, service, before, after, reason }) => `${vip} of ${service}: ${before} -> ${after ?? "nobody"} (${reason})`),
    ...(bgp === 0 && routes.length === 0
      ? []
      : [`  ${routes.length} of ${bgp} Services announced by BGP would be announced from other nodes`]),
    ...listed(routes, ({ service, lost, gained }) =>
      [`${service}:`, ...lost.map((node) => `-${node}`), ...gained.map((node) => `+${node}`)].join(" "),
    ),
  ];
}

function differenceLines(differences: readonly Difference[]): string[] {
  return (["blocks", "differs", "note"] as const).flatMap((level) => {
    const some = differences.filter((difference) => difference.level === level);
    return some.length === 0 ? [] : ["", HEADINGS[level].toUpperCase(), ...some.flatMap(oneDifference)];
  });
}

function oneDifference({ about, objects, metallb, herald, advice }: Difference): string[] {
  const names = objects.slice(0, MOST_LISTED);
  const more = objects.length > names.length ? `, and ${objects.length - names.length} more` : "";
  return [
    ...wrap(`${about}${objects.length === 0 ? "" : `: ${names.join(", ")}${more}`}`, "  ", "    "),
    ...wrap(`MetalLB: ${metallb}`, "    ", "             "),
    ...wrap(`Herald:  ${herald}`, "    ", "             "),
    ...(advice === undefined ? [] : wrap(`To do:   ${advice}`, "    ", "             ")),
  ];
}

function stepLines(steps: readonly Step[]): string[] {
  return steps.flatMap(({ title, why, commands }, at) => [
    `  ${at + 1}. ${title}`,
    ...wrap(why, "     ", "     "),
    ...commands.map((command) => `       ${command}`),
  ]);
}

function listed<T>(items: readonly T[], text: (item: T) => string): string[] {
  const more = items.length > MOST_LISTED ? [`    and ${items.length - MOST_LISTED} more`] : [];
  return [...items.slice(0, MOST_LISTED).map((item) => `    ${text(item)}`), ...more];
}

function wrap(text: string, first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = rest;
    }
    line = line.trim() === "" ? line + word : `${line} ${word}`;
  }
  return [...lines, line];
}
