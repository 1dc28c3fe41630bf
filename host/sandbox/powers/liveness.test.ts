import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Liveness, LivenessReport } from "../../announcer.ts";
import { Opened } from "../opened.ts";
import { Grants } from "../permissions/grants.ts";
import { createLiveness, noLiveness } from "./liveness.ts";

const suiteOf = suite("liveness for plugins");
const profile = { receiveIntervalMs: 300, transmitIntervalMs: 300, detectMultiplier: 3 };
const up: LivenessReport = { state: "up", isPeerAdminDown: false, reason: "" };

/** Remembers who is watched. */
function fake() {
  const calls = new Map<string, (report: LivenessReport) => void>();
  const source: Liveness = {
    watch({ address }, _, call) {
      calls.set(address, call);
      return () => void calls.delete(address);
    },
  };
  return { calls, source };
}

suiteOf("watch() needs a grant for the neighbor's address, whatever its zone", () => {
  const { source, calls } = fake();
  const grants = new Grants("x", [
    { kind: "liveness", host: "192.0.2.0/24:*" },
    { kind: "liveness", host: "[fe80::2]:*" },
  ]);
  const liveness = createLiveness(grants, source, new Opened("x"));
  const watch = (address: string) => liveness.watch({ address }, profile, () => {});
  watch("192.0.2.7");
  watch("fe80::2%eth0");
  assert.equal([...calls.keys()], ["192.0.2.7", "fe80::2%eth0"]);
  assert.throws(() => watch("198.51.100.1"), /^Plugin x may not use liveness "198.51.100.1/);
  assert.throws(() => watch("fe80::3%eth0"), /may not use liveness "\[fe80::3\]/);
  assert.throws(() => watch("router"), /expected an IPv4 or IPv6 address/);
});

suiteOf("watches end with the plugin, which is told nothing more", () => {
  const { source, calls } = fake();
  const opened = new Opened("x");
  const liveness = createLiveness(new Grants("x", [{ kind: "liveness", host: "*" }]), source, opened);
  const seen: LivenessReport[] = [];
  liveness.watch({ address: "192.0.2.7" }, profile, (report) => seen.push(report));
  const call = calls.get("192.0.2.7");
  call?.(up);
  opened.end();
  call?.(up);
  assert.equal(seen, [up]);
  assert.is(calls.size, 0);
  liveness.watch({ address: "192.0.2.7" }, profile, () => {})();
  assert.is(calls.size, 0);
});

suiteOf("a host without BFD says so", () => {
  assert.throws(() => noLiveness.watch({ address: "192.0.2.7" }, profile, () => {}), /^This host has no BFD$/);
});

suiteOf.run();
