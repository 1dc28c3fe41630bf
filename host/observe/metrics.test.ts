import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "./metrics.ts";

const metrics = suite("metrics");

metrics("count() adds to the sample of its name and labels", () => {
  const registry = createMetrics();
  registry.count("a_total");
  registry.count("a_total", {}, 2);
  registry.count("a_total", { ip: "192.0.2.1" });
  registry.count("b_total");
  assert.equal(registry.samples(), [
    { name: "a_total", labels: {}, value: 3 },
    { name: "a_total", labels: { ip: "192.0.2.1" }, value: 1 },
    { name: "b_total", labels: {}, value: 1 },
  ]);
});

metrics("gauge() replaces the value", () => {
  const registry = createMetrics();
  registry.gauge("a", 5, { link: "eth0" });
  registry.gauge("a", 3, { link: "eth0" });
  assert.equal(registry.samples(), [{ name: "a", labels: { link: "eth0" }, value: 3 }]);
});

metrics("the order of labels makes no difference, their text does", () => {
  const registry = createMetrics();
  registry.count("a_total", { x: "1", y: "2" });
  registry.count("a_total", { y: "2", x: "1" });
  registry.count("a_total", { x: '1","y', y: "2" });
  registry.count("a_total", { x: "1,y,2" });
  assert.equal(
    registry.samples().map(({ value }) => value),
    [2, 1, 1],
  );
});

metrics("samples() is a picture: what is counted later does not change it", () => {
  const registry = createMetrics();
  const labels = { ip: "192.0.2.1" };
  registry.count("a_total", labels);
  const before = registry.samples();
  labels.ip = "192.0.2.2";
  registry.count("a_total", { ip: "192.0.2.1" });
  assert.equal(before, [{ name: "a_total", labels: { ip: "192.0.2.1" }, value: 1 }]);
});

metrics.run();
