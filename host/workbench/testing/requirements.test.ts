import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findTool, namespaces, testWith, tool, unshareArguments } from "./requirements.ts";

const requirements = suite("requirements");

requirements("findTool() finds a program of the system, and none that is not there", () => {
  assert.match(findTool("sh") ?? "", /\/sh$/);
  assert.is(findTool("no-such-tool"), undefined);
  assert.is(tool("no-such-tool").isMet(), false);
});

testWith(requirements, [tool("ip", "iproute2"), namespaces], "unshareArguments() give a network of one's own", () => {
  const ip = findTool("ip") ?? "";
  const script = `${ip} link add herald-a type veth peer name herald-b && ${ip} -o link show type veth`;
  const { stdout } = spawnSync("unshare", [...(unshareArguments() ?? []), "sh", "-c", script], { encoding: "utf8" });
  assert.is(stdout.trimEnd().split("\n").length, 2, stdout);
  assert.not.match(spawnSync(ip, ["link"], { encoding: "utf8" }).stdout, "herald-a");
});

requirements.run();
