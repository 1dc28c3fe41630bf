import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findTool, namespaces, testWith, tool } from "../testing/requirements.ts";
import { RunningLab } from "../testing/running-lab.ts";

const homelab = fileURLToPath(new URL("../../../fixtures/homelab", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "herald-live-test-"));
chmodSync(directory, 0o755);
const MAC = "((?:[0-9a-f]{2}:){5}[0-9a-f]{2})";

const LIVE = suite("herald lab, live");

LIVE.after(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a lab on a copy of the home lab until its table is there, and ends it in whatever state the test leaves it. */
async function withLab(name: string, flags: readonly string[], use: (lab: RunningLab, path: string) => Promise<void>): Promise<void> {
  const path = join(directory, name);
  cpSync(homelab, path, { recursive: true });
  const lab = new RunningLab(["--manifests", path, ...flags]);
  try {
    await lab.prints(/Ctrl-C ends the lab/);
    await use(lab, path);
  } finally {
    await lab.kill();
  }
}

/** As Ctrl-C does under npm: the terminal's signal, and npm's. */
async function interrupt(lab: RunningLab): Promise<void> {
  lab.process.kill("SIGINT");
  lab.process.kill("SIGINT");
  const { code, stderr } = await lab.ended;
  assert.is(code, 0, stderr);
  await lab.isGone();
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  assert.ok(text.includes(from), `${file} has ${from}`);
  writeFileSync(file, text.replace(from, to));
}

testWith(LIVE, [namespaces], "follows edits, restarts a killed speaker, and leaves nothing behind", async () => {
  await withLab("edits", [], async (lab, path) => {
    const [, macOfB = ""] = await lab.prints(new RegExp(`jellyfin +192\\.0\\.2\\.241 +home +node-b +${MAC} +node-b +[\\d.]+ [µm]s`));

    const startMs = performance.now();
    writeFileSync(
      join(path, "new.yaml"),
      "apiVersion: v1\nkind: Service\nmetadata: {name: grafana}\nspec: {type: LoadBalancer, ports: [{port: 3000}]}\n",
    );
    await lab.prints(new RegExp(`grafana +192\\.0\\.2\\.242 +home +node-c +${MAC} +node-c`));
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < 5000, `a new Service is reached after ${Math.round(tookMs)} ms`);

    let from = lab.stdout.length;
    edit(join(path, "services.yaml"), "nodeName: node-b", "nodeName: node-c");
    const [, macOfC] = await lab.prints(new RegExp(`jellyfin +192\\.0\\.2\\.241 +home +node-c +${MAC} +node-c`), from);
    assert.is.not(macOfC, macOfB, "the client has followed the announcement of the new owner");

    rmSync(join(path, "new.yaml"));
    await lab.prints(/grafana 192\.0\.2\.242 is gone/);

    from = lab.stdout.length;
    const [pid = 0] = lab.processes(/ run .*--node node-a/);
    process.kill(pid, "SIGKILL");
    await lab.prints(/The speaker on node-a ended \(SIGKILL\)\nThe speaker on node-a starts again in a second/, from);
    await lab.prints(/pi-hole +192\.0\.2\.250 +home +node-a +.*node-a +[\d.]+ [µm]s/, from);

    // A node of another address is another machine: with a MAC that the client must learn.
    from = lab.stdout.length;
    edit(join(path, "cluster.yaml"), "192.0.2.13}", "192.0.2.14}");
    const [, newMacOfC] = await lab.prints(new RegExp(`jellyfin +192\\.0\\.2\\.241 +home +node-c +${MAC} +node-c`), from);
    assert.is.not(newMacOfC, macOfC);

    writeFileSync(join(path, "broken.yaml"), "kind: [\n");
    await lab.prints(/edits\/broken\.yaml:1: /);
    await interrupt(lab);
  });
});

testWith(LIVE, [namespaces], "leaves nothing behind when any of its processes is killed", async () => {
  const isStage = (lab: RunningLab, pid: number): boolean =>
    pid !== lab.process.pid && !readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("unshare");
  const victims: { name: string; find: (lab: RunningLab) => number | undefined; says?: RegExp }[] = [
    { name: "outer", find: (lab) => lab.process.pid },
    { name: "stage", find: (lab) => lab.processes(/lab --manifests/).find((pid) => isStage(lab, pid)) },
    { name: "client", find: (lab) => lab.processes(/lab part client/)[0], says: /The client ended: SIGKILL/ },
    { name: "listener", find: (lab) => lab.processes(/lab part node node-b/)[0], says: /The listener on node-b ended: SIGKILL/ },
  ];
  for (const { name, find, says } of victims) {
    await withLab(name, [], async (lab) => {
      const pid = find(lab);
      assert.ok(pid, `found ${name}`);
      process.kill(pid, "SIGKILL");
      const { code, stderr } = await lab.ended;
      assert.is.not(code, 0, name);
      if (says !== undefined) assert.match(stderr, says);
      await lab.isGone();
    });
  }
});

interface Arp {
  readonly seconds: number;
  readonly source: string;
  readonly destination: string;
  readonly operation: string;
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
}

const FIELDS = [
  "frame.time_relative",
  "eth.src",
  "eth.dst",
  "arp.opcode",
  "arp.src.hw_mac",
  "arp.src.proto_ipv4",
  "arp.dst.hw_mac",
  "arp.dst.proto_ipv4",
];

function tshark(file: string, ...args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync("tshark", ["-n", "-r", file, ...args], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

function readArp(file: string): Arp[] {
  return tshark(file, "-Y", "arp", "-T", "fields", ...FIELDS.flatMap((field) => ["-e", field])).map((line) => {
    const [seconds, source = "", destination = "", operation = "", senderMac = "", senderAddress = "", targetMac = "", targetAddress = ""] =
      line.split("\t");
    return { seconds: Number(seconds), source, destination, operation, senderMac, senderAddress, targetMac, targetAddress };
  });
}

testWith(LIVE, [tool("tshark"), tool("arping"), namespaces], "sends what tshark and arping expect", async () => {
  const capture = join(directory, "lab.pcap");
  let askedSeconds = 0;
  await withLab("capture", ["--capture", capture], async (lab) => {
    const [, hint = ""] = await lab.prints(/be the client, in another terminal: (.*)\n/);
    // Four pauses of 1.1 s from the first announcement to the last.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    askedSeconds = readArp(capture).at(-1)?.seconds ?? 0;
    const [enter = "", ...options] = hint.split(" ");
    const arping = findTool("arping") ?? "";
    for (const vip of ["192.0.2.240", "192.0.2.241", "192.0.2.250"]) {
      const { status, stdout, stderr } = spawnSync(enter, [...options, arping, "-c", "2", "-W", "0.2", vip], { encoding: "utf8" });
      assert.is(status, 0, stderr);
      assert.match(stdout, /2 packets transmitted, 2 packets received, {3}0% unanswered \(0 extra\)/);
    }
    await interrupt(lab);
  });
  assert.equal(tshark(capture, "-Y", "_ws.malformed or arp.duplicate-address-detected"), []);
  const frames = readArp(capture);
  for (const owner of owners(frames)) assertBurst(frames, owner);
  for (const owner of owners(frames))
    assertReplies(
      frames.filter(({ seconds }) => seconds > askedSeconds),
      owner,
    );
});

/** The first address that the lab has to spare. */
const CLIENT = "192.0.2.100";

interface Owner {
  readonly vip: string;
  readonly mac: string;
}

/** By its announcements, which have one sender for each VIP. */
function owners(frames: readonly Arp[]): Owner[] {
  const announced = frames.filter(({ senderAddress, targetAddress, operation }) => senderAddress === targetAddress && operation === "2");
  const found = new Map(announced.map(({ senderAddress, senderMac }) => [senderAddress, senderMac]));
  assert.equal([...found.keys()].sort(), ["192.0.2.240", "192.0.2.241", "192.0.2.250"]);
  return [...found].map(([vip, mac]) => ({ vip, mac }));
}

/** MetalLB's: five rounds 1.1 s apart, in each a request and a reply, broadcast, sender and target the VIP. */
function assertBurst(frames: readonly Arp[], { vip, mac }: Owner): void {
  const burst = frames.filter((frame) => frame.senderAddress === vip && frame.targetAddress === vip);
  assert.is(burst.map(({ operation }) => operation).join(""), "1212121212", vip);
  const broadcast = "ff:ff:ff:ff:ff:ff";
  for (const { source, destination, senderMac, targetMac } of burst) {
    assert.equal([source, destination, senderMac, targetMac], [mac, broadcast, mac, broadcast]);
  }
  const rounds = burst.filter(({ operation }) => operation === "1").map(({ seconds }) => seconds);
  for (const [at, seconds] of rounds.slice(1).entries()) {
    const pause = seconds - (rounds[at] ?? 0);
    assert.ok(pause > 1.05 && pause < 1.6, `pause of ${pause} s between the rounds for ${vip}`);
  }
}

/** One reply for each of arping's requests, from the owner, with its own MAC. Nodes ask, too. */
function assertReplies(frames: readonly Arp[], { vip, mac }: Owner): void {
  const requests = frames.filter(
    ({ operation, targetAddress, senderAddress }) => operation === "1" && targetAddress === vip && senderAddress === CLIENT,
  );
  const replies = frames.filter(
    ({ operation, targetAddress, senderAddress }) => operation === "2" && senderAddress === vip && targetAddress === CLIENT,
  );
  assert.is(requests.length, 2, vip);
  assert.is(replies.length, 2, vip);
  for (const [at, reply] of replies.entries()) {
    assert.equal([reply.source, reply.senderMac, reply.destination], [mac, mac, requests[at]?.senderMac]);
    assert.ok(reply.seconds >= (requests[at]?.seconds ?? 0));
  }
}

LIVE.run();
