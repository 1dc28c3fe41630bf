import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatAddress, parseAddress } from "./addresses.ts";

const addresses = suite("addresses");

const canonical = (text: string) => {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
};

const READ: readonly [text: string, canonical: string][] = [
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["192.0.2.1", "192.0.2.1"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["2001:DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
  ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:0201", "192.0.2.1"],
  ["fe80::1", "fe80::1"],
];
for (const [text, expected] of READ) addresses(`${text} is ${expected}`, () => assert.is(canonical(text), expected));

const REFUSED = [
  ..."| |192.0.2|192.0.2.|192.0.2.1.1|.0.2.1|192.0.2.256|192.0.2.01|192.0.2.1 | 192.0.2.1|192.0.2.-1|0x7f.0.0.1|1e1.0.0.1".split("|"),
  ..."192.0.2.1/32|١٩٢.0.2.1|:|:::|1:::2|1::2::3|::1:|:1::|1:2:3:4:5:6:7|1:2:3:4:5:6:7:8:9|1:2:3:4:5:6:7:8::|12345::|g::".split("|"),
  ..."fe80::1%eth0|[::1]|::1/128|::192.0.2.1.1|::192.0.2.01|192.0.2.1::|1:2:3:4:5:6:7:192.0.2.1|::1.2.3.4:5|-1::|+1::|0x1::".split("|"),
  "1".repeat(10_000),
  ":".repeat(10_000),
];
for (const text of REFUSED) addresses(`"${text.slice(0, 40)}" is no address`, () => assert.is(parseAddress(text), undefined));

addresses("IPv4 text reads back as it was written", () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => assert.is(canonical(text), text)),
    { numRuns: 300 },
  );
});

addresses("IPv6 text is what a URL makes of it (RFC 5952)", () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 });
  const text = fc.oneof(
    fc.ipV6(),
    groups.map((list) => list.map((group) => group.toString(16)).join(":")),
  );
  fc.assert(
    fc.property(text, (written) => {
      const expected = new URL(`http://[${written}]/`).hostname.slice(1, -1);
      if (!expected.startsWith("::ffff:")) assert.is(canonical(written), expected);
    }),
    { numRuns: 1000 },
  );
});

addresses("what is formatted reads back as the same number", () => {
  const value = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).filter((each) => each >> 32n !== 0xffffn);
  fc.assert(
    fc.property(value, (each) => assert.is(parseAddress(formatAddress({ family: 6, value: each }))?.value, each)),
    { numRuns: 500 },
  );
});

addresses("no text makes parseAddress throw", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."0123456789abcdef.:%/") }));
  fc.assert(
    fc.property(text, (each) => {
      const address = parseAddress(each);
      if (address !== undefined) assert.is(canonical(formatAddress(address)), formatAddress(address));
    }),
    { numRuns: 2000 },
  );
});

addresses.run();
