/** `packChanges` against a model: what a peer knows after reading the messages, and that no message could have been spared. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../../../workbench/testing/random.ts";
import { CHANGE_BYTES, type Route, writeRow } from "../../route-row.ts";
import { RouteTables } from "../../routes.ts";
import { bgp, type Describe, type GroupTerms, type MessageFormat, type UpdateMessage } from "../bgp.ts";

const pack = suite("bgp pack");
const nextHop6 = Buffer.from("20010db8000000000000000000000001", "hex");

/** Attributes of set N say so in MULTI_EXIT_DISC. */
function announcement(attributeSet: number, family: 4 | 6, communities = 0): GroupTerms {
  const more = communities === 0 ? {} : { communities: Array.from({ length: communities }, (_, index) => `65000:${index}`) };
  const attributes = { origin: "igp" as const, asPath: [], multiExitDisc: attributeSet, ...more };
  if (family === 6) return { attributes: bgp.encodeAttributes(attributes), nextHop: nextHop6 };
  return { attributes: bgp.encodeAttributes({ ...attributes, nextHop: "192.0.2.1" }) };
}

const describe: Describe = ({ attributeSet, family }) => announcement(attributeSet, family);

function change(kind: 1 | 2 | 3, route: Route): Buffer {
  const bytes = Buffer.alloc(CHANGE_BYTES);
  bytes.writeUInt32LE(kind);
  writeRow(bytes, 4, route);
  return bytes;
}

function ipv4(number: number, attributes = 1, prefixLength = 32): Route {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE((0x0a000000 + number * 2 ** (32 - prefixLength)) >>> 0);
  return { family: 4, prefixLength, prefix, attributes };
}

function ipv6(number: number, attributes = 1, prefixLength = 128): Route {
  const prefix = Buffer.alloc(16);
  prefix.writeUInt32BE(0x20010db8);
  prefix.writeUInt32BE(number, prefixLength === 128 ? 12 : 4);
  return { family: 6, prefixLength, prefix, attributes };
}

function messagesOf(chunks: readonly Uint8Array[], format: MessageFormat): { size: number; update: UpdateMessage }[] {
  const framer = bgp.createFramer();
  const messages = chunks.flatMap((chunk) => framer.push(chunk, format).messages);
  assert.is(framer.pendingBytes, 0);
  return messages.map((bytes) => {
    const { message, errors } = bgp.decode(bytes, format);
    assert.equal(errors, []);
    assert.is(message?.type, "update");
    return { size: bytes.length, update: message as UpdateMessage };
  });
}

/** Prefix → attribute set, as a peer keeps it. */
function hear(table: Map<string, number>, updates: readonly UpdateMessage[]): Map<string, number> {
  for (const { withdrawnRoutes, pathAttributes, nlri } of updates) {
    const { mpReachNlri, mpUnreachNlri, multiExitDisc = 0 } = pathAttributes;
    for (const prefix of [...withdrawnRoutes, ...(mpUnreachNlri?.withdrawnRoutes ?? [])]) table.delete(prefix);
    for (const prefix of [...nlri, ...(mpReachNlri?.nlri ?? [])]) table.set(prefix, multiExitDisc);
  }
  return table;
}

const textOf = ({ family, prefix, prefixLength }: Route) => {
  const bytes = Buffer.from(prefix);
  if (family === 4) return `${bytes.join(".")}/${prefixLength}`;
  const zeros = prefixLength === 128 ? `2001:db8::${bytes.readUInt32BE(12).toString(16)}` : "";
  return `${zeros}/${prefixLength}`;
};

pack("100,000 routes of one attribute set fill every message but the last of a batch", () => {
  const count = 100_000;
  const changes = Buffer.concat(Array.from({ length: count }, (_, index) => change(1, ipv4(index))));
  for (const format of [{}, { extendedMessage: true }]) {
    const most = format.extendedMessage ? 65535 : 4096;
    const messages = messagesOf(bgp.packChanges(changes, format, describe), format);
    const short = messages.filter(({ size }) => size + 5 > most === false);
    assert.ok(short.length <= Math.ceil(count / 65536), `${short.length} of ${messages.length} have room for one more`);
    const table = hear(
      new Map(),
      messages.map(({ update }) => update),
    );
    assert.is(table.size, count);
    assert.is(table.get("10.1.134.159/32"), 1);
  }
});

pack("each message says one thing only, with a multiprotocol attribute first", () => {
  const routes = [ipv4(1), ipv4(2, 2), ipv4(3, 1, 24), ipv6(1), ipv6(2, 2)];
  const changes = Buffer.concat([...routes.map((route) => change(1, route)), ...[ipv4(9), ipv6(9)].map((route) => change(3, route))]);
  const chunks = bgp.packChanges(changes, {}, describe);
  assert.is(chunks.length, 1, "all in one stretch");
  const updates = messagesOf(chunks, {}).map(({ update }) => update);
  const kinds = updates.map(({ withdrawnRoutes, nlri, pathAttributes }) =>
    [
      withdrawnRoutes.length && "withdrawn",
      nlri.length && "nlri",
      pathAttributes.mpReachNlri && "reach",
      pathAttributes.mpUnreachNlri && "unreach",
    ].filter(Boolean),
  );
  assert.equal(kinds, [["nlri"], ["nlri"], ["reach"], ["reach"], ["withdrawn"], ["unreach"]]);
  assert.is(
    Buffer.from(chunks[0] as Uint8Array)
      .toString("hex")
      .split("ffffffffffffffffffffffffffffffff")[3]
      ?.slice(14, 18),
    "900e",
  );
});

pack("rows with another next hop are another group, and its next hop is handed on", () => {
  const route = ipv4(1);
  const other = { ...ipv4(2), nextHop: Buffer.alloc(16, 7) };
  const seen: string[] = [];
  bgp.packChanges(Buffer.concat([route, other, ipv4(3)].map((one) => change(2, one))), {}, (group) => {
    seen.push(`${group.family} ${group.attributeSet} ${Buffer.from(group.nextHop).toString("hex").slice(0, 4)}`);
    return describe(group);
  });
  assert.equal(seen, ["4 1 0000", "4 1 0707"]);
});

pack("IPv4 routes go into MP_REACH_NLRI where an IPv6 next hop is given, and routes that nobody describes nowhere", () => {
  const changes = Buffer.concat([ipv4(1), ipv4(2), ipv6(1)].map((route) => change(1, route)));
  const chunks = bgp.packChanges(changes, {}, ({ family }) => (family === 6 ? undefined : announcement(1, 6)));
  const [only, ...others] = messagesOf(chunks, {}).map(({ update }) => update);
  assert.is(others.length, 0);
  assert.equal(only?.pathAttributes.mpReachNlri, { afi: 1, safi: 1, nextHop: "2001:db8::1", nlri: ["10.0.0.1/32", "10.0.0.2/32"] });
});

pack("runs of any length end where anything but the prefix differs, whether a group is one run or several", () => {
  const others: Readonly<Record<string, (number: number) => Buffer>> = {
    "attribute set": (number) => change(1, ipv4(number, 2)),
    "next hop": (number) => change(1, { ...ipv4(number), nextHop: Buffer.alloc(16, 7) }),
    "last octet of the next hop": (number) => change(1, { ...ipv4(number), nextHop: Buffer.from(`${"00".repeat(15)}07`, "hex") }),
    family: (number) => change(1, ipv6(number)),
    kind: (number) => change(3, ipv4(number)),
  };
  const own = (number: number) => change(1, ipv4(number));
  for (const [what, other] of Object.entries(others)) {
    for (let length = 1; length < 11; length++) {
      const first = Array.from({ length }, (_, index) => own(index));
      for (const more of [[], [own(200)], [own(200), other(201), other(202)]]) {
        const sizes: number[] = [];
        const chunks = bgp.packChanges(Buffer.concat([...first, other(100), ...more]), {}, describe);
        for (const { update } of messagesOf(chunks, {}))
          sizes.push(update.nlri.length + update.withdrawnRoutes.length + (update.pathAttributes.mpReachNlri?.nlri.length ?? 0));
        assert.equal(sizes, [length + Math.min(more.length, 1), more.length === 3 ? 3 : 1], `${what}, ${length} and ${more.length}`);
      }
    }
  }
});

/** Changes at random, none of them of a prefix twice, and `told` brought up to date. */
function shuffle(random: (below: number) => number, told: Map<string, number>, sets: number): Buffer {
  const numbers = new Set(Array.from({ length: random(3000) }, () => 1 + random(2000)));
  const changes = Array.from(numbers, (number) => {
    const attributes = 1 + random(sets);
    const route = random(2) === 0 ? ipv4(number, attributes, number % 3 === 0 ? 24 : 32) : ipv6(number, attributes);
    const isRemoval = told.has(textOf(route)) && random(3) === 0;
    if (isRemoval) told.delete(textOf(route));
    else told.set(textOf(route), attributes);
    return change(isRemoval ? 3 : 1, route);
  });
  return Buffer.concat(changes);
}

pack("any mix of changes leaves the peer with what was told, whatever the sizes", () => {
  const random = randomFrom(testSeed());
  const [told, heard] = [new Map<string, number>(), new Map<string, number>()];
  let most = 0;
  for (let round = 0; round < 20; round++) {
    const format = { extendedMessage: random(2) === 1 };
    const communities = [0, 0, 100, 900][random(4)] ?? 0;
    const changes = shuffle(random, told, 1 + random(round % 2 === 0 ? 3 : 300));
    const chunks = bgp.packChanges(changes, format, ({ attributeSet, family }) => announcement(attributeSet, family, communities));
    const messages = messagesOf(chunks, format);
    most = Math.max(most, messages.length);
    assert.ok(messages.every(({ size }) => size <= (format.extendedMessage ? 65535 : 4096)));
    hear(
      heard,
      messages.map(({ update }) => update),
    );
    assert.equal([...heard].sort(), [...told].sort(), `round ${round}`);
  }
  assert.ok(told.size > 500 && most > 300, `${told.size} routes, ${most} messages`);
});

pack("what the route tables tell a peer, the peer then has", () => {
  const tables = new RouteTables();
  const desired = tables.openDesired();
  const peer = tables.openTold(desired);
  const heard = new Map<string, number>();
  const tell = () => {
    const batches: Buffer[] = [];
    for (let batch = tables.diffRows(peer, true); batch.length > 0; batch = tables.diffRows(peer, true)) batches.push(Buffer.from(batch));
    hear(
      heard,
      messagesOf(bgp.packChanges(Buffer.concat(batches), {}, describe), {}).map(({ update }) => update),
    );
  };
  assert.ok(
    tables.put(
      desired,
      Array.from({ length: 5000 }, (_, index) => ipv4(index, 1 + (index % 7))),
    ),
  );
  tell();
  assert.is(heard.size, 5000);
  tables.put(desired, [ipv4(17, 9)]);
  tables.remove(desired, [ipv4(18)]);
  tell();
  assert.equal([heard.size, heard.get("10.0.0.17/32"), heard.get("10.0.0.18/32")], [4999, 9, undefined]);
  tell();
});

pack("packChanges() refuses rows that are none, and attributes that leave no room", () => {
  const bad = change(1, ipv4(1));
  bad[5] = 33;
  assert.throws(() => bgp.packChanges(bad, {}, describe), /^Cannot pack routes: BadRecord$/);
  bad[4] = 5;
  assert.throws(() => bgp.packChanges(bad, {}, describe), /^Cannot pack routes: BadRecord$/);
  const full = { attributes: new Uint8Array(4096 - 23 - 4) };
  assert.throws(() => bgp.packChanges(change(1, ipv4(1)), {}, () => full), /^Cannot pack routes: Oversized$/);
  assert.is(bgp.packChanges(change(1, ipv4(1)), {}, () => ({ attributes: full.attributes.subarray(1) }))[0]?.length, 4096);
  assert.throws(() => bgp.packChanges(change(1, ipv4(1)), {}, () => ({ attributes: new Uint8Array(70_000) })), /70000 bytes of attributes/);
  assert.throws(
    () => bgp.packChanges(change(1, ipv6(1)), {}, () => ({ attributes: new Uint8Array(1) })),
    /BadRecord/,
    "IPv6 needs a next hop",
  );
  assert.equal(bgp.packChanges(new Uint8Array(0), {}, describe), []);
});

pack.run();
