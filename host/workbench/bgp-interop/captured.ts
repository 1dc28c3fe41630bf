/** What the capture of all that was said shows. */

import type { RouterName } from "../bgp-peers/routers.ts";
import { ROUTE } from "./manifests.ts";
import { nodeAddress, routerAddress, type SessionName } from "./sessions.ts";
import { malformedIn, readCapture, SEPARATOR } from "./stage.ts";

export interface Captured {
  /** Octets of the longest message to a router. */
  longest(router: RouterName): number;
  /** A connection of the session was closed by "Connection Collision Resolution". */
  collided(router: RouterName): boolean;
  /** Routes came again after the router asked for them. */
  refreshed(router: RouterName): boolean;
  /**
   * What came when the router asked for all routes, in order: `<1` and `1>` are BoRR and EoRR (RFC 7313 §3.2) of AFI 1, `u` is an UPDATE.
   */
  refresh(router: RouterName): string;
  /** The session "restart" was ended for "Other Configuration Change" (RFC 4486 §4). */
  reconfigured(router: RouterName): boolean;
  /** The router said AdminDown by BFD. */
  saidAdminDown(router: RouterName): boolean;
  /** From when the router was asked for other paths (RFC 8326) until the session "plain" was ended for "Administrative Reset"; NaN: it was not. */
  leftAfterMs(router: RouterName): number;
  /** What tshark cannot read, or takes for malformed. */
  readonly malformed: readonly string[];
}

const FIELDS = [
  "ip.src",
  "ip.dst",
  "frame.time_epoch",
  "bgp.type",
  "bgp.length",
  "bgp.nlri_prefix",
  "bgp.route_refresh.subtype",
  "bgp.route_refresh.afi",
  "bgp.update.path_attribute.community_wellknown",
  "bgp.notify.minor_error_cease",
  "bfd.sta",
] as const;
type Field = (typeof FIELDS)[number];
/** Of one frame: each message has its own. */
type Frame = ReadonlyMap<Field, readonly string[]>;

const GRACEFUL_SHUTDOWN = 0xffff0000;
const ADMINISTRATIVE_RESET = 4;
const COLLISION = 7;
const OTHER_CONFIGURATION_CHANGE = 6;
const UPDATE = 2;
const ROUTE_REFRESH = 5;
/** By the message subtype. */
const MARKS: Readonly<Record<string, (afi: string | undefined) => string>> = { 1: (afi) => `<${afi}`, 2: (afi) => `${afi}>` };

/** `askedAt` is when the routers asked for all routes again, in seconds since 1970. */
export function readCaptured(file: string, askedAt: number): Captured {
  const frames: Frame[] = readCapture(file, "bgp || bfd.sta == 0", ...FIELDS).map((line) => {
    const values = line.split("\t").map((value) => (value === "" ? [] : value.split(SEPARATOR)));
    return new Map(FIELDS.map((field, at) => [field, values[at] ?? []]));
  });
  const between = (source: string, destination: string) =>
    frames.filter((frame) => frame.get("ip.src")?.[0] === source && frame.get("ip.dst")?.[0] === destination);
  const to = (name: RouterName, session: SessionName) => between(nodeAddress(session), routerAddress(name, session));
  const from = (name: RouterName, session: SessionName) => between(routerAddress(name, session), nodeAddress(session));
  const secondsOf = (frame: Frame | undefined) => Number(frame?.get("frame.time_epoch"));
  const answers = (name: RouterName) => to(name, "plain").filter((frame) => secondsOf(frame) > askedAt);
  const find = (all: readonly Frame[], field: Field, value: number) =>
    all.find((frame) => frame.get(field)?.some((found) => Number(found) === value));
  const ceased = (all: readonly Frame[], subcode: number) => find(all, "bgp.notify.minor_error_cease", subcode) !== undefined;
  return {
    longest: (name) => Math.max(0, ...to(name, "plain").flatMap((frame) => frame.get("bgp.length")?.map(Number) ?? [])),
    collided: (name) => ceased([...to(name, "collision"), ...from(name, "collision")], COLLISION),
    refreshed: (name) => answers(name).some((frame) => frame.get("bgp.nlri_prefix")?.includes(ROUTE.replace("/32", ""))),
    refresh: (name) => answers(name).flatMap(marksOf).join(" "),
    reconfigured: (name) => ceased(to(name, "restart"), OTHER_CONFIGURATION_CHANGE),
    saidAdminDown: (name) => from(name, "bfd").some((frame) => frame.get("bfd.sta")?.length === 1),
    leftAfterMs(name) {
      const asked = secondsOf(find(to(name, "plain"), "bgp.update.path_attribute.community_wellknown", GRACEFUL_SHUTDOWN));
      const ended = secondsOf(find(to(name, "plain"), "bgp.notify.minor_error_cease", ADMINISTRATIVE_RESET));
      return (ended - asked) * 1000;
    },
    malformed: malformedIn(file),
  };
}

/** UPDATEs and ROUTE-REFRESHs. */
function marksOf(frame: Frame): string[] {
  let refreshes = 0;
  return (frame.get("bgp.type") ?? []).map(Number).flatMap((type) => {
    if (type === UPDATE) return ["u"];
    if (type !== ROUTE_REFRESH) return [];
    const [subtype, afi] = (["bgp.route_refresh.subtype", "bgp.route_refresh.afi"] as const).map((field) => frame.get(field)?.[refreshes]);
    refreshes += 1;
    return [MARKS[Number(subtype)]?.(afi) ?? "?"];
  });
}
