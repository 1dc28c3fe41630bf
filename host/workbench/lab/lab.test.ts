import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { refusingPath } from "../testing/refusing-path.ts";
import { namespaces, type Requirement, testWith } from "../testing/requirements.ts";
import { PROGRAM, RunningLab, runLab } from "../testing/running-lab.ts";
import type { RouteResult } from "./route-row.ts";
import type { RowResult } from "./row.ts";

const NOBODY = 65534;
const homelab = fileURLToPath(new URL("../../../fixtures/homelab", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "herald-lab-test-"));
chmodSync(directory, 0o755);

const LAB = suite("herald lab --once");

LAB.after(() => rmSync(directory, { recursive: true, force: true }));

/** A copy of the home lab, changed. */
function manifests(name: string, change: (file: string) => string): string {
  const copy = join(directory, name);
  cpSync(homelab, copy, { recursive: true });
  for (const file of readdirSync(copy)) writeFileSync(join(copy, file), change(readFileSync(join(copy, file), "utf8")));
  return copy;
}

interface LabOutput {
  readonly wire: string;
  readonly services: RowResult[];
  readonly routes: RouteResult[];
}

function parse(stdout: string): LabOutput {
  assert.is(stdout.trimEnd().split("\n").length, 1, `standard output is one line:\n${stdout}`);
  return JSON.parse(stdout);
}

function assertAllReached(services: readonly RowResult[]): void {
  assert.equal(
    services.map(({ name, vip, pool, owner, resolved, reached }) => ({ name, vip, pool, owner, resolved, reached })),
    [
      { name: "default/home-assistant", vip: "192.0.2.240", pool: "home", owner: "node-b", resolved: true, reached: "node-b" },
      { name: "default/home-assistant", vip: "2001:db8::240", pool: "home", owner: "node-b", resolved: true, reached: "node-b" },
      { name: "default/jellyfin", vip: "192.0.2.241", pool: "home", owner: "node-b", resolved: true, reached: "node-b" },
      { name: "default/pi-hole", vip: "192.0.2.250", pool: "home", owner: "node-a", resolved: true, reached: "node-a" },
    ],
  );
  for (const { mac, ownerMac, firstReplyMicros } of services) {
    assert.match(mac ?? "", /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    assert.is(mac, ownerMac);
    assert.ok(
      firstReplyMicros !== null && firstReplyMicros > 0 && firstReplyMicros < 1_000_000,
      `first reply after ${firstReplyMicros} µs`,
    );
  }
}

const NODES = ["node-a", "node-b", "node-c"];

function assertLearned([photos, ...others]: readonly RouteResult[]): void {
  assert.equal(others, []);
  const { reached = null, learnedInMs = null, ...rest } = photos ?? {};
  assert.equal(rest, {
    ...{ name: "default/photos", vip: "198.51.100.1", pool: "routed", router: "router", prefix: "198.51.100.1/32" },
    ...{ nextHops: NODES, expectedNextHops: NODES, learned: true },
  });
  assert.ok(NODES.includes(reached ?? ""), `reached ${reached}`);
  assert.ok(learnedInMs !== null && learnedInMs < 10_000, `learned in ${learnedInMs} ms`);
}

testWith(LAB, [namespaces], "resolves and reaches every VIP of the home lab, and prints only JSON", async () => {
  const { code, stdout, stderr } = await runLab(["--json"]);
  const { wire, services, routes } = parse(stdout);
  assert.is(code, 0, stderr);
  assert.is(wire, "kernel");
  assertAllReached(services);
  assertLearned(routes);
  assert.match(stderr, /^Your own network is untouched/);
  assert.match(
    stderr,
    /Control: with all speakers off the client resolves no VIP \(tried 3 by ARP, 1 by NDP\), and no router has a route to one \(1 tried\)/,
  );
});

testWith(LAB, [namespaces], "runs two labs side by side", async () => {
  const ends = await Promise.all([runLab(["--json"]), runLab(["--json"])]);
  for (const { code, stdout, stderr } of ends) {
    assert.is(code, 0, stderr);
    assertAllReached(parse(stdout).services);
  }
});

testWith(LAB, [namespaces], "fails its control where a node's kernel answers for a VIP", async () => {
  const path = manifests("own-address", (text) => text.replace("192.0.2.13}", "192.0.2.240}"));
  const { code, stderr } = await runLab(["--once", "--manifests", path]);
  assert.is(code, 1);
  assert.match(stderr, /Control failed: with all speakers off the client resolved 192\.0\.2\.240, answered by the kernel of node-c/);
});

testWith(LAB, [namespaces], "says why a Service has no VIP or no owner, and where a manifest is wrong", async () => {
  const path = manifests("trouble", (text) =>
    text.replace("192.0.2.250}", "10.1.1.1}").replace("nodeName: node-b, conditions: {ready: true}", "conditions: {ready: false}"),
  );
  writeFileSync(
    join(path, "wrong.yaml"),
    "apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec:\n  type: LoadBalancer\n  ports: [{port: http}]\n",
  );
  const { code, stdout, stderr } = await runLab(["--json", "--manifests", path]);
  assert.is(code, 1);
  const [homeAssistant, onSix, jellyfin, piHole] = parse(stdout).services;
  assert.equal([homeAssistant?.resolved, onSix?.resolved], [true, true]);
  assert.equal([jellyfin?.owner, jellyfin?.mac, jellyfin?.resolved], [null, null, false]);
  assert.equal(Object.values(piHole ?? {}), ["default/pi-hole", null, null, null, null, null, false, null, null]);
  assert.match(stderr, /default\/pi-hole has no address: No pool gives out 10\.1\.1\.1/);
  assert.match(stderr, /default\/jellyfin 192\.0\.2\.241 is announced by no node: arp: noEndpoints on node-a, node-b, node-c/);
  assert.match(stderr, /trouble\/wrong\.yaml:6: Service default\/wrong spec\.ports\[0\]\.port: found "http"/);
});

testWith(LAB, [namespaces], "makes up Nodes where there are none, and writes nothing beside the manifests", async () => {
  const path = join(directory, "minimal");
  mkdirSync(path);
  writeFileSync(
    join(path, "web.yaml"),
    `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan}
spec: {addresses: [10.9.8.0/28]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: lan}
---
apiVersion: v1
kind: Service
metadata: {name: dns}
spec: {type: LoadBalancer, ports: [{port: 53, protocol: UDP}]}
`,
  );
  const { code, stdout, stderr } = await runLab(["--json", "--manifests", join(path, "web.yaml")]);
  assert.is(code, 0, stderr);
  const [service] = parse(stdout).services;
  assert.is(service?.vip, "10.9.8.0");
  assert.match(service?.owner ?? "", /^node-[abc]$/);
  assert.is(service?.reached, service?.owner, "over UDP");
  assert.equal(readdirSync(path), ["web.yaml"]);
});

const plainUser: Requirement = {
  what: "a plain user who may make namespaces and read this checkout, and root to become that user",
  remedy: "run as root, allow unprivileged user namespaces, and make the checkout readable for all",
  isMet: () =>
    process.getuid?.() === 0 && spawnSync("unshare", ["-Urn", "cat", PROGRAM], { uid: NOBODY, gid: NOBODY, stdio: "ignore" }).status === 0,
};

testWith(LAB, [plainUser], "needs no root", async () => {
  const { code, stdout, stderr } = await runLab(["--json"], { uid: NOBODY });
  assert.is(code, 0, stderr);
  assertAllReached(parse(stdout).services);
  assertLearned(parse(stdout).routes);
});

LAB("runs in memory where no namespaces are allowed, says so, and exits 3", async () => {
  const { code, stdout, stderr } = await runLab(["--json"], { env: { PATH: refusingPath(directory) } });
  assert.is(code, 3, stderr);
  const { wire, services, routes } = parse(stdout);
  assert.is(wire, "memory");
  assert.equal(
    routes.map(({ name, router, nextHops, learned, reached }) => [name, router, nextHops, learned, reached]),
    [["default/photos", "router", [], false, null]],
  );
  assert.match(stderr, /NEXT HOPS: not tried, as BGP needs TCP/);
  assert.equal(
    services.map(({ name, owner, resolved, reached }) => [name, owner, resolved, reached]),
    [
      ["default/home-assistant", "node-b", true, null],
      ["default/home-assistant", "node-b", true, null],
      ["default/jellyfin", "node-b", true, null],
      ["default/pi-hole", "node-a", true, null],
    ],
  );
  assert.match(stderr, /^Your own network is untouched: the lab runs in memory and sends no real packet/);
  assert.match(stderr, /Operation not permitted/);
  assert.match(stderr, /For a real run: .* lab --json\n$/);
});

LAB("follows edits in memory too, ends with 0, and takes its files away", async () => {
  const path = manifests("in-memory", (text) => text);
  const temporary = join(directory, "tmp");
  mkdirSync(temporary);
  const lab = new RunningLab(["--manifests", path], { env: { PATH: refusingPath(directory), TMPDIR: temporary } });
  try {
    await lab.prints(/pi-hole +192\.0\.2\.250 +home +node-a +02:/);
    rmSync(join(path, "services.yaml"));
    await lab.prints(/pi-hole 192\.0\.2\.250 is gone/);
    lab.process.kill("SIGINT");
    const { code, stderr } = await lab.ended;
    assert.is(code, 0, stderr);
    assert.equal(readdirSync(temporary), []);
  } finally {
    await lab.kill();
  }
});

LAB("refuses a capture that could not be kept", async () => {
  for (const [file, code, says] of [
    [join(directory, "nowhere/lab.pcap"), 2, /Flag --capture has the value ".*": expected a file in a directory that exists/],
    ["/run/lab.pcap", 1, /^herald lab: Cannot write a capture to \/run: the lab has a \/run of its own/],
    [directory, 1, /^herald lab: Cannot write the capture: EISDIR/m],
  ] as const) {
    const end = await runLab(["--once", "--capture", file]);
    assert.match(end.stderr, says);
    assert.is(end.code, code, file);
  }
});

LAB("refuses manifests that are not there", async () => {
  const { code, stderr } = await runLab(["--once", "--manifests", join(directory, "nowhere")]);
  assert.is(code, 2);
  assert.match(stderr, /Flag --manifests has the value ".*nowhere": expected a directory or a file that exists/);
});

LAB.run();
