import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reservationFact } from "../workbench/testing/facts.ts";
import { formatBlock } from "./blocks.ts";
import { readReservation } from "./reservation.ts";
import { separateReservations } from "./separate-blocks.ts";

const reservation = suite("reservation");

const object = (spec: unknown) => ({ metadata: { name: "r" }, spec });
const problemsOf = (spec: unknown) =>
  readReservation(object(spec)).problems.map(({ path, found, expected }) => `${path}: ${found}, ${expected}`);

reservation("readReservation() reads addresses, CIDRs and ranges", () => {
  const read = readReservation(object({ addresses: ["192.0.2.1", "198.51.100.0/31", "2001:db8::1 - 2001:db8::2"] }));
  assert.ok(read.ok);
  const blocks = read.ok ? read.value.blocks : [];
  assert.equal(blocks.map(formatBlock), ["192.0.2.1/32", "198.51.100.0/31", "2001:db8::1/128", "2001:db8::2/128"]);
  assert.equal(
    blocks.map(({ entry }) => entry),
    [0, 1, 2, 2],
  );
  assert.ok(read.ok && !("service" in read.value) && !("reason" in read.value));
});

reservation("readReservation() reads for whom and why", () => {
  const read = readReservation(object({ addresses: ["192.0.2.1"], service: { namespace: "shop", name: "web" }, reason: "DNS has it" }));
  assert.ok(read.ok && read.value.service === "shop/web" && read.value.reason === "DNS has it");
});

reservation("readReservation() names every problem", () => {
  assert.equal(problemsOf({ addresses: ["192.0.2", 7], service: { name: "A/b" }, reason: 1 }), [
    'spec.addresses[0]: "192.0.2", an address, a CIDR or a range',
    "spec.addresses[1]: 7, a string",
    "spec.service.namespace: nothing, the namespace of a Service",
    'spec.service.name: "A/b", the name of a Service',
    "spec.reason: 1, a text of at most 1024 characters",
  ]);
  assert.equal(problemsOf({}), ["spec.addresses: nothing, at least one CIDR or range"]);
  assert.is(problemsOf({ addresses: ["192.0.2.0/31", "192.0.2.1"] }).length, 1);
  assert.is(problemsOf({ addresses: ["192.0.2.1"], service: "web" }).length, 1);
});

reservation("separateReservations() takes the first by name, and says what is wrong with the other", () => {
  const { accepted, problems } = separateReservations([reservationFact("b", ["192.0.2.0/30"]), reservationFact("a", ["192.0.2.1"])]);
  assert.equal([...accepted.keys()], ["a"]);
  assert.equal(problems, [
    { object: "Reservation b", path: "spec.addresses", found: "192.0.2.0/30", expected: "no address of Reservation a (192.0.2.1/32)" },
  ]);
});

reservation("readReservation() never throws", () => {
  const spec = fc.record({ addresses: fc.anything(), service: fc.anything(), reason: fc.anything() });
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ metadata: fc.anything(), spec })), (raw) => {
      const { ok, problems } = readReservation(raw);
      assert.is(ok, problems.length === 0);
    }),
  );
});

reservation.run();
