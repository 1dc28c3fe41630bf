import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findWay } from "../private-network.ts";
import { findTool, namespaces, testWith, tool } from "./requirements.ts";

const requirements = suite("requirements");

requirements("findTool() finds a program of the system, and none that is not there", () => {
  assert.match(findTool("sh") ?? "", /\/sh$/);
  assert.is(findTool("no-such-tool"), undefined);
  assert.is(tool("no-such-tool").isMet(), false);
});

testWith(requirements, [namespaces], "a private network is not this one", () => {
  const way = findWay();
  assert.ok(way.ok);
  const script = "ip link add herald-a type veth peer name herald-b && ip -o link show type veth";
  const { stdout } = spawnSync("unshare", [...way.unshare, "sh", "-c", script], { encoding: "utf8" });
  assert.is(stdout.trimEnd().split("\n").length, 2, stdout);
  assert.not.match(spawnSync(findTool("ip") ?? "", ["link"], { encoding: "utf8" }).stdout, "herald-a");
});

requirements.run();
