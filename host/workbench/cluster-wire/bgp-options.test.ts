/** How nodes talk to their peers, and what BGPSessionState says of it: of MetalLB's end-to-end suite what `bgp.go` checks of single sessions. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { KubernetesObject } from "../api-server/test-client.ts";
import { routerNeeds } from "../bgp-peers/routers.ts";
import { NODES, onNodes } from "./hosts.ts";
import { EXTERNAL, INTERNAL, peerOf, type RouterPlace, WireRouter } from "./wire-router.ts";
import type { WireStage } from "./wire-stage.ts";
import { wireTests } from "./wire-tests.ts";

const options = suite("options of BGP sessions in a cluster");
const behaves = wireTests(options, import.meta.url, { needs: [...routerNeeds("frr"), ...routerNeeds("bird")] });

const POOL = ["198.51.100.0/28"];
const ROUTE = "198.51.100.0/32";
const PASSWORD = "correct-horse";
const LOCAL_AS = 64501;
const DEAD_PORT = 1790;
const BFD_UP = /^metallb_bfd_session_up\{[^}]*peer="192\.0\.2\.3"[^}]*\} (\d)$/m;
/** Wants something else of each node: of the first a password, of the second another AS number, of the third BFD. */
const PICKY: RouterPlace = { name: "picky", program: "frr", asNumber: 64513, address: "192.0.2.3", address6: "2001:db8::3" };

let started: Promise<readonly [WireRouter, WireRouter, WireRouter]> | undefined;

function routersOf({ network }: WireStage): NonNullable<typeof started> {
  started ??= Promise.all([
    WireRouter.start(network, EXTERNAL),
    WireRouter.start(network, INTERNAL),
    WireRouter.start(network, PICKY, {
      wishes: {
        "node-a": { password: PASSWORD },
        "node-b": { asNumber: LOCAL_AS },
        "node-c": { bfd: { intervalMs: 100, multiplier: 3 } },
      },
    }),
  ]);
  return started;
}

behaves("a node says the router ID that its peer is to see", async ({ stage, play }) => {
  const [external, internal] = await routersOf(stage);
  for (const [name, place, router] of [["one", EXTERNAL, external] as const, ["two", INTERNAL, internal] as const]) {
    await play.peer(name, peerOf(place, { routerID: "203.0.113.9", nodeSelectors: onNodes("node-a") }));
    await router.session("node-a", "of 203.0.113.9", ({ state, identifier }) => state === "established" && identifier === "203.0.113.9");
  }
  await play.peer("one", peerOf(EXTERNAL, { nodeSelectors: onNodes("node-a") }));
  await external.session("node-a", "of its address", ({ state, identifier }) => state === "established" && identifier === "192.0.2.11");
});

behaves("the password comes from a Secret, and is followed", async ({ stage, play }) => {
  const [, , picky] = await routersOf(stage);
  await play.peer("picky", peerOf(PICKY, { passwordSecret: { name: "router" }, nodeSelectors: onNodes("node-a") }));
  const summary =
    (pattern: RegExp) =>
    ({ status }: KubernetesObject) =>
      pattern.test(status?.errorSummary ?? "");
  const state = ["metallb.io/v1beta1/ConfigurationState", `${stage.cluster.namespace}/speaker-node-a`] as const;
  await stage.admin.until(...state, "word of the Secret that is not there", summary(/peer picky secret ref not found/));
  await play.secret("router", PASSWORD);
  await picky.isUp("node-a");
  await stage.admin.until(...state, "end of the complaint", summary(/^$/));
  await play.secret("router", "another");
  await picky.isDown("node-a");
  await play.secret("router", PASSWORD);
  await picky.isUp("node-a");
});

behaves("nodes may have AS numbers of their own, and tell a peer another one", async ({ scene, stage, play }) => {
  const [external, , picky] = await routersOf(stage);
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", NODES);
  await play.peer("one", peerOf(PICKY, { myASN: LOCAL_AS, nodeSelectors: onNodes("node-b") }));
  await play.peer("two", peerOf(EXTERNAL, { nodeSelectors: onNodes("node-b") }));
  await picky.hears(ROUTE, ["node-b"], ({ asPath }) => asPath.join() === String(LOCAL_AS));
  await external.hears(ROUTE, ["node-b"], ({ asPath }) => asPath.join() === "64500");
  await play.peer("one", peerOf(PICKY, { nodeSelectors: onNodes("node-b") }));
  await picky.isDown("node-b");
  await play.peer("one", peerOf(PICKY, { localASN: LOCAL_AS, nodeSelectors: onNodes("node-b") }));
  await picky.hears(ROUTE, ["node-b"], ({ asPath }) => asPath[0] === LOCAL_AS);
});

behaves("BFD is up with its peer, and takes the session down with it", async ({ stage, play }) => {
  const [, , picky] = await routersOf(stage);
  await play.configure("BFDProfile", "quick", { receiveInterval: 100, transmitInterval: 100, detectMultiplier: 5 });
  await play.peer("picky", peerOf(PICKY, { bfdProfile: "quick", nodeSelectors: onNodes("node-c") }));
  await play.sessionState("node-c", "picky", ({ state, bfd }) => state === "Established" && bfd === "Up");
  assert.is(await picky.router.detectionMs("192.0.2.13"), 500);
  const isUp = async () => (await stage.metrics("node-c", stage.cluster.server.adminToken)).text.match(BFD_UP)?.[1];
  assert.is(await isUp(), "1");
  picky.router.freeze();
  try {
    await play.sessionState("node-c", "picky", ({ state, bfd }) => state !== "Established" && bfd !== "Up");
    assert.is(await isUp(), "0");
  } finally {
    picky.router.thaw();
  }
  await play.sessionState("node-c", "picky", ({ state, bfd }) => state === "Established" && bfd === "Up");
});

behaves("BGPSessionState tells what a session is doing, as its peer is edited", async ({ scene, stage, play }) => {
  await routersOf(stage);
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.peer("external", peerOf(EXTERNAL, { holdTime: "90s" }));
  await play.service("web", NODES);
  const status = await play.sessionState("node-a", "external", ({ prefixes }) => prefixes === 1);
  const { state, address, port, localASN, peerASN, holdTimeSeconds, peerIdentifier } = status;
  assert.equal(
    { state, address, port, localASN, peerASN, holdTimeSeconds, peerIdentifier },
    {
      ...{ state: "Established", address: "192.0.2.1", port: 179, localASN: 64500, peerASN: 64512 },
      ...{ holdTimeSeconds: 90, peerIdentifier: "192.0.2.1" },
    },
  );
  await play.peer("external", peerOf(EXTERNAL, { holdTime: "30s", keepaliveTime: "5s" }));
  await play.sessionState("node-a", "external", (now) => now["holdTimeSeconds"] === 30 && now["keepaliveSeconds"] === 5);
  await play.peer("external", peerOf(EXTERNAL, { peerPort: DEAD_PORT }));
  await play.sessionState("node-a", "external", (now) => now["port"] === DEAD_PORT && now["lastError"] !== undefined);
  await play.remove("metallb.io/v1beta2/BGPPeer", "external");
  await play.hasNoSessions();
});

options.run();
