import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission } from "../../announcer.ts";
import { KINDS, type Kind, parseScope } from "./parse-scope.ts";
import { scopeText } from "./scope-text.ts";

const scopes = suite("parse scope");

const frame = (link: string, etherType: number, more: object = {}): Permission => ({ kind: "frame", link, etherType, ...more });

const read: readonly (readonly [kind: Kind, text: string, permission: Permission])[] = [
  ["frame", "eth0/0x0806", frame("eth0", 0x0806)],
  ["frame", "eth0/arp", frame("eth0", 0x0806)],
  ["frame", "eth0/ipv4", frame("eth0", 0x0800)],
  ["frame", "eth0/ipv6", frame("eth0", 0x86dd)],
  ["frame", "*/0x88CC", frame("*", 0x88cc)],
  ["frame", "eth0.100/0x86dd/58", frame("eth0.100", 0x86dd, { ipProtocol: 58 })],
  ["frame", "a@b/arp", frame("a@b", 0x0806)],
  ["frame", "eth0/0x0800/112@00:00:5E:00:01:*", frame("eth0", 0x0800, { ipProtocol: 112, sourceMac: "00:00:5e:00:01:*" })],
  ["frame", "eth0/arp@*", frame("eth0", 0x0806, { sourceMac: "*" })],
  ["net", "192.0.2.1:179", { kind: "net", host: "192.0.2.1:179" }],
  ["listen", "[::]:0", { kind: "listen", host: "[::]:0" }],
  ["udp", "224.0.0.0/4:*", { kind: "udp", host: "224.0.0.0/4:*" }],
  ["liveness", "2001:db8::/32", { kind: "liveness", host: "2001:db8::/32" }],
  ["liveness", "*:*", { kind: "liveness", host: "*:*" }],
  ["fetch", "https://*.example.com:8443", { kind: "fetch", origin: "https://*.example.com:8443" }],
  ["service", "herald.dev/hostname", { kind: "service", annotation: "herald.dev/hostname" }],
  ["secret", "bgp-*", { kind: "secret", name: "bgp-*" }],
  ["sys", "hostname", { kind: "sys", fact: "hostname" }],
];

for (const [kind, text, permission] of read) {
  scopes(`parseScope() reads ${kind} ${text}, and what scopeText() makes of that`, () => {
    assert.equal(parseScope(kind, text), permission);
    assert.equal(parseScope(kind, scopeText(permission)), permission);
  });
}

const refused: readonly (readonly [kind: Kind, text: string])[] = [
  ...[
    "",
    "eth0",
    "/arp",
    "eth0/",
    "eth0/ARP ",
    "eth0/0x806",
    "eth0/2054",
    "eth0/0x0005",
    "eth0/0x10806",
    "eth0/constructor",
    "eth0/arp/5",
  ].map((text): [Kind, string] => ["frame", text]),
  ...["eth 0/arp", "eth:0/arp", "eth\u202e0/arp", `${"e".repeat(32)}/arp`, "eth0/ipv4/256", "eth0/ipv4/-1", "eth0/ipv4/1/2"].map(
    (text): [Kind, string] => ["frame", text],
  ),
  // Each of these would match no source, and deny none.
  ...["02-00-00-00-00-01", "0:0:5e:0:1:1", "02:00:00:00:00", "02:00:00:00:00:01:02", "02:*:01", "**", "02*", "", "02:00:00:00:00:0g"].map(
    (mac): [Kind, string] => ["frame", `eth0/arp@${mac}`],
  ),
  ...["router:179", "fe80::1%eth0", "1.2.3.4:65536", "", "[::1", "1.2.3.4 :5"].flatMap((text): [Kind, string][] => [
    ["net", text],
    ["listen", text],
    ["udp", text],
    ["liveness", text],
  ]),
  ["liveness", "192.0.2.1:3784"],
  ["fetch", "example.com"],
  ["fetch", "https://example.com/path"],
  ["fetch", "ftp://example.com"],
  ["service", ""],
  ["service", "herald.dev/host name"],
  ["secret", ""],
  ["secret", "a/b"],
  ["secret", "A"],
  ["sys", ""],
  ["sys", "host name"],
];

for (const [kind, text] of refused) {
  scopes(`parseScope() refuses ${kind} ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseScope(kind, text), new RegExp(`^Cannot read the ${kind} scope ".*": expected `));
  });
}

scopes("parseScope() names kind, value found and value wanted, and shows hostile text without obeying it", () => {
  const says = (kind: Kind, text: string): string => {
    try {
      return JSON.stringify(parseScope(kind, text));
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.is(
    says("frame", "eth0"),
    'Cannot read the frame scope "eth0": expected a link, an EtherType, and as needed /IP protocol and @source MAC: ' +
      "eth0/arp, */0x88cc, eth0/ipv4/112@00:00:5e:00:01:*",
  );
  assert.not.match(says("net", "\u001b[2K\u202e\n"), /[\p{Cc}\p{Cf}]/u);
  assert.ok(says("net", "x".repeat(1e6)).length < 400);
});

const octet = fc.nat(255).map((value) => value.toString(16).padStart(2, "0"));
const mac = fc.oneof(
  fc.array(octet, { minLength: 6, maxLength: 6 }).map((octets) => octets.join(":")),
  fc.array(octet, { maxLength: 5 }).map((octets) => [...octets, "*"].join(":")),
);
const link = fc.string({ unit: fc.constantFrom(..."eth0*.-@_,ü"), minLength: 1, maxLength: 31 });
const etherType = fc.integer({ min: 0x600, max: 0xffff }).filter((type) => ![0x8100, 0x88a8, 0x9100].includes(type));
const maybe = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((found) => (found === undefined ? {} : { [key]: found }));
const port = fc.oneof(fc.constant("*"), fc.nat(65_535).map(String));
const address = fc.oneof(
  fc.constant("*"),
  fc.ipV4(),
  fc.ipV4().map((text) => `${text}/8`),
  fc.ipV6().map((text) => `[${text}]`),
);
const hosts = (kind: "net" | "listen" | "udp") =>
  fc.tuple(address, port).map(([text, at]): Permission => ({ kind, host: `${text}:${at}` }));

const permissions: { readonly [K in Kind]: fc.Arbitrary<Permission> } = {
  frame: fc.oneof(
    fc.tuple(link, etherType, maybe("sourceMac", mac)).map(([name, type, more]) => frame(name, type, more)),
    fc
      .tuple(link, fc.constantFrom(0x0800, 0x86dd), fc.nat(255), maybe("sourceMac", mac))
      .map(([name, type, ipProtocol, more]) => frame(name, type, { ipProtocol, ...more })),
  ),
  net: hosts("net"),
  listen: hosts("listen"),
  udp: hosts("udp"),
  liveness: address.map((host): Permission => ({ kind: "liveness", host: `${host}:*` })),
  fetch: fc
    .tuple(fc.constantFrom("http", "https"), fc.constantFrom("", "*."), fc.domain(), fc.constantFrom("", ":8080"))
    .map(([scheme, wildcard, host, at]): Permission => ({ kind: "fetch", origin: `${scheme}://${wildcard}${host}${at}` })),
  service: fc.stringMatching(/^[A-Za-z0-9._/*-]{1,317}$/).map((annotation): Permission => ({ kind: "service", annotation })),
  secret: fc.stringMatching(/^[a-z0-9.*-]{1,253}$/).map((name): Permission => ({ kind: "secret", name })),
  sys: fc.stringMatching(/^[A-Za-z*]{1,63}$/).map((fact): Permission => ({ kind: "sys", fact })),
};

for (const kind of KINDS) {
  scopes(`parseScope() is the inverse of scopeText() for every ${kind}, and of any text gives what can be written again`, () => {
    fc.assert(
      fc.property(permissions[kind], (permission) => assert.equal(parseScope(kind, scopeText(permission)), permission)),
      { numRuns: 300, verbose: 1 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), permissions[kind].map(scopeText)), (text) => {
        let permission: Permission;
        try {
          permission = parseScope(kind, text);
        } catch (error) {
          assert.match((error as Error).message, /^Cannot read the /);
          return;
        }
        assert.is(permission.kind, kind);
        assert.equal(parseScope(kind, scopeText(permission)), permission);
      }),
      { numRuns: 300, verbose: 1 },
    );
  });
}

scopes.run();
