import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAddress } from "../../rules/addresses.ts";
import { hostCovers, hostText, hostTouches, parseHostScope } from "./host-scope.ts";

const scopes = suite("host scopes");

function read(text: string) {
  const scope = parseHostScope(text);
  if (scope === undefined) throw new Error(`${text} is no scope`);
  return scope;
}

/** What is granted, what is wanted, and whether that is covered. */
const coverage: readonly (readonly [granted: string, wanted: string, covered: boolean])[] = [
  ["192.0.2.1:179", "192.0.2.1:179", true],
  ["192.0.2.1:179", "192.0.2.1:180", false],
  ["192.0.2.1:179", "192.0.2.2:179", false],
  ["192.0.2.1", "192.0.2.1:65535", true],
  ["192.0.2.1:*", "192.0.2.1:1", true],
  ["192.0.2.1:179", "192.0.2.1:*", false],
  ["*:179", "192.0.2.1:179", true],
  ["*:179", "[2001:db8::1]:179", true],
  ["*", "[2001:db8::1]:1", true],
  ["192.0.2.1:179", "*:179", false],
  ["10.0.0.0/8:179", "10.255.255.255:179", true],
  ["10.0.0.0/8:179", "11.0.0.0:179", false],
  ["10.0.0.77/8:179", "10.0.0.1:179", true],
  ["10.0.0.0/8:*", "10.1.0.0/16:53", true],
  ["10.1.0.0/16:*", "10.0.0.0/8:53", false],
  ["[2001:db8::1]:179", "[2001:DB8:0::1]:179", true],
  ["2001:db8::1", "[2001:db8::1]:179", true],
  ["[2001:db8::/32]:179", "[2001:db8:ffff::]:179", true],
  ["[2001:db8::/32]:179", "[2001:db9::]:179", false],
  ["192.0.2.1:179", "[::ffff:192.0.2.1]:179", true],
  ["[::/0]:*", "192.0.2.1:179", false],
  ["0.0.0.0/0:*", "[::1]:179", false],
  ["0.0.0.0/0:179", "0.0.0.0:179", true],
  ["0.0.0.0:179", "0.0.0.0:179", true],
  ["0.0.0.0/8:179", "0.0.0.0:179", false],
  ["[::]:179", "[::]:179", true],
  ["[::/64]:179", "[::]:179", false],
  ["*:0", "192.0.2.1:0", true],
  ["*:179", "192.0.2.1:0", false],
];

for (const [granted, wanted, covered] of coverage) {
  scopes(`hostCovers() says that ${granted} ${covered ? "covers" : "does not cover"} ${wanted}`, () => {
    assert.is(hostCovers(read(granted), read(wanted)), covered);
  });
}

const touching: readonly (readonly [denied: string, wanted: string, touched: boolean])[] = [
  ["10.0.0.0/8:*", "10.1.2.3:179", true],
  ["10.0.0.0/8:179", "10.1.2.3:180", false],
  ["10.1.0.0/16:179", "10.0.0.0/8:*", true],
  ["10.0.0.0/8:*", "11.0.0.1:179", false],
  ["127.0.0.1:179", "0.0.0.0:179", true],
  ["127.0.0.1:179", "0.0.0.0:180", false],
  ["0.0.0.0:179", "192.0.2.1:179", false],
  ["[::1]:*", "[::]:179", true],
  ["[::1]:*", "0.0.0.0:179", false],
  ["127.0.0.0/8:*", "[::ffff:127.0.0.1]:22", true],
  ["*:22", "192.0.2.1:22", true],
];

for (const [denied, wanted, touched] of touching) {
  scopes(`hostTouches() says that denying ${denied} ${touched ? "stops" : "leaves"} ${wanted}`, () => {
    assert.is(hostTouches(read(denied), read(wanted)), touched);
  });
}

const hostile = [
  ...[
    "",
    ":",
    "::::",
    "[",
    "[]",
    "[::1",
    "::1]:5",
    "[[::1]]:5",
    "[::1]5",
    "[::1]:",
    "1.2.3.4:",
    "1.2.3.4:-1",
    "1.2.3.4:65536",
    "1.2.3.4:1e3",
  ],
  ...[
    "1.2.3.4:0x50",
    "1.2.3.4:80:80",
    "01.2.3.4:80",
    "1.2.3:80",
    "1.2.3.4/33:80",
    "1.2.3.4/-1",
    "1.2.3.4/8/8",
    "1.2.3.4-1.2.3.9:80",
    "host.example:80",
  ],
  ...[
    "**:80",
    "1.2.3.*:80",
    "fe80::1%eth0",
    "[fe80::1%eth0]:80",
    " 1.2.3.4:80",
    "1.2.3.4:80\n",
    "1.2.3.4\u0000:80",
    "١.٢.٣.٤:80",
    "::ffff:1.2.3.4/96",
  ],
];

for (const text of hostile) {
  scopes(`parseHostScope() refuses ${JSON.stringify(text)}`, () => {
    assert.is(parseHostScope(text), undefined);
  });
}

scopes("parseHostScope() reads what hostText() writes, and never throws", () => {
  const address = fc.oneof(
    fc.bigInt(0n, 0xffff_ffffn).map((value) => ({ family: 4 as const, value })),
    fc.bigInt(1n << 100n, (1n << 128n) - 1n).map((value) => ({ family: 6 as const, value })),
  );
  fc.assert(
    fc.property(address, fc.nat(65_535), fc.string(), ({ family, value }, port, noise) => {
      assert.equal(parseHostScope(hostText(formatAddress({ family, value }), port)), {
        addresses: { family, first: value, last: value },
        port,
      });
      parseHostScope(noise);
    }),
    { numRuns: 200, verbose: 1 },
  );
});

scopes.run();
