/** Metrics as text, read back by a parser that knows only what the format says. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseMetrics } from "../workbench/testing/metrics-text.ts";
import { toText } from "./exposition.ts";
import { createMetrics } from "./metrics.ts";

const exposition = suite("exposition");

async function parsed(registry: ReturnType<typeof createMetrics>) {
  return parseMetrics(await toText(await registry.read()));
}

exposition("has every value under its name, type, help and labels", async () => {
  const registry = createMetrics();
  registry.count("metallb_layer2_responses_sent", { ip: "2001:db8::1" }, 12_345_678_901);
  registry.gauge("metallb_speaker_announced", 1, { service: "shop/web", protocol: "bgp", node: "a", ip: "192.0.2.1" });
  assert.equal(await parsed(registry), {
    metallb_layer2_responses_sent: {
      type: "counter",
      help: "ARP and NDP requests for an address that were answered",
      samples: ['metallb_layer2_responses_sent{ip="2001:db8::1"} 12345678901'],
    },
    metallb_speaker_announced: {
      type: "gauge",
      help: "1 for each address of a Service that this node announces",
      samples: ['metallb_speaker_announced{service="shop/web",protocol="bgp",node="a",ip="192.0.2.1"} 1'],
    },
  });
});

exposition("writes a histogram with growing buckets, its sum and its count", async () => {
  const registry = createMetrics();
  for (const value of [0.001, 0.003, 0.003, 7]) registry.observe("herald_reconcile_seconds", value, [0.002, 0.004]);
  assert.equal((await parsed(registry))["herald_reconcile_seconds"]?.samples, [
    'herald_reconcile_seconds_bucket{le="0.002"} 1',
    'herald_reconcile_seconds_bucket{le="0.004"} 3',
    'herald_reconcile_seconds_bucket{le="+Inf"} 4',
    "herald_reconcile_seconds_sum 7.007",
    "herald_reconcile_seconds_count 4",
  ]);
});

exposition("no label value can end its line or its quotes", async () => {
  const registry = createMetrics();
  registry.count("herald_packets_dropped_total", { program: "arp", reason: 'a"} 1\nb\\' });
  assert.equal((await parsed(registry))["herald_packets_dropped_total"]?.samples, [
    'herald_packets_dropped_total{program="arp",reason="a\\"} 1\\nb\\\\"} 1',
  ]);
});

exposition.run();
