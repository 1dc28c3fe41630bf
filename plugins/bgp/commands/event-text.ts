/** Events of a looking glass for a reader. */

import type { ReceivedRoute } from "../looking-glass/adj-rib-in.ts";
import type { GlassEvent } from "../looking-glass/events.ts";

/** One line, or two where there is a NOTIFICATION. */
export function textOf(event: GlassEvent): string {
  return `${event.peer.padEnd(15)}  ${wordsOf(event)}\n`;
}

function wordsOf(event: GlassEvent): string {
  switch (event.event) {
    case "sessionUp": {
      const restart = event.gracefulRestart ? ", graceful restart" : "";
      return `up: AS ${event.as}, identifier ${event.identifier}, ${event.families.join(" and ")}, hold time ${event.holdTimeSeconds} s${restart}`;
    }
    case "sessionDown":
    case "sessionFailed": {
      const { reason, notificationSent, notificationReceived, keepsRoutes } = event;
      const said = notificationSent === undefined ? "" : `; sent ${notificationSent}`;
      const heard = notificationReceived === undefined || reason.includes(notificationReceived) ? "" : `; received ${notificationReceived}`;
      return `${event.event === "sessionDown" ? "down" : "failed"}: ${reason}${said}${heard}${keepsRoutes ? "; its routes are kept" : ""}`;
    }
    case "endOfRib":
      return `end of ${event.family} routes`;
    case "learned":
      return `learned ${event.prefix}${routeText(event)}`;
    case "withdrawn":
      return `withdrawn ${event.prefix}`;
    case "treatedAsWithdrawn":
      return `treated as withdrawn ${event.prefix}: ${event.reason}`;
    case "attributeDiscarded":
      return `attribute discarded of ${event.prefix}: ${event.reason}`;
    default:
      return event satisfies never;
  }
}

function routeText({ nextHop, attributes }: ReceivedRoute): string {
  const { asPath = [], localPref, multiExitDisc, communities = [], largeCommunities = [], extendedCommunities = [] } = attributes;
  const path = asPath.flatMap(({ asNumbers }) => asNumbers).join(" ");
  const all = [...communities, ...largeCommunities, ...extendedCommunities].join(" ");
  return [
    nextHop === undefined ? "" : ` via ${nextHop}`,
    path === "" ? "" : `, path ${path}`,
    localPref === undefined ? "" : `, local preference ${localPref}`,
    multiExitDisc === undefined ? "" : `, MED ${multiExitDisc}`,
    all === "" ? "" : `, communities ${all}`,
  ].join("");
}
