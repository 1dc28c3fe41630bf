/**
 * What `birdc show route all` prints:
 *
 *   203.0.113.0/24       unicast [neighbor0 13:05:42.927] * (100) [AS65001i]
 *   	via 192.0.2.3 on eth0
 *   	Type: BGP univ
 *   	BGP.as_path: 65001
 *   	BGP.next_hop: 192.0.2.3
 *   	BGP.community: (65001,7) (65001,8)
 *                        unicast [neighbor1 …                    the next way to the same prefix
 */

import type { SeenRoute } from "./description.ts";

const HEADING = /^(\S+)? +\S+ \[(\S+) [^\]]*\]/;

/** Routes that came by BGP; `from` is the name of the protocol. */
export function readBirdRoutes(text: string): Omit<SeenRoute, "stale">[] {
  const routes: Omit<SeenRoute, "stale">[] = [];
  let prefix = "";
  let from = "";
  let attributes = new Map<string, string>();
  const close = (): void => {
    if (attributes.get("Type")?.startsWith("BGP") === true) routes.push(routeOf(prefix, from, attributes));
    attributes = new Map();
  };
  for (const line of text.split("\n")) {
    const heading = HEADING.exec(line);
    const attribute = /^\t([^:\s]+): (.*)$/.exec(line);
    if (heading !== null) {
      close();
      prefix = heading[1] ?? prefix;
      from = heading[2] ?? "";
    } else if (attribute !== null) attributes.set(attribute[1] ?? "", attribute[2] ?? "");
  }
  close();
  return routes;
}

function routeOf(prefix: string, from: string, attributes: ReadonlyMap<string, string>): Omit<SeenRoute, "stale"> {
  const number = (name: string) => (attributes.has(name) ? Number(attributes.get(name)) : undefined);
  const localPref = number("BGP.local_pref");
  const med = number("BGP.med");
  return {
    prefix,
    from,
    nextHops: (attributes.get("BGP.next_hop") ?? "").split(" "),
    asPath: (attributes.get("BGP.as_path") ?? "").match(/\d+/g)?.map(Number) ?? [],
    ...(localPref === undefined ? {} : { localPref }),
    ...(med === undefined ? {} : { med }),
    communities: tuples(attributes.get("BGP.community")).map((parts) => parts.join(":")),
    largeCommunities: tuples(attributes.get("BGP.large_community")).map((parts) => parts.join(":")),
    ...linkBandwidth(attributes.get("BGP.ext_community")),
  };
}

/** `(65001, 1, 2) (65001, 1, 3)`. */
function tuples(text = ""): string[][] {
  return [...text.matchAll(/\(([^)]*)\)/g)].map(([, inner = ""]) => inner.split(",").map((part) => part.trim()));
}

/** `(unknown 0x4004, 65001, 1303564382)`: AS number, and the bits of a float. */
function linkBandwidth(text: string | undefined): { linkBandwidth?: number } {
  const [, , bits] = tuples(text).find(([kind]) => kind === "unknown 0x4004") ?? [];
  if (bits === undefined) return {};
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(bits));
  return { linkBandwidth: view.getFloat32(0) };
}
