import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { definePlugin } from "../announcer.ts";
import { serveControl } from "../observe/control.ts";
import type { NodeAccount, SpeakerExplanation } from "../observe/explain.ts";
import { runHere } from "../workbench/testing/run-command.ts";
import { explainCommandFor } from "./explain.ts";
import type { Explanation } from "./explanation.ts";

const EXPLAIN = suite("herald explain");

const homelab = fileURLToPath(new URL("../../fixtures/homelab", import.meta.url));

const announcer = (name: string, kind: string, from: "owner" | "every-node", families: readonly (4 | 6)[]) =>
  definePlugin({
    ...{ name, api: 1, from, serves: { kind, families }, config: {}, attributes: {}, example: {} },
    permissions: () => [],
    start: () => Promise.reject(new Error("an explanation starts nothing")),
  });
const builtIns = [
  announcer("arp", "L2Advertisement", "owner", [4]),
  announcer("ndp", "L2Advertisement", "owner", [6]),
  announcer("bgp", "BGPAdvertisement", "every-node", [4, 6]),
];
const command = explainCommandFor({ builtIns, optional: [] });
const run = (...args: string[]) => runHere(command, ...args);

async function withManifests<Result>(yaml: string, use: (path: string) => Promise<Result>): Promise<Result> {
  const path = mkdtempSync(join(tmpdir(), "herald-explain-"));
  try {
    writeFileSync(join(path, "all.yaml"), yaml);
    return await use(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

const node = (name: string, more = "") => `{apiVersion: v1, kind: Node, metadata: {name: ${name}${more}}}\n---\n`;
const pool = "{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: p}, spec: {addresses: [192.0.2.1/32]}}\n---\n";
const advertisement = "{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: a}}\n---\n";
const service = (name: string) =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {type: LoadBalancer, ports: [{port: 80}]}}\n---\n`;

EXPLAIN("says who would answer, and every condition in order, with the nodes that do not meet it", async () => {
  const { code, out, err } = await run("jellyfin", "--manifests", homelab);
  assert.equal([code, err], [0, ""]);
  const lines = out.split("\n");
  assert.is(lines[0], "default/jellyfin: 192.0.2.241 would be answered by node-b; nobody could stand by");
  assert.equal(lines.slice(2, 8), [
    "The Service",
    "  ok  type LoadBalancer    LoadBalancer",
    "  ok  load balancer class  none, ours is none",
    "  ok  address given        192.0.2.241",
    "  ok  address readable     yes",
    "  ok  address of a pool    192.0.2.241 of home",
  ]);
  const at = (line: string) => lines.findIndex((text) => text.replace(/ {2,}/g, "  ") === line);
  const inOrder = [
    at("192.0.2.241 by arp, from one node at a time"),
    at("  ok  endpoint that can serve  on node-b"),
    at("  ok  advertisement of the node  home"),
    at("  NO  endpoint on the node  0 (noLocalEndpoints)  node-a and node-c"),
    at("  ok  endpoint on the node  1  node-b"),
    at("  ->  in rank: node-b; not node-a and node-c: endpoint on the node"),
    at("192.0.2.241 by bgp: NO  advertisement of pool and Service"),
  ];
  assert.ok(!inOrder.includes(-1), out);
  assert.equal(
    inOrder,
    inOrder.toSorted((a, b) => a - b),
  );
  assert.match(lines.at(-2) ?? "", /^By the manifests alone/);
});

EXPLAIN("fits one screen for three nodes", async () => {
  for (const name of ["home-assistant", "default/jellyfin", "photos", "pi-hole"]) {
    const lines = (await run(name, "--manifests", homelab)).out.split("\n");
    assert.ok(lines.length <= 40, `${name}: ${lines.length} lines`);
    assert.ok(Math.max(...lines.map(({ length }) => length)) <= 120, name);
  }
});

EXPLAIN("--json has every gate of every node, and the conclusion", async () => {
  const { out } = await run("home-assistant", "--manifests", homelab, "--json");
  const { basis, conclusion, gates, vias } = JSON.parse(out) as Explanation;
  assert.equal(
    [basis, conclusion],
    ["manifests", "192.0.2.240 and 2001:db8::240 would be answered by node-b; node-a and node-c would stand by"],
  );
  assert.ok(gates.length >= 5 && gates.every(({ isMet }) => isMet));
  const arp = vias.find(({ via }) => via === "arp");
  assert.equal([arp?.from, arp?.vip], ["owner", "192.0.2.240"]);
  assert.equal(
    arp?.nodes.map(({ node: name, rank }) => [name, rank]),
    [
      ["node-a", 2],
      ["node-b", 1],
      ["node-c", 3],
    ],
  );
  assert.ok(arp?.nodes.every(({ gates: ofNode }) => ofNode.length >= 4));
});

EXPLAIN("nodes with the same outcome are one line, however many there are", async () => {
  const excluded = ', labels: {node.kubernetes.io/exclude-from-external-load-balancers: ""}';
  const nodes = Array.from({ length: 1000 }, (_, at) => node(`n${String(at).padStart(3, "0")}`, at % 2 ? excluded : ""));
  await withManifests(nodes.join("") + pool + advertisement + service("web"), async (path) => {
    const { out } = await run("web", "--manifests", path);
    assert.ok(out.split("\n").length < 40, out);
    assert.match(
      out,
      /NO {2}not excluded by label +labelled \(nodeLabeledExcludeBalancers\) {2}n001, n003, n005, n007, n009 and 495 more\n/,
    );
    assert.match(out, /-> {2}in rank: (n\d\d\d > ){5}495 more; not n001, n003, n005, n007, n009 and 495 more: not excluded by label\n/);
  });
});

EXPLAIN("a Service without address is told by the words of the controller", async () => {
  await withManifests(pool + advertisement + service("first") + service("second"), async (path) => {
    const { code, out } = await run("second", "--manifests", path);
    assert.is(code, 0);
    assert.match(out, /^default\/second: it has no address: No free IPv4 address in pool "p"$/m);
    assert.match(out, /NO {2}address given +none \(noIPAllocated\)\n/);
  });
});

EXPLAIN("what no node may announce says which condition none meets", async () => {
  const nowhere =
    "{apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: {name: a}, spec: {nodeSelectors: [{matchLabels: {x: y}}]}}\n---\n";
  await withManifests(node("n1") + pool + nowhere + service("web"), async (path) => {
    const { out } = await run("web", "--manifests", path);
    assert.match(out, "default/web: 192.0.2.1 is not announced by arp: no node has advertisement of the node");
  });
});

EXPLAIN("an unknown Service is told with those that may be meant", async () => {
  assert.equal(await run("jelyfin", "--manifests", homelab), {
    ...{ code: 1, out: "" },
    err: "herald explain: There is no Service default/jelyfin: did you mean default/jellyfin?\n",
  });
  assert.match((await run("media/jellyfin", "--manifests", homelab)).err, "did you mean default/jellyfin?");
  assert.is((await run("q", "--manifests", "/nowhere")).code, 1);
});

EXPLAIN("says in one line what is wrong with its arguments", async () => {
  const wrong = async (...args: string[]) => {
    const { code, err } = await run(...args);
    assert.is(code, 2);
    return err.replace("herald explain: ", "").replace(" (see herald explain --help)\n", "");
  };
  assert.match(await wrong(), "No Service is named");
  assert.match(await wrong("a", "b"), 'Unknown argument "b"');
  for (const name of ["a/b/c", "/b", "a/"]) assert.match(await wrong(name), "expected NAMESPACE/NAME or NAME");
  assert.match(await wrong("a", "--manifests", "x", "--node", "n"), "expected manifests, a cluster or a running Herald");
  assert.match(await wrong("a", "--cluster", "--control", "x"), "Found flags of several sources");
  assert.match(await wrong("a", "--lb-class", "x"), "stands without --cluster");
  assert.match(await wrong("a", "--allocations", "x"), "--allocations stands without --manifests");
});

const met = (name: string) => ({ name, isMet: true, found: "yes" });
const here: NodeAccount = {
  node: "node-b",
  groups: [
    {
      ...{
        group: "192.0.2.1",
        members: ["node-a", "node-b"],
        isSticky: false,
        standing: "heir",
        forMs: 200_000,
        reason: "node-a is ahead",
      },
      heard: { mac: "02:00:00:00:00:01", node: "node-a", agoMs: 40_000 },
    },
  ],
  rows: [
    {
      ...{ announcer: "arp", vip: "192.0.2.1", state: "told", isDesired: true, isAnnounced: false, links: ["eth0"], audience: [] },
      ...{ toldAgoMs: 200_000, counters: { answered: 3, unanswered: 1, announced: 5, conflicts: 0 } },
    },
  ],
  conflicts: [{ vip: "192.0.2.1", kind: "stranger", mac: "02:00:00:00:00:09", link: "eth0", count: 7, agoMs: 5000 }],
  sessions: [{ node: "node-a", address: "10.0.0.1", device: undefined, isUp: true, received: 1, sent: 1, ups: 1, downs: 0 }],
};
const asked: SpeakerExplanation = {
  ...{ service: "default/web", gates: [met("type LoadBalancer")], here },
  vias: [
    {
      ...{ via: "arp", vip: "192.0.2.1", from: "owner", gates: [met("announcer open")] },
      nodes: ["node-a", "node-b"].map((name, at) => ({ node: name, rank: at + 1, gates: [met("network available")] })),
    },
  ],
};

/** With a Herald that answers so, and what it was asked. */
async function ask(answer: SpeakerExplanation, ...flags: string[]) {
  const directory = mkdtempSync(join(tmpdir(), "herald-explain-"));
  const path = join(directory, "n.sock");
  const requests: unknown[] = [];
  const close = await serveControl(path, (request) => {
    requests.push(request);
    return answer;
  });
  try {
    return { requests, ...(await run("web", "--control", path, ...flags)) };
  } finally {
    await close();
    rmSync(directory, { recursive: true });
  }
}

EXPLAIN("a running Herald adds what only its node knows", async () => {
  const { out, requests } = await ask(asked);
  assert.equal(requests, [{ ask: "explain", service: "default/web" }]);
  assert.is(
    out,
    `default/web: 192.0.2.1 was last heard to be announced by node-a, 40 s ago; this node, node-b, stands by since 3 min 20 s

The Service
  ok  type LoadBalancer  yes

192.0.2.1 by arp, from one node at a time
  ok  announcer open     yes
  ok  network available  yes
  ->  in rank: node-a > node-b

Node node-b, by its own account
  192.0.2.1: heir since 3 min 20 s: node-a is ahead; in order node-a > node-b
  192.0.2.1: last used by 02:00:00:00:00:01 (node-a), 40 s ago
  192.0.2.1 by arp: on standby on eth0, told 3 min 20 s ago
  192.0.2.1 by arp: answered 3, did not answer 1, announced 5 unasked, 0 conflicts heard
  192.0.2.1: used by a STRANGER 02:00:00:00:00:09 on eth0, 7 times, last 5 s ago
  session to node-a at 10.0.0.1: up, came up 1 time, went down 0 times
`,
  );
  assert.equal(JSON.parse((await ask(asked, "--json")).out).here, JSON.parse(JSON.stringify(here)));
});

EXPLAIN("the conclusion is by what this node is to the VIP group", async () => {
  const group = here.groups[0] as NodeAccount["groups"][number];
  const { heard: _, ...unheard } = group;
  const first = async (parts: Partial<NodeAccount>) => (await ask({ ...asked, here: { ...here, groups: [unheard], ...parts } })).out;
  assert.match(await first({}), "192.0.2.1 is answered by node-a, the first that lives; this node, node-b, stands by");
  assert.match(await first({ sessions: [] }), "192.0.2.1 should be answered by node-a; this node, node-b, stands by");
  const conclusions = [];
  for (const standing of ["owner", "leaving", "asking", "holding", "isolated"] as const) {
    const { out } = await ask({ ...asked, here: { ...here, groups: [{ ...group, standing, reason: "why" }] } });
    conclusions.push(out.split("\n")[0]?.replace("default/web: 192.0.2.1 ", ""));
  }
  assert.equal(conclusions, [
    "is answered by node-b, this node, since 3 min 20 s; node-a stands by",
    "is being handed over by node-b, this node, since 3 min 20 s: why",
    "is asked for by node-b, this node, which answers if nobody else does: why",
    "was last heard to be announced by node-a, 40 s ago; this node, node-b, takes it back in a moment",
    "is not answered by node-b, this node, which hears nobody, since 3 min 20 s",
  ]);
});

EXPLAIN.run();
