import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "./metrics.ts";

const metrics = suite("metrics");

metrics("count() adds to the sample of its name and labels", async () => {
  const registry = createMetrics();
  registry.count("herald_scrape_failures_total");
  registry.count("herald_scrape_failures_total", {}, 2);
  registry.count("herald_address_conflicts_total", { ip: "192.0.2.1" });
  assert.equal(await registry.samples(), [
    { name: "herald_address_conflicts_total", labels: { ip: "192.0.2.1" }, value: 1 },
    { name: "herald_scrape_failures_total", labels: {}, value: 3 },
  ]);
});

metrics("gauge() replaces the value", async () => {
  const registry = createMetrics();
  registry.gauge("herald_packet_rows", 5, { program: "arp" });
  registry.gauge("herald_packet_rows", 3, { program: "arp" });
  assert.equal(await registry.samples(), [{ name: "herald_packet_rows", labels: { program: "arp" }, value: 3 }]);
});

metrics("the order of labels makes no difference, their text does", async () => {
  const registry = createMetrics().forPlugin("x", "third-party");
  const all = createMetrics();
  const plugin = all.forPlugin("x", "third-party");
  plugin.count("a", { x: "1", y: "2" });
  plugin.count("a", { y: "2", x: "1" });
  plugin.count("a", { x: '1","y', y: "2" });
  plugin.count("a", { x: "1,y,2" });
  assert.equal(
    (await all.samples()).map(({ value }) => value),
    [2, 1, 1],
  );
  registry.close();
});

metrics("what is read is a picture: what is counted later does not change it", async () => {
  const registry = createMetrics();
  const labels = { ip: "192.0.2.1" };
  registry.count("herald_address_conflicts_total", labels);
  const before = await registry.samples();
  labels.ip = "192.0.2.2";
  registry.count("herald_address_conflicts_total", { ip: "192.0.2.1" });
  assert.equal(before, [{ name: "herald_address_conflicts_total", labels: { ip: "192.0.2.1" }, value: 1 }]);
});

metrics("what collect() does not tell any more is gone", async () => {
  const registry = createMetrics();
  let vips = ["192.0.2.1", "192.0.2.2"];
  const close = registry.collect((tell) => {
    for (const ip of vips) tell("metallb_layer2_responses_sent", 7, { ip });
  });
  assert.is((await registry.samples()).length, 2);
  vips = ["192.0.2.2"];
  assert.equal(await registry.samples(), [{ name: "metallb_layer2_responses_sent", labels: { ip: "192.0.2.2" }, value: 7 }]);
  assert.is((await registry.read())[0]?.type, "counter");
  close();
  assert.equal(await registry.samples(), []);
});

metrics("a part that fails costs its own values, and is counted", async () => {
  const registry = createMetrics();
  registry.collect((tell) => {
    tell("herald_ready", 1);
    throw new Error("the rest is not known");
  });
  registry.collect(async (tell) => tell("herald_config_problems", 2));
  const found = async () => (await registry.samples()).map(({ name, value }) => `${name} ${value}`);
  await found();
  assert.equal(await found(), ["herald_config_problems 2", "herald_ready 1", "herald_scrape_failures_total 2"]);
});

metrics("a part that hangs does not hold up the others for ever", async () => {
  const registry = createMetrics();
  registry.collect(() => new Promise(() => {}));
  registry.gauge("herald_ready", 1);
  assert.is((await registry.samples())[0]?.name, "herald_ready");
});

metrics("whoever reads while it is being read gets the same reading", async () => {
  const registry = createMetrics();
  let asked = 0;
  registry.collect(() => void (asked += 1));
  await Promise.all([registry.read(), registry.read(), registry.read()]);
  assert.is(asked, 1);
});

metrics("the host cannot tell what is not in the table", () => {
  const registry = createMetrics();
  assert.throws(() => registry.count("herald_surprises_total"), /^Cannot tell metric herald_surprises_total: it is not in the table$/);
  assert.throws(() => registry.count("toString"), /^Cannot tell metric toString: it is not in the table$/);
});

metrics("a name that is too long for a label costs its own series only", async () => {
  const registry = createMetrics();
  registry.collect((tell) => {
    tell("herald_packet_rows", 1, { program: "x".repeat(300) });
    tell("herald_packet_rows", 2, { program: "arp" });
  });
  assert.equal(
    (await registry.samples()).map(({ name, value }) => `${name} ${value}`),
    ["herald_packet_rows 2", "herald_scrape_failures_total 1"],
  );
});

metrics("observe() keeps a histogram", async () => {
  const registry = createMetrics();
  for (const seconds of [0.5, 1, 1.5, 9]) registry.observe("herald_reconcile_seconds", seconds, [1, 2]);
  assert.equal(await registry.samples(), [
    { name: "herald_reconcile_seconds", labels: {}, value: { bounds: [1, 2], counts: [2, 1, 1], sum: 12 } },
  ]);
});

metrics("a third party's metrics have its name before theirs, also where the table has such a name", async () => {
  const registry = createMetrics();
  const plugin = registry.forPlugin("my-dns", "third-party");
  plugin.gauge("metallb_bgp_session_up", 1);
  plugin.count("records_total");
  assert.equal(
    (await registry.read()).map(({ name, type }) => `${name} ${type}`),
    ["herald_plugin_my_dns_metallb_bgp_session_up gauge", "herald_plugin_my_dns_records_total counter"],
  );
});

metrics("a built-in's metrics are those of the table, or have its name before theirs", async () => {
  const registry = createMetrics();
  const plugin = registry.forPlugin("bgp", "built-in");
  plugin.gauge("metallb_bgp_session_up", 1, { peer: "192.0.2.254:179", vrf: "default" });
  plugin.gauge("odd", 1);
  assert.equal(
    (await registry.read()).map(({ name }) => name),
    ["herald_plugin_bgp_odd", "metallb_bgp_session_up"],
  );
});

metrics("a plugin's series go with it", async () => {
  const registry = createMetrics();
  const plugin = registry.forPlugin("dns", "third-party");
  plugin.count("a");
  plugin.collect((tell) => tell("b", 1));
  assert.is((await registry.samples()).length, 2);
  plugin.close();
  assert.equal(await registry.samples(), []);
});

metrics("a plugin has so many series and no more, and what is refused is counted", async () => {
  const registry = createMetrics();
  const plugin = registry.forPlugin("churn", "third-party");
  for (let at = 0; at < 10_005; at++) plugin.count("a", { at: String(at) });
  plugin.count("a", { at: "0" });
  const samples = await registry.samples();
  assert.is(samples.length, 10_001);
  assert.is(samples.find(({ name }) => name === "herald_plugin_refused_series_total")?.value, 5);
});

const impossible: readonly (readonly [string, (plugin: ReturnType<ReturnType<typeof createMetrics>["forPlugin"]>) => void])[] = [
  ["a name with a newline", (plugin) => plugin.count("a\nb")],
  ["a name of 300 letters", (plugin) => plugin.count("a".repeat(300))],
  ["a label with a quote", (plugin) => plugin.count("a", { 'x"': "1" })],
  ["a label of Prometheus itself", (plugin) => plugin.count("a", { __name__: "1" })],
  ["a label of histograms", (plugin) => plugin.count("a", { le: "1" })],
  ["a value of 300 letters", (plugin) => plugin.count("a", { x: "a".repeat(300) })],
  ["a value that is no text", (plugin) => plugin.count("a", { x: 1 as unknown as string })],
  ["nine labels", (plugin) => plugin.count("a", Object.fromEntries("abcdefghi".split("").map((name) => [name, "1"])))],
  ["a counter that falls", (plugin) => plugin.count("a", {}, -1)],
  ["a counter of no number", (plugin) => plugin.count("a", {}, Number.NaN)],
  ["a gauge of no number", (plugin) => plugin.gauge("a", Number.NaN)],
  ["a gauge of text", (plugin) => plugin.gauge("a", "1" as unknown as number)],
  ["a histogram", (plugin) => plugin.gauge("a", { bounds: [], counts: [1], sum: 1 } as unknown as number)],
];
for (const [what, tell] of impossible) {
  metrics(`a plugin cannot tell ${what}`, async () => {
    const registry = createMetrics();
    tell(registry.forPlugin("x", "third-party"));
    assert.equal(await registry.samples(), [{ name: "herald_plugin_refused_series_total", labels: { plugin: "x" }, value: 1 }]);
  });
}

metrics("a plugin's counter does not become a gauge", async () => {
  const registry = createMetrics();
  const plugin = registry.forPlugin("x", "third-party");
  plugin.count("a");
  plugin.gauge("a", 5);
  assert.is((await registry.samples()).find(({ name }) => name === "herald_plugin_x_a")?.value, 1);
});

metrics.run();
