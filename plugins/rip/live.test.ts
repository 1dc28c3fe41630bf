/** The routers of Debian 12 learn what this plugin tells: FRR's ripd and ripngd, BIRD's rip and rip ng. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Changes } from "../../host/announcer.ts";
import { Workplace } from "../../host/workbench/bgp-peers/workplace.ts";
import type { PrivateNetwork } from "../../host/workbench/private-network.ts";
import { startBirdRip } from "../../host/workbench/rip-peers/bird.ts";
import { KEY_ID, type RipDescription, type RipRoute, type RipRouter } from "../../host/workbench/rip-peers/description.ts";
import { startFrrRip } from "../../host/workbench/rip-peers/frr.ts";
import { insideTests } from "../../host/workbench/testing/inside.ts";
import { tool } from "../../host/workbench/testing/requirements.ts";
import type { AuthenticationConfig } from "./authentication.ts";
import type { RipConfig } from "./config.ts";
import { announce, makeNetwork, NODE, type Node, SECRET, startNode } from "./test-stage.ts";

const LIVE = suite("rip, live");
const CAPTURE = "/run/rip.pcap";
let capture: ChildProcess | undefined;
let network: PrivateNetwork | undefined;
const inside = insideTests(LIVE, import.meta.url, { end: async () => void capture?.kill("SIGKILL") });

const starters = { frr: startFrrRip, bird: startBirdRip } as const;
type Kind = keyof typeof starters;
const both = ["frr", "bird"] as const;
const tools = [tool("vtysh", "frr"), tool("birdc", "bird2"), tool("tshark")];
const QUICK: RipConfig = { updateSeconds: 5, garbageSeconds: 20 };
const PATIENCE_MS = 20_000;
const KEY = "night-and-day";

async function ground(): Promise<PrivateNetwork> {
  if (network !== undefined) return network;
  network = makeNetwork();
  capture = spawn("tshark", ["-q", "-i", network.bridge, "-w", CAPTURE], { stdio: "ignore" });
  await wait(2000);
  return network;
}

async function startRouters(kinds: readonly Kind[], description: Partial<RipDescription> = {}): Promise<readonly RipRouter[]> {
  const made = await ground();
  return await Promise.all(
    kinds.map((kind) => {
      const workplace = new Workplace((...command) => made.on(kind, ...command));
      return starters[kind](workplace, { link: "eth0", timeoutSeconds: 180, garbageSeconds: 120, ...description });
    }),
  );
}

async function change({ announcer }: Node, changes: Partial<Changes>): Promise<void> {
  assert.equal(await announcer.apply({ added: [], changed: [], removed: [], ...changes }), []);
}

/** `198.51.100.1/32 via 192.0.2.1 metric 2 tag 0`; link-local next hops without what is random in them. */
function textOf({ prefix, nextHop, metric, tag }: RipRoute): string {
  return `${prefix} via ${nextHop.startsWith("fe80::") && nextHop !== "fe80::5" ? "the node" : nextHop} metric ${metric} tag ${tag}`;
}

async function learn(routers: readonly RipRouter[], wanted: readonly string[], withinMs = PATIENCE_MS): Promise<void> {
  const routes = [...wanted].sort();
  await Promise.all(
    routers.map(async (router) => {
      let found: readonly string[] = [];
      for (const deadline = performance.now() + withinMs; performance.now() < deadline; await wait(100)) {
        found = (await router.routes()).map(textOf).sort();
        if (JSON.stringify(found) === JSON.stringify(routes)) return;
      }
      assert.equal(found, routes, router.log());
    }),
  );
}

async function stop(routers: readonly RipRouter[]): Promise<void> {
  await Promise.all(routers.map((router) => router.stop()));
}

inside("routers learn metric, tag and next hop, and forget at once what is withdrawn", tools, async () => {
  const routers = await startRouters(both);
  const node = await startNode(QUICK);
  const wide = { aggregationLength: 24, aggregationLengthV6: 64 };
  await change(node, {
    added: [
      announce("198.51.100.1"),
      announce("198.51.100.2", { metric: 5, tag: 7, nextHop: "192.0.2.5" }),
      announce("203.0.113.9", wide),
      announce("2001:db8::1"),
      announce("2001:db8::2", { metric: 5, tag: 7, nextHopV6: "fe80::5" }),
      announce("2001:db8:1::9", wide),
    ],
  });
  const rest = [
    `198.51.100.2/32 via 192.0.2.5 metric 6 tag 7`,
    `203.0.113.0/24 via ${NODE} metric 2 tag 0`,
    "2001:db8::2/128 via fe80::5 metric 6 tag 7",
    "2001:db8:1::/64 via the node metric 2 tag 0",
  ];
  await learn(routers, [`198.51.100.1/32 via ${NODE} metric 2 tag 0`, "2001:db8::1/128 via the node metric 2 tag 0", ...rest]);
  // Long before the routers' timeout.
  await change(node, { removed: [announce("198.51.100.1"), announce("2001:db8::1")] });
  await learn(routers, rest);
  await node.announcer.drain?.();
  const drained = rest.map((line) => line.replace(/metric \d+/, "metric 15"));
  await learn(routers, drained);
  await node.stop("replace");
  await learn(routers, drained, 1000);
  await stop(routers);
});

inside("routers ask when they start, and are answered, and forget after their timeout what a dead node told", tools, async () => {
  await ground();
  const node = await startNode({ updateSeconds: 3600 });
  await change(node, { added: [announce("198.51.100.1"), announce("2001:db8::1")] });
  const routers = await startRouters(both, { timeoutSeconds: 6, garbageSeconds: 5 });
  await learn(routers, [`198.51.100.1/32 via ${NODE} metric 2 tag 0`, "2001:db8::1/128 via the node metric 2 tag 0"]);
  await node.crash();
  await learn(routers, []);
  await stop(routers);
});

for (const { type, kinds } of [
  { type: "password", kinds: both },
  { type: "md5", kinds: both },
  { type: "hmac-sha-256", kinds: ["bird"] },
] as const) {
  inside(`${kinds.join(" and ")} believe who has their key, and nobody else: ${type}`, tools, async () => {
    await ground();
    const authentication = (text: string): RipConfig["authentication"] => {
      if (type === "password") return { type, text };
      return type === "md5" ? { type, keyId: KEY_ID, text } : { type, keyId: KEY_ID, secret: SECRET };
    };
    const start = (text: string) => startNode({ ...QUICK, authentication: authentication(text) as AuthenticationConfig }, text);
    const wrong = await start("day-and-night");
    await change(wrong, { added: [announce("198.51.100.66")] });
    const routers = await startRouters(kinds, { authentication: { type, key: KEY } });
    // Once for their question, and once more.
    await change(wrong, { added: [announce("198.51.100.67")] });
    await wait(1000);
    for (const router of routers) assert.equal(await router.routes(), [], router.log());
    await wrong.crash();
    const node = await start(KEY);
    await change(node, { added: [announce("198.51.100.1", { tag: 9 })] });
    await learn(routers, [`198.51.100.1/32 via ${NODE} metric 2 tag 9`]);
    await node.crash();
    await stop(routers);
  });
}

inside("tshark finds nothing wrong with what was sent", tools, async () => {
  await wait(1000);
  const read = (filter: string): string[] => {
    const args = ["-n", "-r", CAPTURE, "-Y", filter, "-T", "fields", "-e", "frame.protocols", "-e", "_ws.expert.message"];
    return spawnSync("tshark", args, { encoding: "utf8" }).stdout.split("\n").slice(0, -1);
  };
  assert.ok(read(`rip && ip.src == ${NODE} && ip.ttl == 1`).length > 10);
  assert.ok(read("ripng && ipv6.hlim == 255").length > 5);
  // What stands behind the entries it knows of MD5 alone: BIRD's messages by HMAC-SHA-256 look as wrong to it.
  const known = "(rip or ripng) && !(rip.auth_data_len == 32)";
  assert.equal(read(`${known} && (_ws.malformed or _ws.expert.severity >= 0x600000)`), []);
});

LIVE.run();
