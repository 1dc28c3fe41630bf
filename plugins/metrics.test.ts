/** Every metric of the table is told by a speaker that gives out addresses too, with the built-ins on a segment in memory. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toText } from "../host/observe/exposition.ts";
import { METRICS, type MetricName } from "../host/observe/metric-table.ts";
import { memoryWire } from "../host/packets/memory-wire.ts";
import { openMemoryNetwork } from "../host/packets/network.ts";
import { onManifests } from "../host/roles/on-manifests.ts";
import { startSpeaker } from "../host/roles/speaker.ts";
import { recordedLog } from "../host/workbench/testing/log.ts";
import { parseMetrics } from "../host/workbench/testing/metrics-text.ts";
import { builtIns } from "./index.ts";

const metrics = suite("metrics of a speaker");

/** Nobody listens on the peer's port, and nobody hears what is sent on the segment. */
const MANIFESTS = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: home }
spec: { addresses: [192.0.2.0/28, 2001:db8::/124] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: home }
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: { name: home }
---
apiVersion: metallb.io/v1beta1
kind: BFDProfile
metadata: { name: quick }
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: { name: tor }
spec: { myASN: 64512, peerASN: 64513, peerAddress: 127.0.0.1, peerPort: 1, bfdProfile: quick, ebgpMultiHop: true }
`;
const REFUSED = `
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: { name: odd }
spec: { localPref: seven }
`;

/** Told only where something goes wrong that goes right here, of an API server, and of nodes that are not alone. */
const ELSEWHERE: readonly string[] = [
  ...["herald_plugin_refused_series_total", "herald_scrape_failures_total", "herald_announcer_refused_rows"],
  ...Object.keys(METRICS).filter((name) => name.startsWith("herald_source_")),
  ...["herald_address_claims_total", "herald_self_tests_total", "herald_self_test_failures_total"],
];

metrics("every metric of the table is told, with its type and exactly its labels", async () => {
  const folder = mkdtempSync(join(tmpdir(), "herald-metrics-"));
  writeFileSync(join(folder, "all.yaml"), MANIFESTS);
  writeFileSync(join(folder, "refused.yaml"), REFUSED);
  const { log } = recordedLog();
  const speaker = await startSpeaker({
    node: "box",
    version: "1.2.3",
    surroundings: onManifests({ manifests: folder, node: "box", isController: true, log }),
    openNetwork: async () => openMemoryNetwork(memoryWire(), "box", "02:00:00:00:00:01"),
    plugins: builtIns.map((definition) => ({ definition, config: {} })),
    log,
    onFatal: (error) => {
      throw error;
    },
  });
  const lines = async (name: MetricName) => parseMetrics(await toText(await speaker.metrics.read()))[name]?.samples ?? [];
  try {
    for (let tries = 200; tries > 0 && (await lines("metallb_speaker_announced")).length < 2; tries--) await pause(50);
    for (let tries = 200; tries > 0 && (await lines("metallb_bfd_session_up")).length < 1; tries--) await pause(50);
    assert.equal((await lines("metallb_speaker_announced")).sort(), [
      'metallb_speaker_announced{service="default/web",protocol="bgp",node="box",ip="192.0.2.0"} 1',
      'metallb_speaker_announced{service="default/web",protocol="layer2",node="box",ip="192.0.2.0"} 1',
    ]);
    assert.equal(await lines("metallb_allocator_ipv4_addresses_in_use_total"), [
      'metallb_allocator_ipv4_addresses_in_use_total{pool="home"} 1',
    ]);
    assert.equal(await lines("metallb_bgp_session_up"), ['metallb_bgp_session_up{peer="127.0.0.1:1",vrf="default"} 0']);
    assert.equal(await lines("metallb_bgp_pending_prefixes_total"), [
      'metallb_bgp_pending_prefixes_total{peer="127.0.0.1:1",vrf="default"} 1',
    ]);
    assert.equal(await lines("metallb_bfd_session_up"), ['metallb_bfd_session_up{peer="127.0.0.1",vrf="default"} 0']);
    assert.equal(await lines("metallb_k8s_client_config_stale_bool"), ["metallb_k8s_client_config_stale_bool 1"]);
    const families = await speaker.metrics.read();
    for (const { name, type, samples } of families) {
      const declared = METRICS[name as MetricName];
      assert.is(type, declared.type, name);
      for (const { labels } of samples.values()) assert.equal(Object.keys(labels).sort(), [...declared.labels].sort(), name);
    }
    const told = new Set(families.map(({ name }) => name));
    assert.equal(
      Object.keys(METRICS)
        .filter((name) => !told.has(name))
        .sort(),
      [...ELSEWHERE].sort(),
    );
  } finally {
    await speaker.stop("replace");
    rmSync(folder, { recursive: true });
  }
});

metrics.run();
