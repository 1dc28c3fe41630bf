/** Two of our own speakers as each other's peers: who connects to whom, with what proof, and what a stranger gets. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { insideTests } from "../../../host/workbench/testing/inside.ts";
import { until } from "../../../host/workbench/testing/promises.ts";
import type { PeerRow } from "../inspect.ts";
import type { Peer } from "../peer.ts";
import { addAddresses, announce, NODE, NODE_AS, type Node, peerAt, ROUTER, ROUTER_AS, startNode } from "../test-stage.ts";

const LISTENERS = suite("bgp listeners");
const inside = insideTests(LISTENERS, import.meta.url);
const listeners = (name: string, body: () => Promise<void>): void =>
  inside(name, [], async () => {
    addAddresses();
    await body();
  });

const PORT = 11_790;

/** The near one at NODE and the far one at ROUTER, as each other's peers. */
const near = (parts: Partial<Peer> = {}): Peer => peerAt(PORT, { connectRetrySeconds: 1, ...parts });
const far = (parts: Partial<Peer> = {}): Peer => ({
  ...peerAt(PORT + 1, { connectRetrySeconds: 1, ...parts }),
  ...{ myAs: ROUTER_AS, peerAs: NODE_AS, at: { address: NODE, family: 4 }, sourceAddress: ROUTER },
});

const rowOf = (node: Node): PeerRow | undefined => node.inspect<PeerRow[]>("peers")[0];
const isUp = (node: Node): boolean => rowOf(node)?.state === "established";

async function pair(one: Peer, other: Peer): Promise<readonly [Node, Node]> {
  return [await startNode([other], [announce("198.51.100.1")]), await startNode([one])];
}

async function end(nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop("replace")));
}

listeners("a passive peer is only connected to", async () => {
  const nodes = await pair(near(), far({ passive: true, listenPort: PORT }));
  await until(() => nodes.every(isUp));
  await end(nodes);
});

listeners("peers that connect to each other at once have one session in the end", async () => {
  const nodes = await pair(near({ listenPort: PORT + 1 }), far({ listenPort: PORT }));
  await until(() => nodes.every(isUp), 10_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(nodes.every(isUp));
  await end(nodes);
});

for (const proof of [{ password: { text: "sesame" } }, { ttlSecurityHops: 1 }] satisfies Partial<Peer>[]) {
  const [name = ""] = Object.keys(proof);
  listeners(`with ${name} on both sides the session comes up`, async () => {
    const nodes = await pair(near(proof), far({ passive: true, listenPort: PORT, ...proof }));
    await until(() => nodes.every(isUp));
    await end(nodes);
  });
}

listeners("with another password, or none, it does not", async () => {
  for (const password of [{ password: { text: "other" } }, {}]) {
    const nodes = await pair(near(password), far({ passive: true, listenPort: PORT, password: { text: "sesame" } }));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.ok(!nodes.some(isUp));
    await end(nodes);
  }
});

listeners("a password may be changed on both sides without a restart", async () => {
  const passive = { passive: true, listenPort: PORT };
  const nodes = await pair(near({ password: { text: "one" } }), far({ ...passive, password: { text: "one" } }));
  await until(() => nodes.every(isUp));
  const config = (peer: Peer) => ({ peers: [peer], profiles: [], nodeAddresses: [] });
  await nodes[0].announcer.configure?.(config(far({ ...passive, password: { text: "two" } })));
  await nodes[1].announcer.configure?.(config(near({ password: { text: "two" } })));
  await until(() => nodes.every(isUp), 10_000);
  assert.match(rowOf(nodes[1])?.lastError ?? "", /other configuration change/);
  await end(nodes);
});

listeners("a stranger is refused, and a port that is taken is said and tried again", async () => {
  const stranger = await startNode([near()]);
  const waitingFor = (address: string): Peer => ({ ...far({ passive: true, listenPort: PORT }), at: { address, family: 4 } });
  const node = await startNode([waitingFor("192.0.2.77")]);
  await until(() => node.said.includes("Refused a BGP connection"));
  const second = await startNode([waitingFor("192.0.2.78")]);
  await until(() => second.said.includes("Cannot listen for BGP peers"));
  await node.stop("replace");
  await until(() => stranger.said.includes("Session does not come up"), 10_000);
  await end([stranger, second]);
});

LISTENERS.run();
