/**
 * Every metric that Herald itself has, declared once: name, type, labels and help.
 *
 * Those of MetalLB have its names, types and labels, so that its dashboards and alerts go on working: `peer` is `address:port` and each BGP
 * metric has a `vrf`, as in its FRR mode. Ours begin with `herald_`, in base units; those of the process are as every exporter has them.
 * Plugins may have more, declared at their first use (`metric-scope.ts`).
 */

export interface MetricDeclaration {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
}

const counter = (help: string, ...labels: string[]): MetricDeclaration => ({ type: "counter", labels, help });
const gauge = (help: string, ...labels: string[]): MetricDeclaration => ({ type: "gauge", labels, help });
const histogram = (help: string, ...labels: string[]): MetricDeclaration => ({ type: "histogram", labels, help });

const ALLOCATOR = {
  metallb_allocator_addresses_total: gauge("Usable addresses of a pool", "pool"),
  metallb_allocator_addresses_in_use_total: gauge("Addresses of a pool that are given out", "pool"),
  metallb_allocator_ipv4_addresses_total: gauge("Usable IPv4 addresses of a pool", "pool"),
  metallb_allocator_ipv4_addresses_in_use_total: gauge("IPv4 addresses of a pool that are given out", "pool"),
  metallb_allocator_ipv6_addresses_total: gauge("Usable IPv6 addresses of a pool", "pool"),
  metallb_allocator_ipv6_addresses_in_use_total: gauge("IPv6 addresses of a pool that are given out", "pool"),
  metallb_allocator_services_allocated_total: gauge("Services that have addresses of a pool", "pool"),
};

const CONTROLLER = {
  herald_leader: gauge("1 while this is the one of several controllers that writes"),
};

const CLIENT = {
  metallb_k8s_client_updates_total: counter("Services that were looked at because something about them had changed"),
  metallb_k8s_client_update_errors_total: counter("Changes that could not be carried out, and are tried again"),
  metallb_k8s_client_config_loaded_bool: gauge("1 once the configuration has been read"),
  metallb_k8s_client_config_stale_bool: gauge(
    "1 while an object of the configuration is not accepted, and its last good version or none is used",
  ),
};

const LAYER2 = {
  metallb_speaker_announced: gauge("1 for each address of a Service that this node announces", "service", "protocol", "node", "ip"),
  metallb_layer2_requests_received: counter("ARP and NDP requests heard for an address", "ip"),
  metallb_layer2_responses_sent: counter("ARP and NDP requests for an address that were answered", "ip"),
  metallb_layer2_gratuitous_sent: counter("Packets that announced an address unasked", "ip"),
  herald_takeovers_total: counter("Times that this node began to answer for a VIP group, the first time too"),
  herald_vip_groups: gauge("VIP groups by what this node is to them: it answers for those that it owns", "standing"),
  herald_address_conflicts_total: counter("Packets by which another station claimed an address that is announced here", "ip"),
  herald_address_claims_total: counter(
    "Claims of an address of this node, and answers for one of another node, by who made them: a stranger, a speaker, or a kernel beside it",
    ...["ip", "kind"],
  ),
  herald_self_tests_total: counter("Times that this node asked for an address of another node, to see whether it answers"),
  herald_self_test_failures_total: counter(
    "Times that a living node did not answer three requests in a row for an address that it owns",
    "ip",
    "owner",
  ),
};

const BGP = {
  metallb_bgp_session_up: gauge("1 while the session with a peer is established, else 0", "peer", "vrf"),
  metallb_bgp_announced_prefixes_total: gauge("Prefixes that a peer has been told", "peer", "vrf"),
  metallb_bgp_pending_prefixes_total: gauge("Prefixes that a peer should be told", "peer", "vrf"),
  metallb_bgp_opens_sent: counter("OPEN messages sent to a peer", "peer", "vrf"),
  metallb_bgp_opens_received: counter("OPEN messages received from a peer", "peer", "vrf"),
  metallb_bgp_notifications_sent: counter("NOTIFICATION messages sent to a peer", "peer", "vrf"),
  herald_bgp_notifications_received_total: counter("NOTIFICATION messages received from a peer", "peer", "vrf"),
  metallb_bgp_updates_total: counter("UPDATE messages sent to a peer", "peer", "vrf"),
  metallb_bgp_updates_total_received: counter("UPDATE messages received from a peer", "peer", "vrf"),
  metallb_bgp_keepalives_sent: counter("KEEPALIVE messages sent to a peer", "peer", "vrf"),
  metallb_bgp_keepalives_received: counter("KEEPALIVE messages received from a peer", "peer", "vrf"),
  metallb_bgp_route_refresh_sent: counter("ROUTE-REFRESH messages sent to a peer", "peer", "vrf"),
  metallb_bgp_total_sent: counter("Messages of all types sent to a peer", "peer", "vrf"),
  metallb_bgp_total_received: counter("Messages of all types received from a peer", "peer", "vrf"),
};

const BFD = {
  metallb_bfd_session_up: gauge("1 while the BFD session with a neighbor is up, else 0", "peer", "vrf"),
  metallb_bfd_control_packet_input: counter("BFD Control packets received from a neighbor", "peer", "vrf"),
  metallb_bfd_control_packet_output: counter("BFD Control packets sent to a neighbor", "peer", "vrf"),
  metallb_bfd_session_up_events: counter("Times that the BFD session with a neighbor came up", "peer", "vrf"),
  metallb_bfd_session_down_events: counter("Times that the BFD session with a neighbor went down", "peer", "vrf"),
};

const SOURCE = {
  herald_source_synced: gauge("1 once all objects of a resource have been read", "resource"),
  herald_source_following: gauge("1 while a watch of a resource is open, and nothing is missing", "resource"),
  herald_source_objects: gauge("Objects of a resource that are known", "resource"),
  herald_source_silence_seconds: gauge(
    "Time since the API server last said anything about a resource; it does about once a minute",
    "resource",
  ),
  herald_source_relists_total: counter("Times that a resource was read anew from the beginning", "resource"),
  herald_source_expired_total: counter("Versions of a resource that the API server no longer had", "resource"),
  herald_source_reconnects_total: counter("Tries to follow a resource, after the first", "resource"),
  herald_source_errors_total: counter("Events of a resource that made no sense, or could not be taken in", "resource"),
};

const PACKETS = {
  herald_packets_received_total: counter("Frames and datagrams that a packet program received", "program"),
  herald_packets_sent_total: counter("Frames and datagrams that a packet program sent", "program"),
  herald_packets_unsent_total: counter("Frames and datagrams that the network did not take", "program"),
  herald_packets_dropped_total: counter("Frames and datagrams that got no answer, by reason", "program", "reason"),
  herald_packet_rows: gauge("Addresses or sessions that a packet program has in its table", "program"),
  herald_packet_batch_seconds: histogram(
    "Time from taking a batch of packets from the kernel to having handed it the answers; waiting in the kernel is not in it",
    "program",
  ),
};

const ANNOUNCERS = {
  herald_announcer_desired_rows: gauge("Announcements that this node should make", "announcer"),
  herald_announcer_rows: gauge("Announcements by whether the announcer has taken them over: told, untold or unsure", "announcer", "state"),
  herald_announcer_refused_rows: gauge("Announcements that the announcer does not accept, by reason", "announcer", "reason"),
  herald_announcer_applies_total: counter("Sets of changes given to an announcer", "announcer"),
  herald_announcer_apply_failures_total: counter("Sets of changes that an announcer failed on as a whole", "announcer"),
  herald_plugin_up: gauge("1 while a plugin runs", "plugin"),
  herald_plugin_parked: gauge("1 while a plugin keeps ending, and is tried only every 5 minutes", "plugin"),
  herald_plugin_restarts_total: counter("Times that a plugin was started again, or that was tried", "plugin"),
  herald_plugin_refused_series_total: counter(
    "Series of a plugin that were not kept: too many of them, or with impossible names",
    "plugin",
  ),
};

const PROCESS = {
  herald_build_info: gauge("1, with which Herald and which Node.js this is", "version", "nodejs"),
  herald_ready: gauge("1 once the first full view of the cluster has been acted on"),
  herald_config_problems: gauge("Problems in the configuration that are not mended yet"),
  herald_reconcile_seconds: histogram("Time of one run from what has changed to what each announcer should announce, or each Service have"),
  herald_event_loop_busy_seconds_total: counter("Time that the main thread was not idle"),
  herald_scrape_failures_total: counter("Parts that could not say their numbers when the metrics were read"),
  process_cpu_seconds_total: counter("CPU time that the process has used, of all threads"),
  process_start_time_seconds: gauge("When the process started, in seconds since 1970"),
  process_resident_memory_bytes: gauge("Memory of the process that is in RAM"),
  nodejs_heap_size_total_bytes: gauge("Heap of the main thread"),
  nodejs_heap_size_used_bytes: gauge("Heap of the main thread that is in use"),
};

const DECLARED = {
  ...ALLOCATOR,
  ...CONTROLLER,
  ...CLIENT,
  ...LAYER2,
  ...BGP,
  ...BFD,
  ...SOURCE,
  ...PACKETS,
  ...ANNOUNCERS,
  ...PROCESS,
} as const;

export type MetricName = keyof typeof DECLARED;

export const METRICS: Readonly<Record<MetricName, MetricDeclaration>> = DECLARED;

/** Undefined: Herald has no such metric. */
export function declarationOf(name: string): MetricDeclaration | undefined {
  return Object.hasOwn(METRICS, name) ? METRICS[name as MetricName] : undefined;
}
