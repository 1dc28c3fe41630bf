import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement } from "../../../host/announcer.ts";
import { randomFrom, testSeed } from "../../../host/workbench/testing/random.ts";
import type { RouteTerms } from "../advertisement.ts";
import { nextHopOf } from "../next-hop.ts";
import { pathAttributesOf } from "../path-attributes.ts";
import { terms } from "../test-stage.ts";
import { RouteBook } from "./route-book.ts";

const routes = suite("bgp routes");

const announce = (vip: string, attributes: Record<string, RouteTerms>, localEndpoints?: number): Announcement => ({
  vip,
  family: vip.includes(":") ? 6 : 4,
  links: null,
  services: [],
  attributes,
  ...(localEndpoints === undefined ? {} : { localEndpoints }),
});

/** `192.0.2.0/24 100 65000:1`: prefix, local preference and communities of each route of a peer, sorted. */
function show(announcements: readonly Announcement[], peer = "p"): string[] {
  const book = new RouteBook();
  for (const announcement of announcements) book.put(announcement);
  return showBook(book, peer);
}

function showBook(book: RouteBook, peer: string): string[] {
  const lines = [...book.prefixes()].flatMap((prefix) => {
    const route = book.routeTo(peer, prefix);
    if (route === undefined) return [];
    const { localPref, med, prepend, communities, largeCommunities, linkBandwidth } = route;
    const rest = [
      med === undefined ? "" : `med ${med}`,
      prepend === 0 ? "" : `+${prepend}`,
      linkBandwidth ? `bw ${linkBandwidth / 125e6}` : "",
    ];
    return [[prefix, localPref ?? "", ...communities, ...largeCommunities, ...rest].filter((part) => part !== "").join(" ")];
  });
  return lines.sort();
}

routes("an address gives its own route, or the aggregate that it is in", () => {
  assert.equal(show([announce("192.0.2.7", { a: terms() })]), ["192.0.2.7/32"]);
  assert.equal(show([announce("192.0.2.7", { a: terms({ aggregationLength: 24 }) })]), ["192.0.2.0/24"]);
  assert.equal(show([announce("192.0.2.77", { a: terms({ aggregationLength: 27 }) })]), ["192.0.2.64/27"]);
  assert.equal(show([announce("2001:db8::7", { a: terms({ aggregationLengthV6: 64, aggregationLength: 24 }) })]), ["2001:db8::/64"]);
  assert.equal(show([announce("2001:db8::7", { a: terms({ aggregationLength: 24 }) })]), ["2001:db8::7/128"]);
  assert.equal(show([announce("192.0.2.7", {})]), []);
});

routes("each advertisement gives its route, and one prefix is one route that unites them", () => {
  const local = terms({ localPref: 100, communities: ["65535:65282"], largeCommunities: ["1:1:2"] });
  const wide = terms({ aggregationLength: 24, communities: ["64500:2"] });
  assert.equal(show([announce("192.0.2.7", { local, wide })]), ["192.0.2.0/24 64500:2", "192.0.2.7/32 100 65535:65282 1:1:2"]);
  const more = terms({ localPref: 100, communities: ["64500:1", "65535:65282"], largeCommunities: ["1:1:1"] });
  assert.equal(show([announce("192.0.2.7", { local, more })]), ["192.0.2.7/32 100 64500:1 65535:65282 1:1:1 1:1:2"]);
  const two = [
    announce("192.0.2.7", { wide }),
    announce("192.0.2.8", { other: terms({ aggregationLength: 24, localPref: 7, communities: ["1:1"] }) }),
  ];
  assert.equal(show(two), ["192.0.2.0/24 7 1:1 64500:2"]);
});

routes("of two advertisements for different pools the first by name decides what cannot be united", () => {
  const a = terms({ aggregationLength: 24, localPref: 1, med: 10, prepend: 1 });
  const b = terms({ aggregationLength: 24, localPref: 2, med: 20, prepend: 3 });
  assert.equal(show([announce("192.0.2.8", { b }), announce("192.0.2.7", { a })]), ["192.0.2.0/24 1 med 10 +3"]);
});

routes("peers hear what is for them", () => {
  const announcements = [
    announce("192.0.2.7", { a: terms({ peers: ["p"], communities: ["1:1"] }), b: terms({ peers: ["q", "p"], communities: ["2:2"] }) }),
  ];
  assert.equal(show(announcements, "p"), ["192.0.2.7/32 1:1 2:2"]);
  assert.equal(show(announcements, "q"), ["192.0.2.7/32 2:2"]);
  assert.equal(show(announcements, "r"), []);
});

routes("an address that reaches only its node's endpoints is announced beside its aggregate", () => {
  const wide = terms({ aggregationLength: 24, communities: ["64500:2"] });
  assert.equal(show([announce("192.0.2.7", { wide }, 1), announce("192.0.2.8", { wide })]), [
    "192.0.2.0/24 64500:2",
    "192.0.2.7/32 64500:2",
  ]);
  const local = terms({ communities: ["65535:65282"] });
  assert.equal(
    show([announce("192.0.2.7", { local, wide }, 1)]),
    ["192.0.2.0/24 64500:2", "192.0.2.7/32 65535:65282"],
    "what is asked for of the address itself holds for it",
  );
  const wider = terms({ aggregationLength: 16, localPref: 9 });
  assert.equal(show([announce("192.0.2.7", { wide, wider }, 1)]), ["192.0.0.0/16 9", "192.0.2.0/24 64500:2", "192.0.2.7/32 64500:2"]);
  const apart = { local: terms({ peers: ["q"] }), wide };
  assert.equal(
    show([announce("192.0.2.7", apart, 1)], "p"),
    ["192.0.2.0/24 64500:2", "192.0.2.7/32 64500:2"],
    "another peer has it already",
  );
  assert.equal(show([announce("2001:db8::7", { v6: terms({ aggregationLengthV6: 64 }) }, 2)]), ["2001:db8::/64", "2001:db8::7/128"]);
});

routes("weighted routes say how many endpoints are behind them, aggregates do not", () => {
  const weighted = terms({ weighted: true, aggregationLength: 24 });
  assert.equal(show([announce("192.0.2.7", { weighted }, 3)]), ["192.0.2.0/24", "192.0.2.7/32 bw 3"]);
  assert.equal(show([announce("192.0.2.7", { weighted: terms({ weighted: true }) })]), ["192.0.2.7/32"], "where every node reaches all");
  assert.equal(show([announce("192.0.2.7", { plain: terms() }, 3)]), ["192.0.2.7/32"]);
});

routes("a contradiction takes the address off, and says why", () => {
  const book = new RouteBook();
  book.put(announce("192.0.2.7", { a: terms({ localPref: 100 }), b: terms({ localPref: 200 }) }));
  book.put(announce("192.0.2.8", { a: terms({ localPref: 100, peers: ["p"] }), b: terms({ localPref: 200, peers: ["q"] }) }));
  assert.equal(showBook(book, "p"), ["192.0.2.8/32 100"]);
  const reason = "conflictingAdvertisements: a wants local preference 100 and b 200 for the same prefix and peer";
  assert.equal(book.refusals(["192.0.2.8", "192.0.2.7"], ["p", "q"]), [{ vip: "192.0.2.7", reason }]);
  assert.equal([...book.put(announce("192.0.2.7", { a: terms({ localPref: 100 }) }))], ["192.0.2.7/32"]);
  assert.equal(book.refusals(["192.0.2.7"], ["p", "q"]), []);
});

routes("more than 63 communities are refused where they meet", () => {
  const some = (first: number, count: number) => terms({ communities: Array.from({ length: count }, (_, at) => `1:${first + at}`) });
  const book = new RouteBook();
  book.put(announce("192.0.2.7", { a: some(0, 40), b: some(40, 23) }));
  book.put(announce("192.0.2.8", { a: some(0, 40), b: some(40, 24) }));
  assert.equal(
    [...book.prefixes()].filter((prefix) => book.routeTo("p", prefix)),
    ["192.0.2.7/32"],
  );
  assert.equal(book.refusals(["192.0.2.7", "192.0.2.8"], ["p"]), [
    { vip: "192.0.2.8", reason: "tooManyCommunities: 64 by a, b, expected at most 63" },
  ]);
  assert.equal(book.refusals(["192.0.2.7", "192.0.2.8"], []), []);
});

routes("an aggregate stays until its last address goes, however terms are copied", () => {
  const book = new RouteBook();
  const wide = () => ({ wide: terms({ aggregationLength: 24 }) });
  assert.equal([...book.put(announce("192.0.2.7", wide()))], ["192.0.2.0/24"]);
  book.put(announce("192.0.2.8", wide()));
  book.put(announce("192.0.2.8", wide()));
  assert.equal([...book.remove("192.0.2.7")], ["192.0.2.0/24"]);
  assert.equal(showBook(book, "p"), ["192.0.2.0/24"]);
  book.remove("192.0.2.8");
  assert.equal([...book.prefixes()], []);
  assert.equal([...book.remove("192.0.2.8")], []);
});

/** `p 192.0.2.0/24` → what that peer is told. */
function toldBy(book: RouteBook): Map<string, string> {
  const all = ["p", "q"].flatMap((peer) =>
    [...book.prefixes()].map((prefix) => [`${peer} ${prefix}`, book.routeTo(peer, prefix)] as const),
  );
  return new Map(all.flatMap(([key, route]) => (route === undefined ? [] : [[key, JSON.stringify(route)]])));
}

function bookOf(announcements: Iterable<Announcement>): RouteBook {
  const book = new RouteBook();
  for (const announcement of announcements) book.put(announcement);
  return book;
}

routes("the book depends on what is in it, not on how it came, and names all that changes", () => {
  const random = randomFrom(testSeed());
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const some = (): RouteTerms =>
    terms({
      aggregationLength: pick([24, 28, 32, 32]),
      communities: pick([[], ["1:1"], ["1:1", "2:2"]]),
      peers: pick([[], ["p"], ["q"]]),
      weighted: random(2) === 0,
      ...pick([{}, { localPref: 100 }, { localPref: 200 }, { med: random(3) }, { prepend: random(3) }]),
    });
  for (let round = 0; round < 15; round += 1) {
    const book = new RouteBook();
    const held = new Map<string, Announcement>();
    for (let turn = 0; turn < 40; turn += 1) {
      const vip = `192.0.2.${random(20)}`;
      const before = toldBy(book);
      const isGoing = random(3) === 0;
      const next = announce(
        vip,
        Object.fromEntries(["a", "b", "c"].slice(random(3)).map((name) => [name, some()])),
        pick([undefined, 1, 2]),
      );
      const touched = isGoing ? book.remove(vip) : book.put(next);
      if (isGoing) held.delete(vip);
      else held.set(vip, next);
      const after = toldBy(book);
      const fresh = bookOf([...held.values()].reverse());
      assert.equal([...after].sort(), [...toldBy(fresh)].sort());
      assert.equal(book.refusals([...held.keys()], ["p", "q"]), fresh.refusals([...held.keys()], ["p", "q"]));
      const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
      assert.equal(
        changed.filter((key) => !touched.has(key.slice(2))),
        [],
        "a change that was not named",
      );
    }
  }
});

routes("next hops are our own addresses, of the family that the peer takes", () => {
  const plain = { format: { fourOctetAs: true, extendedMessage: false, extendedNextHop: [], isInternal: false } };
  const extended = { format: { ...plain.format, extendedNextHop: [{ afi: 1, safi: 1 }] } };
  const link = { ipv4: "10.0.0.2", ipv6: "2001:db8::2", linkLocal: "fe80::2" };
  const over4 = { address: "10.0.0.2", family: 4, link, isDirect: true } as const;
  const over6 = { address: "2001:db8::2", family: 6, link, isDirect: true } as const;
  const unnumbered = { address: "fe80::2", family: 6, link: { linkLocal: "fe80::2" }, isDirect: true } as const;
  const both = { nextHop: "2001:db8::2", linkLocalNextHop: "fe80::2" };
  assert.equal(nextHopOf(4, over4, plain), { nextHop: "10.0.0.2" });
  assert.equal(nextHopOf(6, over4, plain), both);
  assert.equal(nextHopOf(6, over6, plain), both);
  assert.equal(nextHopOf(6, { ...over6, isDirect: false }, plain), { nextHop: "2001:db8::2" });
  assert.equal(nextHopOf(4, over6, plain), { nextHop: "10.0.0.2" });
  assert.equal(nextHopOf(4, over6, extended), both);
  assert.equal(nextHopOf(4, unnumbered, extended), { nextHop: "fe80::2" });
  assert.equal(nextHopOf(6, unnumbered, extended), { nextHop: "fe80::2" });
  assert.equal(nextHopOf(6, { ...unnumbered, link }, extended), both);
  assert.match(nextHopOf(4, unnumbered, plain) as string, "No IPv4 address");
  assert.match(nextHopOf(6, { ...over4, link: { ipv4: "10.0.0.2" } }, plain) as string, "No IPv6 address");
});

routes("attributes are told as the peer's AS wants them", () => {
  const route = { localPref: 200, med: 5, prepend: 2, communities: ["64500:1"], largeCommunities: ["1:2:3"], linkBandwidth: 250_000_000 };
  const common = { origin: "igp", multiExitDisc: 5, communities: ["64500:1"], largeCommunities: ["1:2:3"] };
  const external = { isInternal: false, localAs: 64500 };
  assert.equal(pathAttributesOf(route, external, false), {
    ...common,
    asPath: [{ type: "sequence", asNumbers: [64500, 64500, 64500] }],
    extendedCommunities: ["bandwidth:64500:250000000"],
  });
  assert.equal(pathAttributesOf(route, { isInternal: true, localAs: 4_200_000_000 }, false), {
    ...common,
    asPath: [],
    localPref: 200,
    extendedCommunities: ["bandwidth:23456:250000000"],
  });
  const bare = { prepend: 0, communities: [], largeCommunities: [] };
  assert.equal(pathAttributesOf(bare, external, false), { origin: "igp", asPath: [{ type: "sequence", asNumbers: [64500] }] });
  assert.is(pathAttributesOf(bare, { isInternal: true, localAs: 1 }, false).localPref, 100);
});

routes("who leaves says so", () => {
  const route = { localPref: 200, prepend: 0, communities: ["64500:1", "65535:0"], largeCommunities: [] };
  assert.equal(pathAttributesOf({ ...route, communities: [] }, { isInternal: false, localAs: 1 }, true).communities, ["65535:0"]);
  const { communities, localPref } = pathAttributesOf(route, { isInternal: true, localAs: 1 }, true);
  assert.equal([communities, localPref], [["64500:1", "65535:0"], 0]);
});

routes.run();
