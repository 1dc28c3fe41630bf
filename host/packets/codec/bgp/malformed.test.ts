/** Each rule broken once: the verb of RFC 7606, the NOTIFICATION's code, subcode and data, and that every status is there. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rules } from "../../../workbench/testing/malformed-bgp/rules.ts";
import { formats, malformedOthers, malformedUpdates, message, update } from "../../../workbench/testing/malformed-bgp.ts";
import { loadModule } from "../../wasm.ts";
import { bgp, type DecodedMessage, type MessageError, type UpdateMessage } from "../bgp.ts";
import { statuses } from "./statuses.ts";

const malformed = suite("malformed bgp");
const verbs = { resetSession: "reset", disableFamily: "disable", treatAsWithdraw: "withdraw", discardAttribute: "discard" } as const;

function describe({ verb, errorCode, errorSubcode, status, typeCode }: MessageError): string {
  return [verbs[verb], `${errorCode}/${errorSubcode}`, status, ...(typeCode === undefined ? [] : [typeCode])].join(" ");
}

for (const { name, sender, bytes, expected } of malformedUpdates) {
  malformed(`decode() judges ${name}`, () => {
    const { message: found, errors } = bgp.decode(bytes, formats[sender]);
    assert.is(errors.map(describe).join(", "), expected);
    assert.is(found === undefined, expected.startsWith("reset"));
  });
}

for (const { name, sender, bytes, expected, data } of malformedOthers) {
  malformed(`decode() and a framer refuse ${name}`, () => {
    const { message: found, errors } = bgp.decode(bytes, formats[sender]);
    assert.is(errors.map(describe).join(", "), expected);
    assert.is(errors[0]?.data, data);
    assert.is(found, undefined);
    const framed = bgp.createFramer().push(bytes, formats[sender]);
    const isHeader = expected.startsWith("reset 1/") && !name.startsWith("ROUTE-REFRESH");
    assert.equal(framed.error, isHeader ? errors[0] : undefined);
    assert.is(framed.messages.length, isHeader ? 0 : 1);
  });
}

function one(name: string): DecodedMessage {
  const found = malformedUpdates.find((row) => row.name === name);
  assert.ok(found, name);
  return bgp.decode(found!.bytes, formats[found!.sender]);
}

malformed("an UPDATE to be treated as a withdrawal keeps its routes, and the attribute is not among the others", () => {
  const update = one("ORIGIN 3").message as UpdateMessage;
  assert.equal(update.nlri, ["198.51.100.0/24"]);
  assert.equal(Object.keys(update.pathAttributes), ["asPath", "nextHop"]);
});

malformed("a discarded attribute is gone, and of repeated ones the first stays", () => {
  assert.equal(Object.keys((one("ATOMIC_AGGREGATE of one octet").message as UpdateMessage).pathAttributes), [
    "origin",
    "asPath",
    "nextHop",
  ]);
  assert.equal((one("COMMUNITIES twice").message as UpdateMessage).pathAttributes.communities, ["65001:1"]);
});

malformed("a family that is disabled is named, and has no routes", () => {
  const { message: found, errors } = one("MP_REACH_NLRI with a prefix of 129 bits");
  assert.equal(errors[0]?.family, { afi: 2, safi: 1 });
  assert.is((found as UpdateMessage).pathAttributes.mpReachNlri, undefined);
  assert.is((one("MP_REACH_NLRI that is transitive").message as UpdateMessage).pathAttributes.mpReachNlri, undefined);
});

malformed("errors hold what a NOTIFICATION would: the attribute, the code of a missing one, nothing for a list or an AS_PATH", () => {
  assert.is(one("MULTI_EXIT_DISC of three octets").errors[0]?.data, "800403000001");
  assert.is(one("no NEXT_HOP").errors[0]?.data, "03");
  assert.is(one("AS_PATH with AS 0").errors[0]?.data, "");
  assert.is(one("COMMUNITIES twice").errors[0]?.data, "");
  assert.is(one("unknown attribute that is well-known").errors[0]?.data, "40c80101");
  assert.match(one("MULTI_EXIT_DISC of three octets").errors[0]?.reason ?? "", "MULTI_EXIT_DISC: The length is not");
});

malformed("IPv4 routes with IPv6 next hops are refused unless that was negotiated", () => {
  const nextHop = "20010db8000000000000000000000065";
  const bytes = update({ attributes: `40010100 400206 02010000fde9 800e16 00010110 ${nextHop} 00 00` });
  const ipv4 = { afi: 1, safi: 1 };
  assert.is(bgp.decode(bytes, { ...formats.external, extendedNextHop: [ipv4] }).errors.length, 0);
  assert.is(bgp.decode(bytes, formats.external).errors.length, 0);
  const [error] = bgp.decode(bytes, { ...formats.external, extendedNextHop: [] }).errors;
  assert.equal([error?.verb, error?.status, error?.family], ["disableFamily", "BadMpNextHop", ipv4]);
});

malformed("attributes that depend on the peer's side are read where it is not known", () => {
  const row = malformedUpdates.find(({ name }) => name === "LOCAL_PREF from outside");
  const { message: found, errors } = bgp.decode(row!.bytes, {});
  assert.equal(errors, []);
  assert.is((found as UpdateMessage).pathAttributes.localPref, 100);
});

malformed("a confederation's segments in an AS4_PATH are left out", () => {
  const as4Path = "c01110 0301 0000fdea 0202 0000fdeb fa56ea00";
  const bytes = update({ attributes: `40010100 400204 0201fdeb 400304 c0000267 ${as4Path}`, nlri: "18c63364" });
  const { message: found, errors } = bgp.decode(bytes, formats.old);
  assert.equal(errors, []);
  assert.equal((found as UpdateMessage).pathAttributes.as4Path, [{ type: "sequence", asNumbers: [65003, 4200000000] }]);
});

/** Statuses that no message shows, and why. */
const withoutMessage: Readonly<Record<string, string>> = {
  Ok: "is the message",
  Truncated: "is not of the protocol: see bgp.test.ts",
  TrailingBytes: "is not of the protocol: see bgp.test.ts",
  Oversized: "is an encoder's: see bgp.test.ts",
  BadRecord: "is an encoder's: see bgp.test.ts",
};

malformed("every status has a meaning, a source and a message", () => {
  const shown = new Set(
    [...malformedUpdates, ...malformedOthers].flatMap(({ expected }) => expected.split(", ").map((one) => one.split(" ")[2])),
  );
  const exported = WebAssembly.Module.exports(loadModule("bgp")).filter(({ name }) => name.startsWith("Status."));
  const names = exported.map(({ name }) => name.slice("Status.".length));
  assert.ok(names.length > 30);
  assert.equal(
    names.filter((name) => name !== "Ok" && !(statuses[name]?.meaning && statuses[name]?.source)),
    [],
  );
  assert.equal(
    Object.keys(statuses).filter((name) => !names.includes(name)),
    [],
  );
  assert.equal(
    names.filter((name) => shown.has(name) === name in withoutMessage),
    [],
  );
});

malformed("every rule of every attribute and capability that is read has a row, and there are no other rules", () => {
  const exported = WebAssembly.Module.exports(loadModule("bgp")).map(({ name }) => name);
  const membersOf = (enumeration: string) =>
    exported.filter((name) => name.startsWith(`${enumeration}.`)).map((name) => name.slice(enumeration.length + 1));
  const attributes = membersOf("Attribute").map((name) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase());
  const capabilities = membersOf("Capability").map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`);
  assert.ok(attributes.length >= 16 && capabilities.length >= 7);
  assert.equal([...rules.keys()], [...attributes, ...capabilities]);
  const broken = new Set([...malformedUpdates, ...malformedOthers].map(({ rule }) => rule));
  const all = new Set([...rules.values()].flat());
  assert.equal(
    [...all].filter((rule) => !broken.has(rule)),
    [],
  );
  assert.equal(
    [...broken].filter((rule) => !all.has(rule)),
    [""],
  );
});

const breakingAttribute = malformedUpdates.filter(
  // A next hop that is none is next on the way to nowhere.
  ({ name, rule, expected }) => /^withdraw [^,]*$/.test(expected) && !/missing|NEXT_HOP value/.test(rule) && !name.startsWith("MP_"),
);

malformed("what is to be treated as a withdrawal ends the session where there is nothing to withdraw (RFC 7606 §5.2)", () => {
  assert.ok(breakingAttribute.length > 60);
  for (const { name, sender, bytes, expected } of breakingAttribute) {
    const [, code, status] = expected.split(" ");
    const { errors } = bgp.decode(withoutPrefixes(bytes), formats[sender]);
    assert.is(errors.map(describe).join(", "), `reset ${code} ${status}`, name);
  }
});

/** The UPDATE without what stands behind its attributes. */
function withoutPrefixes(bytes: Buffer): Buffer {
  const body = bytes.subarray(19, 19 + 4 + bytes.readUInt16BE(21));
  return message(2, body);
}

malformed("attributes may come in any order, and flags that mean nothing are passed over", () => {
  const attributes = ["40010100", "40020602010000fde9", "400304c0000265", "80040400000001", "c00804fde90001"];
  const decoded = (list: readonly string[]) => bgp.decode(update({ attributes: list.join(""), nlri: "18c63364" }), formats.external);
  const inOrder = decoded(attributes);
  assert.equal(inOrder.errors, []);
  assert.equal(decoded([...attributes].reverse()), inOrder);
  // RFC 4271 §4.3: Partial, and the lower four bits.
  assert.equal(decoded(attributes.map((one) => `${(Number.parseInt(one.slice(0, 2), 16) | 0x2f).toString(16)}${one.slice(2)}`)), inOrder);
});

malformed("an UPDATE whose multiprotocol next hop is none still says which routes are gone", () => {
  const { message: found, errors } = one("MP_REACH_NLRI with the next hop ::");
  assert.is(errors[0]?.verb, "treatAsWithdraw");
  assert.equal((found as UpdateMessage).pathAttributes.mpReachNlri?.nlri, ["2001:db8:1::/48"]);
});

malformed("a link-local next hop is one, alone and behind ::", () => {
  const [linkLocal, none] = [`fe80${"00".repeat(13)}01`, "00".repeat(16)];
  for (const nextHop of [linkLocal, none + linkLocal, linkLocal + linkLocal]) {
    const size = (nextHop.length / 2).toString(16);
    const value = `000201${size}${nextHop}003020010db80001`;
    const length = (value.length / 2).toString(16).padStart(2, "0");
    assert.equal(bgp.decode(update({ attributes: `40010100 40020602010000fde9 800e${length}${value}` }), formats.external).errors, []);
  }
});

malformed.run();
