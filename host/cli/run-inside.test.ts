/** `herald run` where it may open packet sockets: in a private network. */

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { parseMetrics } from "../workbench/testing/metrics-text.ts";
import { runProgram } from "../workbench/testing/run-command.ts";

const heraldRun = suite("herald run, in a private network");
const inside = insideTests(heraldRun, import.meta.url);

const homelab = fileURLToPath(new URL("../../fixtures/homelab", import.meta.url));
const linesOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

inside("an interface that does not exist is said with those that do, and waited for; SIGTERM is a good end", [], async () => {
  const args = ["run", "--manifests", homelab, "--node", "node-a", "--interface", "eth7,lo", "--control", "none"];
  const { code, out, err } = await runProgram(args, { stopAt: "Speaker runs" });
  const lines = linesOf(out);
  const [unaddressed, ...more] = lines.filter(({ plugin }) => plugin === undefined);
  assert.is(unaddressed?.["msg"], "No address is on record; waiting for the one speaker with --controller");
  assert.equal([unaddressed?.["services"], unaddressed?.["record"]], [4, join(homelab, "allocations.yaml")]);
  for (const name of ["arp", "ndp"]) {
    const [said, ...others] = lines.filter(({ plugin }) => plugin === name);
    assert.equal([said?.["level"], said?.["node"], others], ["warn", "node-a", []]);
    assert.is(said?.["msg"], "Cannot announce on every interface that was asked for; waiting");
    assert.equal([said?.["missing"], said?.["existing"]], [["eth7: does not exist", "lo: a loopback"], []]);
  }
  assert.equal(
    more.map(({ msg }) => msg),
    ["Speaker runs", "Packets", "Packets", "Packets"],
  );
  assert.equal([code, err], [0, ""]);
});

inside("a controller gives out addresses, and its speaker announces those that the node owns", [], async () => {
  const manifests = mkdtempSync(join(tmpdir(), "herald-run-"));
  try {
    cpSync(homelab, manifests, { recursive: true });
    run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far0");
    for (const link of ["eth0", "far0"]) run("ip", "link", "set", link, "up");
    const args = ["run", "--manifests", manifests, "--node", "node-a", "--controller", "--interface", "eth0", "--control", "none"];
    const { code, out, err } = await runProgram(args, { stopAt: '"vip":"192.0.2.250"' });
    assert.equal([code, err], [0, ""]);
    const lines = linesOf(out);
    assert.equal(
      lines.filter(({ msg }) => msg === "Answering on links").map(({ plugin, links }) => [plugin, links]),
      [
        ["arp", ["eth0"]],
        ["ndp", ["eth0"]],
      ],
    );
    assert.equal(
      lines.filter(({ msg, via }) => msg === "serviceAnnounced" && via === "arp").map(({ vip }) => vip),
      ["192.0.2.250"],
    );
    assert.match(readFileSync(join(manifests, "allocations.yaml"), "utf8"), '"default/pi-hole", vips: ["192.0.2.250"]');
  } finally {
    run("ip", "link", "del", "eth0");
    rmSync(manifests, { recursive: true });
  }
});

inside("it tells its status while it runs, refuses a second of its kind, and takes over from a killed one", [], async () => {
  const directory = mkdtempSync(join(tmpdir(), "herald-run-"));
  const control = ["--control", join(directory, "node-a.sock")];
  const args = ["run", "--manifests", homelab, "--node", "node-a", "--interface", "lo", "--metrics", "127.0.0.1:9120", ...control];
  const meanwhile = async (): Promise<void> => {
    const { code, out, err } = await runProgram(["status", ...control]);
    assert.equal([code, err], [0, ""]);
    assert.match(out, /^Node node-a: Herald \d+\.\d+\.\d+, up \d+ s, pid \d+\nReads [^\n]+homelab: no problems\n/);
    assert.match(out, /^arp +runs +0 +0 +0 +0 +\d+$/m);
    const metrics = parseMetrics(await (await fetch("http://127.0.0.1:9120/metrics")).text());
    assert.equal(metrics["herald_ready"]?.samples, ["herald_ready 1"]);
    assert.equal(metrics["herald_packets_received_total"]?.samples.length, 3);
    const second = await runProgram(args);
    assert.match(second.err, `herald run: Cannot listen at ${control[1]}: another Herald does`);
    assert.equal([second.code, second.out], [1, ""]);
  };
  try {
    assert.is((await runProgram(args, { stopAt: "Speaker runs", signal: "SIGKILL" })).code, null);
    assert.ok(existsSync(control[1] ?? ""));
    const { code, err } = await runProgram(args, { stopAt: "Speaker runs", meanwhile });
    assert.equal([code, err], [0, ""]);
    assert.not.ok(existsSync(control[1] ?? ""));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

heraldRun.run();
