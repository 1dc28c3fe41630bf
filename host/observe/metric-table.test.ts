/** The table against what MetalLB has. `plugins/metrics.test.ts` has it against what is really told. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { METRICS } from "./metric-table.ts";

const table = suite("metric table");

/** Name → type and labels, as MetalLB 0.16 has them in native and FRR mode (there with `vrf`). */
const METALLB: Readonly<Record<string, string>> = {
  ...each("allocator", "gauge pool", [
    ...["addresses_total", "addresses_in_use_total", "ipv4_addresses_total", "ipv4_addresses_in_use_total"],
    ...["ipv6_addresses_total", "ipv6_addresses_in_use_total", "services_allocated_total"],
  ]),
  ...each("k8s_client", "counter", ["updates_total", "update_errors_total"]),
  ...each("k8s_client", "gauge", ["config_loaded_bool", "config_stale_bool"]),
  ...each("speaker", "gauge service protocol node ip", ["announced"]),
  ...each("layer2", "counter ip", ["requests_received", "responses_sent", "gratuitous_sent"]),
  ...each("bgp", "gauge peer vrf", ["session_up", "announced_prefixes_total", "pending_prefixes_total"]),
  ...each("bgp", "counter peer vrf", [
    ...["updates_total", "opens_sent", "opens_received", "notifications_sent", "updates_total_received", "keepalives_sent"],
    ...["keepalives_received", "route_refresh_sent", "total_sent", "total_received"],
  ]),
  ...each("bfd", "gauge peer vrf", ["session_up"]),
  ...each("bfd", "counter peer vrf", [
    ...["control_packet_input", "control_packet_output", "session_up_events", "session_down_events"],
    ...["echo_packet_input", "echo_packet_output", "zebra_notifications"],
  ]),
};

/** Of MetalLB's, those that Herald does not have, and why. */
const MISSING: Readonly<Record<string, string>> = {
  metallb_bfd_echo_packet_input: "the program counts four things a session, and these are not among them",
  metallb_bfd_echo_packet_output: "as its counterpart",
  metallb_bfd_zebra_notifications: "there is no zebra",
};

function each(of: string, head: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`metallb_${of}_${name}`, head]));
}

table("has every metric of MetalLB with its type and labels, and no other that begins like one", () => {
  const ours = Object.entries(METRICS).filter(([name]) => name.startsWith("metallb_"));
  const expected = Object.entries(METALLB).filter(([name]) => !(name in MISSING));
  assert.equal(
    Object.fromEntries(ours.map(([name, { type, labels }]) => [name, [type, ...labels].join(" ")])),
    Object.fromEntries(expected),
  );
});

table("names are in base units, counters of ours end in _total, and every help says something", () => {
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    assert.match(name, /^(metallb|herald|process|nodejs)_[a-z0-9_]+$/);
    if (name.startsWith("herald_")) assert.is(name.endsWith("_total"), type === "counter", name);
    assert.not.match(name, /_(ms|milliseconds|kb|percent)/);
    assert.ok(help.length > 10 && !help.endsWith("."), name);
  }
});

table.run();
