/** Clients of Debian 12 find Services by name: Avahi as most desktops have it, and dig, which asks as a program without mDNS does. */

import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Changes } from "../../host/announcer.ts";
import { PrivateNetwork, run } from "../../host/workbench/private-network.ts";
import { insideTests } from "../../host/workbench/testing/inside.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import { tool } from "../../host/workbench/testing/requirements.ts";
import { announce, type Node, service, startNode } from "./test-stage.ts";

const LIVE = suite("mdns, live");
const inside = insideTests(LIVE, import.meta.url, { end: async () => stage?.end() });

const NODE = "192.0.2.1";
const CLIENT = "client";
const PATIENCE_MS = 20_000;
const CAPTURE = "/run/mdns.pcap";
const tools = [
  tool("avahi-daemon"),
  tool("avahi-resolve", "avahi-utils"),
  tool("dbus-daemon"),
  tool("dig", "bind9-dnsutils"),
  tool("tshark"),
];

class Stage {
  readonly network = new PrivateNetwork();
  readonly #processes: ChildProcess[] = [];

  async start(): Promise<void> {
    const { bridge } = this.network;
    run("ip", "address", "add", `${NODE}/24`, "dev", bridge);
    run("ip", "link", "set", bridge, "up");
    this.network.addHost(CLIENT, "192.0.2.77/24");
    this.spawn("tshark", "-q", "-i", bridge, "-w", CAPTURE);
    mkdirSync("/run/dbus", { recursive: true });
    mkdirSync("/run/avahi-daemon", { recursive: true });
    writeFileSync("/run/avahi.conf", "[server]\nhost-name=client\nuse-ipv4=yes\nuse-ipv6=yes\n[wide-area]\nenable-wide-area=no\n");
    this.spawn("dbus-daemon", "--system", "--nofork", "--nopidfile");
    await until(() => spawnSync("test", ["-S", "/run/dbus/system_bus_socket"]).status === 0, PATIENCE_MS);
    this.spawnOn("avahi-daemon", "-f", "/run/avahi.conf", "--no-drop-root", "--no-chroot", "--no-rlimits");
    await this.resolves("client.local", "192.0.2.77");
  }

  spawn(file: string, ...args: readonly string[]): ChildProcess {
    const child = spawn(file, args, { stdio: "ignore" });
    this.#processes.push(child);
    return child;
  }

  /** On the client. */
  spawnOn(...command: readonly string[]): ChildProcess {
    const [file, ...args] = this.network.on(CLIENT, ...command);
    return this.spawn(file, ...args);
  }

  /** What a command on the client says, on both outputs, however it ends. The plugin runs in this process, which must not wait. */
  async ask(...command: readonly string[]): Promise<string> {
    const [file, ...args] = this.network.on(CLIENT, ...command);
    return await new Promise((resolve) => {
      execFile(file, args, { encoding: "utf8", timeout: PATIENCE_MS }, (_, stdout, stderr) => resolve(`${stdout}${stderr}`));
    });
  }

  async resolve(name: string, family: 4 | 6): Promise<string> {
    return (await this.ask("avahi-resolve", `-${family}`, "-n", name)).trim();
  }

  /** In the end. */
  async resolves(name: string, answer: string): Promise<void> {
    for (let tries = 40; !(await this.resolve(name, 4)).includes(answer); tries--) {
      if (tries === 0) throw new Error(`${name} does not become ${answer}: ${await this.resolve(name, 4)}`);
      await wait(200);
    }
  }

  end(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
  }
}

let stage: Stage | undefined;

async function ground(): Promise<Stage> {
  if (stage !== undefined) return stage;
  stage = new Stage();
  await stage.start();
  return stage;
}

async function change({ announcer }: Node, changes: Partial<Changes>): Promise<void> {
  assert.equal(await announcer.apply({ added: [], changed: [], removed: [], ...changes }), []);
}

inside("Avahi resolves the name to both addresses, and forgets it at once when it is withdrawn", tools, async () => {
  const made = await ground();
  const node = await startNode(service("default/web", "shop"));
  const rows = [announce("198.51.100.1"), announce("2001:db8::1")];
  await change(node, { added: rows });
  await until(() => node.said.filter((line) => line.includes("shop.local")).length >= 2, PATIENCE_MS);
  assert.is(await made.resolve("shop.local", 4), "shop.local\t198.51.100.1");
  assert.is(await made.resolve("shop.local", 6), "shop.local\t2001:db8::1");
  await change(node, { removed: rows });
  // A goodbye leaves a second (RFC 6762 §10.1).
  await made.resolves("shop.local", "Failed to resolve");
  await node.stop();
});

inside("dig is answered from any port, with short lives, and told what there is not", tools, async () => {
  const made = await ground();
  const node = await startNode();
  await change(node, { added: [announce("198.51.100.1")] });
  await until(() => node.said.some((line) => line.includes("web.local")), PATIENCE_MS);
  const answer = await made.ask("dig", "-p", "5353", `@${NODE}`, "web.local", "A", "+tries=3", "+time=5", "+noedns");
  assert.match(answer, /^web\.local\.\s+10\s+IN\s+A\s+198\.51\.100\.1$/m);
  assert.not.match(answer, /unexpected|mismatch|malformed/i);
  assert.match(
    await made.ask("dig", "-p", "5353", `@${NODE}`, "web.local", "AAAA", "+tries=3", "+time=5", "+noedns"),
    /IN\s+NSEC\s+web\.local\. A$/m,
  );
  await node.stop();
});

inside("a name that somebody has stays theirs, and a name that is ours is not to be had", tools, async () => {
  const made = await ground();
  const publisher = made.spawnOn("avahi-publish", "-a", "-R", "printer.local", "192.0.2.99");
  await made.resolves("printer.local", "192.0.2.99");
  const node = await startNode();
  await change(node, { added: [announce("198.51.100.1", ["home/printer"]), announce("198.51.100.2", ["home/camera"])] });
  await until(() => node.said.some((line) => line.includes("printer-home.local")), PATIENCE_MS);
  assert.is(await made.resolve("printer.local", 4), "printer.local\t192.0.2.99");
  assert.is(await made.resolve("printer-home.local", 4), "printer-home.local\t198.51.100.1");
  assert.match(node.reports.get("198.51.100.1") ?? "", /home\/printer is printer-home.local: another has printer.local/);
  assert.match(await made.ask("timeout", "15", "avahi-publish", "-a", "-R", "camera.local", "192.0.2.98"), /collision/);
  assert.is(await made.resolve("camera.local", 4), "camera.local\t198.51.100.2");
  publisher.kill("SIGKILL");
  await node.stop();
});

inside("tshark finds nothing wrong with what was sent, and hop limits of 255", tools, async () => {
  const read = (filter: string): string[] => {
    const args = ["-n", "-r", CAPTURE, "-Y", filter, "-T", "fields", "-e", "ip.src", "-e", "_ws.expert.message"];
    return spawnSync("tshark", args, { encoding: "utf8" }).stdout.split("\n").slice(0, -1);
  };
  const ours = `mdns && ip.src == ${NODE} && ip.ttl == 255 && dns.flags.response`;
  // It comes to the file with some delay.
  for (let tries = 10; tries > 0 && read(`${ours} == 1`).length < 6; tries--) await wait(500);
  assert.ok(read(`${ours} == 1`).length >= 6);
  assert.ok(read(`${ours} == 0 && dns.count.auth_rr > 0`).length >= 9);
  assert.equal(read(`mdns && ip.src == ${NODE} && ip.ttl != 255`), []);
  assert.equal(read("mdns && (_ws.malformed or _ws.expert.severity >= 0x800000)"), []);
});

LIVE.run();
