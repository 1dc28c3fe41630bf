import { suite } from "uvu";
import * as assert from "uvu/assert";
import { octetsOf, octetsOfOne } from "./octets.ts";

const OCTETS = suite("octets");

OCTETS("octetsOfOne() is octetsOf(), also of what is no address", () => {
  const good = ["0.0.0.0", "192.0.2.1", "255.255.255.255", "2001:db8::1", "::", "::ffff:192.0.2.1"];
  for (const text of good) assert.equal(octetsOfOne(text), octetsOf(text), text);
  assert.equal([...octetsOfOne("192.0.2.1")], [192, 0, 2, 1]);
  for (const text of ["", "1.2.3", "1.2.3.", "1..3.4", "1.2.3.4.5", "1.2.3.256", "1.2.3.0001", "a.b.c.d", "1.2.3.4/32", "1.2.3.-1"])
    assert.throws(() => octetsOfOne(text), /expected an address/);
});

OCTETS("octetsOf() puts several addresses behind each other, and passes over those that are not there", () => {
  assert.equal([...octetsOf("10.0.0.1", undefined, "10.0.0.2")], [10, 0, 0, 1, 10, 0, 0, 2]);
});

OCTETS.run();
