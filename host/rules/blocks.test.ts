import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatBlock, parseBlocks } from "./blocks.ts";

const blocks = suite("blocks");

const cidrs = (text: string) => {
  const parsed = parseBlocks(text);
  return parsed.ok ? parsed.value.map(formatBlock).join(" ") : `! ${parsed.expected}`;
};

const READ: readonly [text: string, cidrs: string][] = [
  ["192.0.2.0/24", "192.0.2.0/24"],
  ["192.0.2.77/24", "192.0.2.0/24"],
  ["192.0.2.1/32", "192.0.2.1/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8::5/64", "2001:db8::/64"],
  ["2001:db8::/128", "2001:db8::/128"],
  ["192.0.2.0-192.0.2.255", "192.0.2.0/24"],
  ["192.0.2.10 - 192.0.2.20", "192.0.2.10/31 192.0.2.12/30 192.0.2.16/30 192.0.2.20/32"],
  [" 192.0.2.1-192.0.2.1 ", "192.0.2.1/32"],
  ["0.0.0.0-255.255.255.255", "0.0.0.0/0"],
  ["255.255.255.254-255.255.255.255", "255.255.255.254/31"],
  ["2001:db8::1-2001:db8::4", "2001:db8::1/128 2001:db8::2/127 2001:db8::4/128"],
];
for (const [text, expected] of READ) blocks(`${text} is ${expected}`, () => assert.is(cidrs(text), expected));

const FORM = "! a CIDR like 192.0.2.0/24 or a range like 192.0.2.10-192.0.2.20";
const REFUSED: readonly [text: string, expected: string][] = [
  ["", FORM],
  ["home", FORM],
  ["192.0.2.1", "! a prefix length: 192.0.2.1/32 is that one address"],
  ["2001:db8::1", "! a prefix length: 2001:db8::1/128 is that one address"],
  ["192.0.2.0/33", "! a prefix length from 0 to 32"],
  ["192.0.2.0/-1", FORM],
  ["192.0.2.0/", "! a prefix length from 0 to 32"],
  ["192.0.2.0/255.255.255.0", "! a prefix length from 0 to 32"],
  ["2001:db8::/129", "! a prefix length from 0 to 128"],
  ["192.0.2.0/24/24", FORM],
  ["192.0.2.256/24", FORM],
  [" 192.0.2.0/24", FORM],
  ["192.0.2.20-192.0.2.10", "! a range that does not end before it starts"],
  ["192.0.2.1-2001:db8::1", "! a range of one family"],
  ["192.0.2.1-10", FORM],
  ["192.0.2.1-", FORM],
  ["-", FORM],
  ["192.0.2.1-192.0.2.2-192.0.2.3", FORM],
  ["192.0.2.0/24-192.0.3.0/24", FORM],
  ["fe80::1%eth0/64", FORM],
  ["::ffff:192.0.2.0/120", FORM],
  ["::/0", "! no IPv4-mapped IPv6 addresses (::ffff:0:0/96)"],
  ["::-1::", "! no IPv4-mapped IPv6 addresses (::ffff:0:0/96)"],
];
for (const [text, expected] of REFUSED) blocks(`"${text}" is refused`, () => assert.is(cidrs(text), expected));

blocks("a range is cut into the fewest aligned blocks, without a gap", () => {
  const value = fc.bigInt({ min: 0n, max: 0xffff_ffffn });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [start, end] = a < b ? [a, b] : [b, a];
      const dotted = (each: bigint) => [24n, 16n, 8n, 0n].map((shift) => (each >> shift) & 255n).join(".");
      const parsed = parseBlocks(`${dotted(start)}-${dotted(end)}`);
      const list = parsed.ok ? parsed.value : [];
      let next = start;
      for (const { first, last } of list) {
        assert.is(first, next);
        const size = last - first + 1n;
        assert.is(size & (size - 1n), 0n);
        assert.is(first % size, 0n);
        next = last + 1n;
      }
      assert.is(next, end + 1n);
      // Two neighbors of one size that could be one block would not be the fewest.
      for (const [at, { first, last }] of list.slice(1).entries()) {
        const before = list[at] as { first: bigint; last: bigint };
        const size = last - first + 1n;
        assert.not.ok(before.last - before.first + 1n === size && before.first % (size * 2n) === 0n);
      }
    }),
    { numRuns: 500 },
  );
});

blocks.run();
