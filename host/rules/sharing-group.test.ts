import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SharingGroup, type Tenancy } from "./sharing-group.ts";

const sharing = suite("sharing-group");

const PORTS = ["TCP/1", "TCP/2", "TCP/3"];

interface Step {
  readonly position: number;
  readonly ports: readonly string[];
  readonly leaves: boolean;
}

/** Somebody comes to an address with these ports, or gives them up. */
function follow(group: SharingGroup, tenancies: Map<number, Tenancy>, { position, ports, leaves }: Step): void {
  const tenancy = tenancies.get(position);
  if (tenancy === undefined) {
    const at = { value: BigInt(position), position: BigInt(position) };
    const opened: Tenancy = { at, holders: new Set(), ports: new Map(ports.map((port) => [port, "a"])) };
    tenancies.set(position, opened);
    group.add(opened);
    return;
  }
  for (const port of ports) {
    if (leaves) tenancy.ports.delete(port);
    else tenancy.ports.set(port, "a");
  }
  if (tenancy.ports.size === 0) {
    tenancies.delete(position);
    group.remove(tenancy);
  } else if (leaves) group.madeRoom();
}

sharing("firstWithRoom() is what a walk over all gives, whoever came and left", () => {
  const step: fc.Arbitrary<Step> = fc.record({ position: fc.nat(7), ports: fc.subarray(PORTS, { minLength: 1 }), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const group = new SharingGroup();
      const tenancies = new Map<number, Tenancy>();
      for (const each of steps) {
        follow(group, tenancies, each);
        assert.is(group.isEmpty, tenancies.size === 0);
        const sorted = [...tenancies].sort(([a], [b]) => a - b).map(([, tenancy]) => tenancy);
        for (const wanted of [["TCP/1"], ["TCP/2"], ["TCP/1", "TCP/3"]]) {
          const first = sorted.find(({ ports }) => !wanted.some((port) => ports.has(port)));
          assert.is(group.firstWithRoom(wanted), first);
        }
      }
    }),
    { numRuns: 500 },
  );
});

sharing.run();
