import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact } from "../workbench/testing/facts.ts";
import { AddressBook } from "./address-book.ts";
import { type Address, formatAddress, parseAddress } from "./addresses.ts";
import type { SharingTerms } from "./demand.ts";
import { indexPools } from "./pool-index.ts";
import { indexReservations } from "./reservation-index.ts";
import type { Pool, Reservation } from "./vocabulary.ts";

const book = suite("address-book");

const address = (text: string) => parseAddress(text) as Address;
const alone: SharingTerms = { group: undefined, ports: ["TCP/80"] };
const shared = (group: string, ...ports: string[]): SharingTerms => ({ group, ports });

function openBook(pool: Pool, ...reservations: Reservation[]) {
  const index = indexPools([pool]);
  const opened = new AddressBook(index, indexReservations(reservations, index));
  const take = (key: string, text: string, terms = alone) => opened.take(key, { addresses: [address(text)], pools: [pool], terms });
  const first = (terms = alone, family: 4 | 6 = 4) => {
    const fit = opened.firstFit(pool, family, terms);
    return fit === undefined ? undefined : formatAddress(fit);
  };
  return { opened, take, first };
}

book("firstFit() goes in the order of the entries, network and broadcast addresses included", () => {
  const { take, first } = openBook(poolFact("p", ["192.0.2.254/31", "2001:db8::/127", "10.0.0.0/32"]));
  const seen: unknown[] = [];
  for (let at = 0; first() !== undefined; at += 1) {
    seen.push(first());
    take(`s${at}`, first() as string);
  }
  assert.equal(seen, ["192.0.2.254", "192.0.2.255", "10.0.0.0"]);
  assert.is(first(alone, 6), "2001:db8::");
});

book("firstFit() leaves out .0 and .255 where the pool says so, but not of IPv6", () => {
  const { opened, take, first } = openBook(poolFact("p", ["192.0.1.255-192.0.2.1", "2001:db8::/120"], { avoidBuggyIPs: true }));
  assert.is(first(), "192.0.2.1");
  take("a", "192.0.2.1");
  assert.is(first(), undefined);
  assert.is(first(alone, 6), "2001:db8::");
  assert.is(opened.poolOf(address("192.0.2.0")), undefined);
  assert.is(opened.poolOf(address("2001:db8::ff"))?.name, "p");
});

book("firstFit() gives a shared address where that comes before a free one", () => {
  const { opened, take, first } = openBook(poolFact("p", ["192.0.2.0/30"]));
  take("a", "192.0.2.0");
  take("b", "192.0.2.1", shared("k", "TCP/80"));
  take("c", "192.0.2.3", shared("k", "TCP/443"));
  assert.is(first(shared("k", "UDP/80")), "192.0.2.1");
  assert.is(first(shared("k", "TCP/80")), "192.0.2.2");
  assert.is(first(shared("other", "UDP/80")), "192.0.2.2");
  opened.drop("a");
  assert.is(first(shared("k", "UDP/80")), "192.0.2.0");
});

book("objection() says who is in the way", () => {
  const { opened, take } = openBook(poolFact("p", ["192.0.2.0/30"]));
  take("a", "192.0.2.1", shared("k", "TCP/80", "UDP/80"));
  const to = (terms: SharingTerms) => opened.objection(address("192.0.2.1"), terms);
  assert.match(to(alone) as string, "Address 192.0.2.1 is held by a, and the Service has no allow-shared-ip annotation");
  assert.match(to(shared("q", "TCP/1")) as string, /^Address 192\.0\.2\.1 is held by a, which has another/);
  assert.is(to(shared("k", "TCP/1", "UDP/80")), "Port UDP/80 of address 192.0.2.1 is held by a");
  assert.is(to(shared("k", "TCP/1")), undefined);
  assert.is(opened.objection(address("192.0.2.2"), alone), undefined);
});

book("drop() leaves an address to those who share it", () => {
  const { opened, take, first } = openBook(poolFact("p", ["192.0.2.0/31"]));
  take("a", "192.0.2.0", shared("k", "TCP/80"));
  take("b", "192.0.2.0", shared("k", "TCP/443"));
  opened.drop("a");
  assert.is(first(), "192.0.2.1");
  assert.is(first(shared("k", "TCP/80")), "192.0.2.0");
  opened.drop("b");
  opened.drop("b");
  assert.is(first(), "192.0.2.0");
});

/** What firstFit should give, without any memory of where to look. */
function slowFirstFit(pool: Pool, held: ReadonlyMap<string, { value: bigint; terms: SharingTerms }>, terms: SharingTerms) {
  for (const { first, last } of pool.blocks) {
    for (let value = first; value <= last; value += 1n) {
      const others = [...held.values()].filter((each) => each.value === value);
      const fits = others.every(
        (each) =>
          each.terms.group !== undefined &&
          each.terms.group === terms.group &&
          !each.terms.ports.some((port) => terms.ports.includes(port)),
      );
      if (fits && !(pool.avoidBuggyIPs && (value % 256n === 0n || value % 256n === 255n))) return formatAddress({ family: 4, value });
    }
  }
  return undefined;
}

book("firstFit() is what a search through the whole pool gives, whatever was taken and dropped", () => {
  const terms = fc.record({
    group: fc.option(fc.constantFrom("k", "q"), { nil: undefined, freq: 3 }),
    ports: fc.uniqueArray(fc.constantFrom("TCP/1", "TCP/2", "UDP/1"), { minLength: 1, maxLength: 2 }),
  });
  const step = fc.record({ key: fc.nat(12), terms, drop: fc.boolean(), at: fc.option(fc.nat(14), { nil: undefined, freq: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, avoidBuggyIPs) => {
      const pool = poolFact("p", ["192.0.2.8/30", "192.0.1.254-192.0.2.1", "192.0.2.4-192.0.2.6"], { avoidBuggyIPs });
      const values = pool.blocks.flatMap(({ first, last }) =>
        Array.from({ length: Number(last - first) + 1 }, (_, at) => first + BigInt(at)),
      );
      const { opened, take, first } = openBook(pool);
      const held = new Map<string, { value: bigint; terms: SharingTerms }>();
      for (const { key, terms: wanted, drop, at } of steps) {
        opened.drop(`s${key}`);
        held.delete(`s${key}`);
        const expected = slowFirstFit(pool, held, wanted);
        assert.is(first(wanted), expected);
        if (drop) continue;
        const text = at === undefined ? expected : formatAddress({ family: 4, value: values[at % values.length] as bigint });
        if (text === undefined || opened.objection(address(text), wanted) !== undefined) continue;
        take(`s${key}`, text, wanted);
        held.set(`s${key}`, { value: address(text).value, terms: wanted });
      }
    }),
    { numRuns: 500 },
  );
});

book.run();
