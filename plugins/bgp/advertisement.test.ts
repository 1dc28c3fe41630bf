import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Advertisement, Pool } from "../../host/announcer.ts";
import { parseBlocks } from "../../host/rules/blocks.ts";
import { nodeFact, poolFact } from "../../host/workbench/testing/facts.ts";
import { type BgpAdvertisement, type RouteTerms, readBgpAdvertisement } from "./advertisement.ts";
import { checkAdvertisements, type Surroundings } from "./check-advertisements.ts";
import type { Community } from "./community.ts";

const advertisement = suite("bgp advertisement");

const read = (spec?: unknown, annotations = {}) => readBgpAdvertisement({ metadata: { name: "all", annotations }, spec });
const problemsOf = (...args: Parameters<typeof read>) =>
  read(...args).problems.map(({ path, found, expected }) => `${path} ${found}: ${expected}`);

function good(name: string, spec: object = {}): BgpAdvertisement {
  const parsed = readBgpAdvertisement({ metadata: { name }, spec });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** As `readPool` makes them: blocks know which entry they are of. */
function pool(name: string, ...entries: string[]): Pool {
  const blocks = entries.flatMap((text, entry) => {
    const parsed = parseBlocks(text);
    return parsed.ok ? parsed.value.map((block) => ({ ...block, entry })) : [];
  });
  return { ...poolFact(name, []), blocks, labels: { name } };
}

const V4 = pool("v4", "1.1.1.0/28");
const V6 = pool("v6", "2001:db8::/64");
const DUAL = pool("dual", "10.0.0.0/24", "2001:db8:1::/64");
const nodes = [nodeFact("a", { labels: { rack: "a" } }), nodeFact("b", { labels: { rack: "b" } })];

/** `name pool,pool` of each that is accepted, then each problem. */
function check(advertisements: readonly BgpAdvertisement[], parts: Partial<Surroundings> = {}): string[] {
  const { accepted, problems } = checkAdvertisements(advertisements, { pools: [V4, V6, DUAL], nodes, aliases: new Map(), ...parts });
  return [
    ...accepted.map(({ name, poolNames }) => `${name} ${poolNames.join()}`),
    ...problems.map(({ object, path, found, expected }) => `${object} ${path} ${found}: ${expected}`),
  ];
}

advertisement("readBgpAdvertisement() announces everything everywhere without a spec", () => {
  assert.equal(read(), {
    ok: true,
    value: {
      name: "all",
      kind: "BGPAdvertisement",
      poolNames: [],
      poolSelectors: [],
      nodeSelectors: [],
      serviceSelectors: [],
      interfaces: [],
      preferences: [],
      terms: { aggregationLength: 32, aggregationLengthV6: 128, peers: [], prepend: 0, weighted: false },
      writtenCommunities: [],
    },
    problems: [],
  });
});

advertisement("readBgpAdvertisement() reads everything", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => ({ matchLabels: { [name]: "1" }, matchExpressions: [] }));
  const spec = {
    ipAddressPools: ["web"],
    ipAddressPoolSelectors: [a],
    nodeSelectors: [b],
    serviceSelectors: [c],
    aggregationLength: 32,
    aggregationLengthV6: 128,
    localPref: 4_294_967_295,
    communities: ["no-export", "1:2"],
    peers: ["router"],
  };
  const annotations = { "herald.dev/med": "0", "herald.dev/as-path-prepend": "3", "herald.dev/weigh-by-endpoints": "true" };
  const parsed = read(spec, annotations);
  assert.ok(parsed.ok);
  const { poolNames, poolSelectors, nodeSelectors, serviceSelectors, terms, writtenCommunities } = parsed.value;
  assert.equal([poolNames, poolSelectors, nodeSelectors, serviceSelectors], [["web"], [a], [b], [c]]);
  const bounds = { aggregationLength: 32, aggregationLengthV6: 128 };
  assert.equal(terms, { ...bounds, localPref: 4_294_967_295, peers: ["router"], med: 0, prepend: 3, weighted: true });
  assert.equal(writtenCommunities, ["no-export", "1:2"]);
  assert.is(good("x", { localPref: 0 }).terms.localPref, undefined, "0 says nothing");
});

advertisement("readBgpAdvertisement() says everything that is wrong", () => {
  assert.equal(
    problemsOf({ aggregationLength: 33, aggregationLengthV6: -1, localPref: 4_294_967_296, peers: ["a", "a"], communities: ["x", "x"] }),
    [
      "spec.aggregationLength 33: a whole number from 1 to 32",
      "spec.aggregationLengthV6 -1: a whole number from 0 to 128",
      "spec.localPref 4294967296: a whole number from 0 to 4294967295",
      'spec.peers[1] "a": each entry once',
      'spec.communities[1] "x": each entry once',
    ],
  );
  const exclusive = "no aggregation (serviceSelectors and aggregationLength are mutually exclusive)";
  const serviceSelectors = [{ matchLabels: { app: "web" } }];
  assert.equal(problemsOf({ serviceSelectors, aggregationLength: 24 }), [`spec.aggregationLength 24: ${exclusive}`]);
  assert.equal(problemsOf({ serviceSelectors, aggregationLengthV6: 64 }), [`spec.aggregationLengthV6 64: ${exclusive}`]);
  assert.equal(problemsOf({}, { "herald.dev/med": "-1", "herald.dev/as-path-prepend": "17" }), [
    'metadata.annotations["herald.dev/med"] "-1": a whole number from 0 to 4294967295',
    'metadata.annotations["herald.dev/as-path-prepend"] "17": a whole number from 1 to 16',
  ]);
});

advertisement("checkAdvertisements() names the pools that an advertisement is for", () => {
  assert.equal(check([good("all")]), ["all v4,v6,dual"]);
  assert.equal(check([good("some", { ipAddressPools: ["v6", "later"] })]), ["some v6"]);
  assert.equal(check([good("some", { ipAddressPools: ["v6"], ipAddressPoolSelectors: [{ matchLabels: { name: "v4" } }] })]), [
    "some v4,v6",
  ]);
  assert.equal(check([good("none", { ipAddressPools: ["later"] })]), []);
});

advertisement("checkAdvertisements() refuses an aggregate that is wider than an entry of the pool, for that pool", () => {
  const said =
    "invalid aggregation length 26: prefix 28 in this pool is more specific than the aggregation length for addresses 1.1.1.0/28";
  assert.equal(check([good("wide", { aggregationLength: 26 })]), [
    "wide v6,dual",
    `BGPAdvertisement wide spec.aggregationLength 26: 28 or more for IPAddressPool v4 (${said})`,
  ]);
  const range = pool("range", "10.1.0.1-10.1.0.70", "10.2.0.0/16");
  assert.equal(check([good("range", { aggregationLength: 27 })], { pools: [range] }), ["range range"], "the widest piece is a /27");
  assert.is(check([good("range", { aggregationLength: 26 })], { pools: [range] }).length, 1);
  assert.equal(check([good("v6", { aggregationLengthV6: 60 })], { pools: [V4, V6] })[0], "v6 v4");
  assert.match(check([good("v6", { aggregationLengthV6: 60 })], { pools: [V6] }).join(), "invalid aggregation length 60: prefix 64");
});

const preferring = (name: string, localPref: number, spec: object = {}) => good(name, { localPref, ipAddressPools: ["dual"], ...spec });

advertisement("checkAdvertisements() refuses a second local preference for the same routes", () => {
  const problem =
    "BGPAdvertisement b spec.localPref 200: 100, as BGPAdvertisement a has for IPAddressPool dual; or other peers, nodes or aggregation lengths";
  assert.equal(check([preferring("b", 200), preferring("a", 100)]), ["a dual", problem]);
  assert.equal(check([preferring("a", 100), preferring("b", 100)]), ["a dual", "b dual"]);
  assert.equal(check([preferring("a", 100, { aggregationLength: 24 }), preferring("b", 200)]), ["a dual", problem], "IPv6 is as before");
  assert.equal(check([preferring("a", 100, { peers: ["x", "y"] }), preferring("b", 200, { peers: ["y"] })]).length, 2);
  assert.equal(check([preferring("a", 100, { peers: ["x"] }), preferring("b", 200)]).length, 2, "no peers are all peers");
  assert.equal(
    check([preferring("a", 100), good("all", { localPref: 7 })]).slice(0, 2),
    ["a dual", "all v4,v6"],
    "on other pools it is good",
  );
});

advertisement("checkAdvertisements() lets local preferences differ where routes do", () => {
  const fine = ["a dual", "b dual"];
  const rack = (name: string) => ({ nodeSelectors: [{ matchLabels: { rack: name } }] });
  assert.equal(check([preferring("a", 100, { aggregationLength: 24, aggregationLengthV6: 64 }), preferring("b", 200)]), fine);
  assert.equal(check([preferring("a", 100, { peers: ["x"] }), preferring("b", 200, { peers: ["y"] })]), fine);
  assert.equal(check([preferring("a", 100, rack("a")), preferring("b", 200, rack("b"))]), fine);
  assert.equal(check([preferring("a", 100), preferring("b", 200, { serviceSelectors: [{}] })]), fine, "that shows when there are Services");
  assert.equal(check([preferring("a", 100, { serviceSelectors: [{}] }), preferring("b", 200)]), fine);
  const v4 = { ipAddressPools: ["v4"] };
  assert.equal(check([preferring("a", 100, { ...v4, aggregationLength: 28 }), preferring("b", 200, v4)]), ["a v4", "b v4"]);
});

const communitiesOf = (list: readonly Advertisement[]) =>
  list.map(({ name, attributes }) => {
    const { communities, largeCommunities } = attributes[name] as RouteTerms;
    return `${name} ${[...communities, ...largeCommunities].join()}`;
  });

advertisement("checkAdvertisements() resolves communities", () => {
  const aliases = new Map<string, Community>([
    ["no-export", { isLarge: false, text: "65535:65281" }],
    ["vpn", { isLarge: true, text: "1:2:3" }],
  ]);
  const around = { pools: [V4], nodes, aliases };
  const written = good("all", { communities: ["vpn", "no-export", "large:7:7:7", "64500:1", "0064500:1"] });
  const { accepted, problems } = checkAdvertisements([written], around);
  assert.equal(communitiesOf(accepted), ["all 64500:1,65535:65281,1:2:3,7:7:7"]);
  assert.equal(problems, []);
  assert.equal(check([good("all", { communities: ["unknown", "1:2:3", "1:2"] })], around), [
    'BGPAdvertisement all spec.communities[0] "unknown": a name that a Community object gives',
    'BGPAdvertisement all spec.communities[1] "1:2:3": a community A:B or large:A:B:C (invalid community value: invalid format)',
  ]);
  const many = (count: number) => good("all", { communities: Array.from({ length: count }, (_, at) => `1:${at}`) });
  assert.equal(check([many(63)], around), ["all v4"]);
  assert.equal(check([many(64)], around), ["BGPAdvertisement all spec.communities 64: at most 63 communities"]);
});

advertisement("checkAdvertisements() keeps the communities of an advertisement whose names are gone", () => {
  const aliases = new Map([["no-export", { isLarge: false, text: "65535:65281" }]]);
  const around = { pools: [V4], nodes };
  const named = good("all", { communities: ["no-export"], localPref: 7 });
  const { accepted: before } = checkAdvertisements([named], { ...around, aliases });
  const { accepted, problems } = checkAdvertisements([named], { ...around, aliases: new Map(), before });
  assert.equal(communitiesOf(accepted), ["all 65535:65281"]);
  assert.is(problems.length, 1);
});

advertisement.run();
