/** `herald run` on two nodes of a private network whose switch snoops MLD, and a client that knows nothing of Herald: the kernel, and ndisc6. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ipBatch, PrivateNetwork, run } from "../../host/workbench/private-network.ts";
import { insideTests } from "../../host/workbench/testing/inside.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import { tool } from "../../host/workbench/testing/requirements.ts";
import { PROGRAM } from "../../host/workbench/testing/running-lab.ts";

const LIVE = suite("ndp, live");
const inside = insideTests(LIVE, import.meta.url, { limitMs: 120_000, end: async () => stage?.end() });

const VIP = "2001:db8::250";
const GROUP = "ff02::1:ff00:250";
const CLIENT = "client";
const NODES = ["node-a", "node-b"] as const;
const CLIENT_ADDRESS = "2001:db8::c1";

/** The node that may announce. */
const manifests = (node: string): string => `
{apiVersion: v1, kind: Node, metadata: {name: node-a, labels: {kubernetes.io/hostname: node-a}}}
---
{apiVersion: v1, kind: Node, metadata: {name: node-b, labels: {kubernetes.io/hostname: node-b}}}
---
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: six}, spec: {addresses: ["${VIP}/128"]}}
---
{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: six}, spec: {nodeSelectors: [{matchLabels: {kubernetes.io/hostname: ${node}}}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: LoadBalancer, ipFamilies: [IPv6], ports: [{port: 80}]}}
`;

class Stage {
  readonly network = new PrivateNetwork();
  readonly folder = mkdtempSync(join(tmpdir(), "herald-ndp-"));
  readonly capture = join(this.folder, "frames.pcap");
  readonly #processes: ChildProcess[] = [];

  async start(): Promise<void> {
    const { bridge } = this.network;
    // A switch forwards by MLD only while somebody asks for reports; this one asks itself, and waits a second for them instead of ten.
    ipBatch([`link set ${bridge} type bridge mcast_querier 1 mcast_query_response_interval 100`, `link set ${bridge} up`]);
    for (const host of [...NODES, CLIENT]) this.network.addHost(host);
    this.ip(CLIENT, `address add ${CLIENT_ADDRESS}/64 dev eth0 nodad`);
    this.#spawn("tshark", "-q", "-i", bridge, "-f", "ip6", "-w", this.capture);
    await wait(4000);
    this.owner("node-a");
    for (const node of NODES) {
      const args = ["run", "--manifests", join(this.folder, "manifests"), "--node", node, "--interface", "eth0", "--control", "none"];
      const role = node === "node-a" ? ["--controller"] : ["--allocations", join(this.folder, "manifests", "allocations.yaml")];
      this.#spawn(...this.network.on(node, process.execPath, PROGRAM, ...args, ...role));
    }
    await until(() => this.ask().includes(this.network.mac("node-a")), 20_000);
  }

  owner(node: string): void {
    run("mkdir", "-p", join(this.folder, "manifests"));
    writeFileSync(join(this.folder, "manifests", "cluster.yaml"), manifests(node));
  }

  ip(host: string, command: string): string {
    return this.network.ip(host, ...command.split(" "));
  }

  /** What ndisc6 says, which asks with a socket of its own, past the kernel's cache. */
  ask(...options: readonly string[]): string {
    const [file, ...args] = this.network.on(CLIENT, "ndisc6", "-w", "300", "-r", "2", "-m", ...options, VIP, "eth0");
    return spawnSync(file, args, { encoding: "utf8" }).stdout.toLowerCase();
  }

  /** The client's neighbor entry of the VIP: `02:… REACHABLE`. */
  neighbor(): string {
    const [entry] = JSON.parse(this.ip(CLIENT, `-json -6 neigh show ${VIP} dev eth0`) || "[]") as { lladdr?: string; state: string[] }[];
    return `${entry?.lladdr} ${entry?.state.join()}`;
  }

  /** One datagram to the VIP, which makes the client's kernel look for it. */
  knock(): void {
    const send = `require("dgram").createSocket("udp6").send("x",9,${JSON.stringify(VIP)},()=>process.exit())`;
    const [file, ...args] = this.network.on(CLIENT, process.execPath, "-e", send);
    spawnSync(file, args);
  }

  /** Ten datagrams a second to the VIP, until the end is called. */
  talk(): () => void {
    const send = `const s=require("dgram").createSocket("udp6");setInterval(()=>s.send("x",9,${JSON.stringify(VIP)},()=>{}),100)`;
    const child = this.#spawn(...this.network.on(CLIENT, process.execPath, "-e", send));
    return () => void child.kill("SIGKILL");
  }

  /** Starts a program on a host; gives what it has printed by now, on both outputs. */
  listen(host: string, ...command: readonly string[]): { text(): string; end(): void } {
    const [file, ...args] = this.network.on(host, ...command);
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#processes.push(child);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (text += part));
    return { text: () => text, end: () => void child.kill("SIGKILL") };
  }

  /** Ports of the switch behind which a group has somebody. */
  ports(group: string): string[] {
    const text = run("bridge", "-json", "mdb", "show", "dev", this.network.bridge);
    const [all] = JSON.parse(text) as { mdb: { grp: string; port: string }[] }[];
    return (all?.mdb ?? []).filter(({ grp }) => grp === group).map(({ port }) => port);
  }

  frames(filter: string, ...fields: readonly string[]): string[][] {
    const args = ["-n", "-r", this.capture, "-Y", filter, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
    const { stdout } = spawnSync("tshark", args, { encoding: "utf8" });
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t"));
  }

  end(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(file = "", ...args: readonly string[]): ChildProcess {
    const child = spawn(file, args, { stdio: "ignore" });
    this.#processes.push(child);
    return child;
  }
}

let stage: Stage | undefined;

async function running(): Promise<Stage> {
  if (stage !== undefined) return stage;
  stage = new Stage();
  await stage.start();
  return stage;
}

const tools = [tool("ndisc6"), tool("tshark")];
const detector = tool("atk6-detect-new-ip6", "thc-ipv6");

inside("ndisc6 is answered once, by the owner, through a switch that forwards by MLD alone", tools, async () => {
  const made = await running();
  const mac = made.network.mac("node-a");
  assert.is(made.ports(GROUP).length, 1, "ports of the switch in the group");
  const answer = made.ask();
  assert.match(answer, mac);
  assert.is(answer.match(/link-layer address/g)?.length, 1, answer);
  assert.match(made.ask("-s", CLIENT_ADDRESS), mac);
});

inside("the kernel reports the group (MLD), as tshark reads it", tools, async () => {
  const made = await running();
  const mac = made.network.mac("node-a");
  const reports = made.frames(`icmpv6.type == 143 && eth.src == ${mac}`, "icmpv6.mldr.mar.multicast_address");
  assert.ok(
    reports.some(([groups = ""]) => groups.split(",").includes(GROUP)),
    `${reports.length} reports`,
  );
});

inside("a kernel keeps its neighbor reachable by unicast solicitations for 30 s without a gap", tools, async () => {
  const made = await running();
  const mac = made.network.mac("node-a");
  const settings = "base_reachable_time_ms=1000 delay_first_probe_time=1".split(" ");
  for (const setting of settings) run(...made.network.on(CLIENT, "sysctl", "-qw", `net.ipv6.neigh.eth0.${setting}`));
  const end = made.talk();
  await until(() => made.neighbor().startsWith(mac), 20_000);
  const states = new Map<string, number>();
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await wait(100)) {
    const entry = made.neighbor();
    assert.match(entry, new RegExp(`^${mac} (REACHABLE|STALE|DELAY|PROBE)$`));
    states.set(entry, (states.get(entry) ?? 0) + 1);
  }
  end();
  assert.ok((states.get(`${mac} REACHABLE`) ?? 0) > 10, JSON.stringify([...states]));
  // A node has no route for the VIP, so its kernel sends an error with the solicitation in it, which nobody minds.
  const probes = made.frames(`icmpv6.type == 135 && ipv6.dst == ${VIP} && !(icmpv6.type == 1)`, "eth.dst");
  assert.ok(probes.length >= 5, `${probes.length} unicast solicitations`);
  assert.ok(
    probes.every(([to]) => to === mac),
    "all to the owner",
  );
});

inside("a kernel that probes the address before it uses it is told that it is taken", tools, async () => {
  const made = await running();
  made.network.addHost("newcomer", `${VIP}/64`);
  await until(() => made.ip("newcomer", "-6 address show dev eth0").includes("dadfailed"), 10_000);
  const [defense] = made.frames(
    `icmpv6.type == 136 && ipv6.dst == ff02::1 && eth.src == ${made.network.mac("node-a")} && icmpv6.nd.na.target_address == ${VIP}`,
    "icmpv6.nd.na.flag.s",
    "icmpv6.nd.na.flag.o",
    "icmpv6.nd.na.flag.r",
  );
  assert.equal(defense, ["0", "1", "0"]);
  made.network.removeHost("newcomer");
});

inside("on the owner thc-ipv6's detect-new-ip6 hears who wants the VIP, past a switch that snoops", [...tools, detector], async () => {
  const made = await running();
  const detecting = made.listen("node-a", "atk6-detect-new-ip6", "eth0");
  await until(() => detecting.text().includes("Started"), 10_000);
  made.network.addHost("late", `${VIP}/64`);
  await until(() => detecting.text().includes(`Detected new ip6 address: ${VIP}`), 10_000);
  detecting.end();
  made.network.removeHost("late");
});

inside(
  "when another node takes over, the client's kernel believes it without asking, and the first one leaves the group",
  tools,
  async () => {
    const made = await running();
    made.knock();
    await until(() => made.neighbor().startsWith(made.network.mac("node-a")));
    made.owner("node-b");
    await until(() => made.neighbor().startsWith(made.network.mac("node-b")), 20_000);
    await until(() => made.ask().includes(made.network.mac("node-b")), 20_000);
    assert.not.match(made.ask(), made.network.mac("node-a"));
    const joined = (node: string) => run("ip", "-n", node, "-6", "maddress", "show", "dev", "eth0").includes(GROUP);
    await until(() => !joined("node-a") && joined("node-b"), 10_000);
    // Expert information of that weight: what tshark takes for an error or a warning, in whatever a node sent.
    assert.equal(made.frames("_ws.malformed or _ws.expert.severity >= 0x600000", "frame.number", "_ws.expert.message"), []);
  },
);

LIVE.run();
