import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadModule } from "../../wasm.ts";
import {
  type AsPathSegment,
  bgp,
  type Capability,
  type Message,
  type MessageFormat,
  type PathAttributes,
  type UpdateMessage,
} from "../bgp.ts";
import { wireModule } from "../wire-module.ts";

const codec = suite("bgp codec");
const runs = { numRuns: 3_000, interruptAfterTimeLimit: 20_000 }; // a failure prints its seed

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const asNumber = fc.integer({ min: 1, max: 0xffffffff });
const quad = fc.tuple(u8, u8, u8, u8).map((octets) => octets.join("."));
const identifier = quad.filter((text) => text !== "0.0.0.0");
const host = fc.tuple(fc.integer({ min: 1, max: 126 }), u8, u8, u8).map((octets) => octets.join("."));
const hex = (most: number) => fc.uint8Array({ maxLength: most }).map((bytes) => Buffer.from(bytes).toString("hex"));
const family = fc.record({ afi: u16, safi: u8 });

const prefix4 = fc.tuple(u32, fc.integer({ min: 0, max: 32 })).map(([value, bits]) => {
  const masked = bits === 0 ? 0 : (value & (-1 << (32 - bits))) >>> 0;
  return `${masked >>> 24}.${(masked >>> 16) & 255}.${(masked >>> 8) & 255}.${masked & 255}/${bits}`;
});
/** Groups without zeros, so that every text is canonical. */
const groups = (count: number) => fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: count, maxLength: count });
const address6 = groups(8).map((parts) => parts.map((part) => part.toString(16)).join(":"));
const host6 = address6.filter((address) => !/^ff..:/.test(address));
const prefix6 = fc.oneof(
  groups(3).map((parts) => `${parts.map((part) => part.toString(16)).join(":")}::/48`),
  address6.map((address) => `${address}/128`),
  fc.constant("::/0"),
);

const capability: fc.Arbitrary<Capability> = fc.oneof(
  family.map((one) => ({ name: "multiprotocol" as const, ...one })),
  fc.constantFrom({ name: "routeRefresh" as const }, { name: "extendedMessage" as const }, { name: "enhancedRouteRefresh" as const }),
  fc
    .array(fc.record({ afi: u16, safi: u16, nextHopAfi: u16 }), { maxLength: 42 })
    .map((families) => ({ name: "extendedNextHop" as const, families })),
  fc.record({
    name: fc.constant("gracefulRestart" as const),
    restartState: fc.boolean(),
    notification: fc.boolean(),
    restartTime: fc.integer({ min: 0, max: 4095 }),
    families: fc.array(fc.record({ afi: u16, safi: u8, forwardingState: fc.boolean() }), { maxLength: 60 }),
  }),
  asNumber.map((one) => ({ name: "fourOctetAs" as const, asNumber: one })),
  fc.record({ name: fc.constant("unknown" as const), code: fc.integer({ min: 128, max: 255 }), value: hex(255) }),
);

const segment: fc.Arbitrary<AsPathSegment> = fc.record({
  type: fc.constantFrom("sequence" as const, "set" as const),
  asNumbers: fc.array(asNumber, { minLength: 1, maxLength: 255 }),
});
const aggregator = fc.record({ asNumber, address: quad });
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 20 });
const parts = (...numbers: fc.Arbitrary<number>[]) => fc.tuple(...numbers).map((values) => values.join(":"));

const attributes: fc.Arbitrary<PathAttributes> = fc.record(
  {
    origin: fc.constantFrom("igp" as const, "egp" as const, "incomplete" as const),
    asPath: fc.array(segment, { maxLength: 3 }),
    nextHop: host,
    multiExitDisc: u32,
    localPref: u32,
    atomicAggregate: fc.constant(true as const),
    aggregator,
    communities: some(parts(u16, u16)),
    originatorId: quad,
    clusterList: some(quad),
    extendedCommunities: some(
      fc.oneof(
        fc.tuple(u16, u32).map(([as, value]) => `bandwidth:${as}:${Math.fround(value)}`),
        fc.uint8Array({ minLength: 7, maxLength: 7 }).map((bytes) => `03${Buffer.from(bytes).toString("hex")}`),
      ),
    ),
    largeCommunities: some(parts(u32, u32, u32)),
    mpReachNlri: fc.oneof(
      fc.record({ afi: fc.constant(2), safi: fc.constant(1), nextHop: host6, nlri: fc.array(prefix6, { maxLength: 20 }) }),
      fc.record({ afi: fc.constant(2), safi: fc.constant(1), nextHop: host6, linkLocalNextHop: address6, nlri: some(prefix6) }),
      fc.record({ afi: fc.constant(1), safi: fc.constant(1), nextHop: fc.oneof(host6, host), nlri: some(prefix4) }),
    ),
    mpUnreachNlri: fc.record({ afi: fc.constant(2), safi: fc.constant(1), withdrawnRoutes: fc.array(prefix6, { maxLength: 20 }) }),
    unknown: fc.uniqueArray(
      fc
        .record({ flags: fc.constantFrom(0x80, 0xc0, 0xe0), typeCode: fc.integer({ min: 100, max: 255 }), value: hex(300) })
        .map((one) => (one.value.length > 510 ? { ...one, flags: one.flags | 0x10 } : one)),
      { minLength: 1, maxLength: 3, selector: ({ typeCode }) => typeCode },
    ),
  },
  { requiredKeys: ["origin", "asPath", "nextHop"] },
);

const update: fc.Arbitrary<Message> = fc.record({
  type: fc.constant("update" as const),
  withdrawnRoutes: fc.array(prefix4, { maxLength: 40 }),
  pathAttributes: attributes,
  nlri: some(prefix4),
});

const plain = fc.record({ errorCode: fc.integer({ min: 1, max: 5 }), errorSubcode: u8, data: hex(100) });
const message: fc.Arbitrary<Message> = fc.oneof(
  { weight: 4, arbitrary: update },
  fc.record({
    type: fc.constant("open" as const),
    version: fc.constant(4),
    myAutonomousSystem: fc.integer({ min: 1, max: 0xffff }),
    holdTime: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 0xffff })),
    bgpIdentifier: identifier,
    capabilities: fc.array(capability, { maxLength: 12 }),
  }),
  plain.map((one) => ({ type: "notification" as const, ...one })),
  fc.constant({ type: "keepalive" as const }),
  fc.record({ type: fc.constant("routeRefresh" as const), afi: u16, safi: u8, messageSubtype: fc.constantFrom(0, 1, 2, 7) }),
);

/** fast-check makes objects without a prototype, which are equal to none that have one. */
const ordinary = <T>(made: T): T => JSON.parse(JSON.stringify(made));

codec("decode() gives back what encode() was given", () => {
  const format = { extendedMessage: true };
  fc.assert(
    fc.property(message.map(ordinary), (one) => {
      assert.equal(bgp.decode(bgp.encode(one, format), format), { message: one, errors: [] });
    }),
    runs,
  );
});

codec("AS numbers of four octets reach a peer of two", () => {
  const format: MessageFormat = { fourOctetAs: false, extendedMessage: true };
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 3 }).map(ordinary), fc.option(aggregator.map(ordinary)), (asPath, one) => {
      const pathAttributes: PathAttributes = { origin: "igp", asPath, nextHop: "192.0.2.1", ...(one === null ? {} : { aggregator: one }) };
      const sent: UpdateMessage = { type: "update", withdrawnRoutes: [], pathAttributes, nlri: ["192.0.2.0/24"] };
      const { message: found, errors } = bgp.decode(bgp.encode(sent, format), format);
      assert.equal(errors, []);
      const { as4Path, as4Aggregator, ...rest } = (found as UpdateMessage).pathAttributes;
      assert.equal(rest, pathAttributes);
      assert.is(
        as4Path !== undefined,
        asPath.some(({ asNumbers }) => asNumbers.some((number) => number > 0xffff)),
      );
      assert.is(as4Aggregator !== undefined, one !== null && one.asNumber > 0xffff);
    }),
    runs,
  );
});

codec("a long text of a shutdown is cut where a character ends", () => {
  const told = (text: string) => {
    const bytes = bgp.encode({ type: "notification", errorCode: 6, errorSubcode: 2, data: "", shutdownCommunication: text });
    return (bgp.decode(bytes).message as { shutdownCommunication?: string }).shutdownCommunication;
  };
  assert.is(told("x".repeat(300)), "x".repeat(255));
  assert.is(told("☃".repeat(100)), "☃".repeat(85));
  assert.is(told("😀".repeat(100)), "😀".repeat(63));
  assert.is(told(""), "");
});

codec("a text that is not UTF-8, or not as long as it says, is only data", () => {
  const bytes = (data: string) => bgp.encode({ type: "notification", errorCode: 6, errorSubcode: 4, data });
  for (const data of ["02fffe", "05616263", "00616263"])
    assert.equal(bgp.decode(bytes(data)).message, { type: "notification", errorCode: 6, errorSubcode: 4, data });
});

const routes: UpdateMessage = {
  type: "update",
  withdrawnRoutes: [],
  pathAttributes: { origin: "igp", asPath: [], nextHop: "192.0.2.1" },
  nlri: ["192.0.2.0/24"],
};
const withAttributes = (more: object): Message => ({ ...routes, pathAttributes: { ...routes.pathAttributes, ...more } as PathAttributes });

const refused: readonly (readonly [message: Message, error: string, says: string])[] = [
  [{ ...routes, nlri: ["192.0.2.1/24"] }, "TypeError", "Cannot encode prefix 192.0.2.1/24: expected one of IPv4 without host bits"],
  [{ ...routes, nlri: ["2001:db8::/32"] }, "TypeError", "expected one of IPv4"],
  [{ ...routes, withdrawnRoutes: ["192.0.2.0/33"] }, "TypeError", "Cannot encode prefix 192.0.2.0/33"],
  [
    { ...routes, nlri: Array.from({ length: 1100 }, (_, index) => `10.0.${index >> 8}.${index & 255}/32`) },
    "RangeError",
    "Cannot encode UPDATE: The message is longer than it may be",
  ],
  [withAttributes({ nextHop: "2001:db8::1" }), "TypeError", 'Cannot encode nextHop: found "2001:db8::1", expected four octets'],
  [withAttributes({ nextHop: "224.0.0.1" }), "RangeError", "Cannot encode UPDATE: The next hop is no host's address"],
  [withAttributes({ multiExitDisc: -1 }), "TypeError", "Cannot encode multiExitDisc: found -1, expected a whole number"],
  [withAttributes({ localPref: 2 ** 32 }), "TypeError", "Cannot encode localPref"],
  [withAttributes({ communities: ["65536:1"] }), "TypeError", "expected communities such as 65000:1"],
  [withAttributes({ communities: [] }), "RangeError", "Cannot encode UPDATE: The length is not one that the attribute can have"],
  [withAttributes({ largeCommunities: ["1:2"] }), "TypeError", "expected large communities"],
  [withAttributes({ extendedCommunities: ["bandwidth:65000:-1"] }), "TypeError", "expected extended communities"],
  [withAttributes({ extendedCommunities: ["0002"] }), "TypeError", "expected extended communities"],
  [withAttributes({ asPath: [{ type: "confedSequence", asNumbers: [65000] }] }), "RangeError", "Cannot encode UPDATE"],
  [withAttributes({ asPath: [{ type: "sequence", asNumbers: [0] }] }), "RangeError", "Cannot encode UPDATE: An AS number is zero"],
  [withAttributes({ as4Path: [{ type: "sequence", asNumbers: [65000] }] }), "RangeError", "is not for a peer like this to send"],
  [withAttributes({ mpUnreachNlri: { afi: 25, safi: 65, withdrawnRoutes: [] } }), "TypeError", "Cannot encode routes of AFI 25, SAFI 65"],
  [
    withAttributes({ unknown: [{ flags: 0x40, typeCode: 200, value: "" }] }),
    "RangeError",
    "is not known, and its flags call it well-known",
  ],
  [
    withAttributes({ unknown: [{ flags: 0x80, typeCode: 200, value: "0" }] }),
    "TypeError",
    "Cannot encode attribute 200: value is 0, expected hex",
  ],
  [withAttributes({ unknown: [1, 2].map(() => ({ flags: 0x80, typeCode: 200, value: "" })) }), "RangeError", "appears more than once"],
  [{ ...routes, pathAttributes: {} }, "RangeError", "The attribute is mandatory and missing"],
  [
    { type: "routeRefresh", afi: 65536, safi: 1, messageSubtype: 0 },
    "RangeError",
    "Cannot encode ROUTE-REFRESH: A field does not fit where it goes",
  ],
  [{ type: "routeRefresh", afi: 1, safi: 1, messageSubtype: 1, rest: "00" }, "RangeError", "The length is not that of a ROUTE-REFRESH"],
  [
    { type: "notification", errorCode: 6, errorSubcode: 2, data: "xy" },
    "TypeError",
    "Cannot encode NOTIFICATION: data is xy, expected hex",
  ],
  [{ type: "notification", errorCode: 6, errorSubcode: 2, data: "00".repeat(4096) }, "RangeError", "longer than it may be"],
  [{ type: "notification", errorCode: 3, errorSubcode: 2, data: "", shutdownCommunication: "bye" }, "RangeError", "A field does not fit"],
];

for (const [one, error, says] of refused) {
  codec(`encode() throws ${error} "${says}"`, () => {
    assert.throws(
      () => bgp.encode(one),
      (thrown: Error) => thrown.name === error && thrown.message.includes(says),
    );
  });
}

codec("encode() refuses an OPEN that the peer would refuse", () => {
  const open = { type: "open", version: 4, myAutonomousSystem: 65000, holdTime: 90, bgpIdentifier: "192.0.2.1", capabilities: [] } as const;
  const says = (changed: object) => {
    try {
      return bgp.encode({ ...open, ...changed } as Message).length;
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.is(says({}), 29);
  assert.is(says({ version: 3 }), "Cannot encode OPEN: version is 3, expected 4");
  assert.is(says({ holdTime: 2 }), "Cannot encode OPEN: The hold time is 1 or 2 seconds");
  assert.is(says({ bgpIdentifier: "0.0.0.0" }), "Cannot encode OPEN: The BGP identifier is zero");
  assert.is(says({ bgpIdentifier: "one" }), "Cannot encode OPEN: bgpIdentifier is one, expected four octets");
  assert.is(says({ myAutonomousSystem: 65536 }), "Cannot encode OPEN: A field does not fit where it goes");
  const unknown = (size: number) => ({ name: "unknown", code: 200, value: "00".repeat(size) });
  assert.is(says({ capabilities: [unknown(251)] }), 29 + 2 + 253, "the short form as long as it can be");
  assert.is(says({ capabilities: [unknown(252)] }), 32 + 3 + 254, "then the long one");
  assert.is(says({ capabilities: Array(16).fill(unknown(250)) }), 32 + 3 + 16 * 252);
  assert.match(says({ capabilities: Array(17).fill(unknown(250)) }) as string, "longer than it may be");
});

codec("decode() tells bytes that are not one message from a peer's fault", () => {
  const keepalive = bgp.encode({ type: "keepalive" });
  const [missing] = bgp.decode(keepalive.subarray(0, 18)).errors;
  assert.equal([missing?.status, missing?.errorCode], ["Truncated", 0]);
  const [more] = bgp.decode(Buffer.concat([keepalive, keepalive])).errors;
  assert.equal([more?.status, more?.errorCode], ["TrailingBytes", 0]);
  assert.is(bgp.decode(new Uint8Array(200_000)).errors[0]?.status, "TrailingBytes");
  assert.is(bgp.decode(new Uint8Array(0)).errors[0]?.status, "Truncated");
});

codec("families that are not read here stay as they came", () => {
  const unknown = [
    { flags: 0x80, typeCode: 14, value: "0001800c000000000000000000000000c00002010078000001000000000000000a0000" },
    { flags: 0x80, typeCode: 15, value: "00190100" },
  ];
  const sent = withAttributes({ unknown });
  assert.equal(bgp.decode(bgp.encode(sent)), { message: sent, errors: [] });
});

codec("the module imports nothing, its input ends with its memory, and its tables end before its records", () => {
  assert.equal(WebAssembly.Module.imports(loadModule("bgp")), []);
  const { memory, value } = wireModule("bgp");
  assert.is(value("IN") + value("IN_BYTES"), memory.length);
  const regions = ["RECORD", "CAPABILITIES", "ATTRIBUTES", "VALUES", "BLOB", "EXTENTS", "OUT", "KEYS", "CHANGES", "GROUPS", "IN"].map(
    value,
  );
  assert.equal(
    regions,
    [...regions].sort((left, right) => left - right),
  );
  const tables = memory.subarray(0, value("RECORD"));
  assert.ok(tables.subarray(1024).some((byte) => byte !== 0) && tables.subarray(-1024).every((byte) => byte === 0));
});

codec.run();
