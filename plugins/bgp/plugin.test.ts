/** The whole plugin against a looking glass: what a router knows after each thing that can happen. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { insideTests } from "../../host/workbench/testing/inside.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import type { PeerRow } from "./inspect.ts";
import { addAddresses, announce, NODE, openRouter, peerAt, startNode } from "./test-stage.ts";

const PLUGIN = suite("bgp plugin");
const inside = insideTests(PLUGIN, import.meta.url);
const plugin = (name: string, body: () => Promise<void>): void =>
  inside(name, [], async () => {
    addAddresses();
    await body();
  });

const A = "198.51.100.1";
const B = "198.51.100.2";

plugin("a router learns what is announced, follows each change, and forgets at the end", async () => {
  const router = await openRouter();
  const node = await startNode([peerAt(router.port)], [announce(A)]);
  await until(() => router.routes().length === 1);
  assert.equal(router.routes(), [`${A}/32 192.0.2.1 65001`]);
  await node.announcer.apply({ added: [announce(B)], changed: [announce(A, { prepend: 1 })], removed: [] });
  await until(() => router.routes().length === 2);
  assert.equal(router.routes(), [`${A}/32 192.0.2.1 65001 65001`, `${B}/32 192.0.2.1 65001`]);
  await node.announcer.apply({ added: [], changed: [], removed: [announce(A)] });
  await until(() => router.routes().length === 1);
  assert.is(router.events.filter(({ event }) => event === "sessionUp").length, 1, "no change of routes resets the session");
  await node.stop("leave");
  await until(() => router.events.at(-1)?.event === "withdrawn");
  const down = router.events.find(({ event }) => event === "sessionDown");
  assert.match(JSON.stringify(down), /Cease, administrative shutdown \(6\/2\)/);
  await router.close();
});

plugin("as many routes as there are reach the router, each with its own attributes", async () => {
  const count = 3000;
  const router = await openRouter();
  const addresses = Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
  const node = await startNode(
    [peerAt(router.port)],
    addresses.map((vip, at) => announce(vip, { communities: [`1:${at % 7}`] })),
  );
  await until(() => router.routes().length === count);
  const told = new Map(router.glass.routes().map(({ prefix, attributes }) => [prefix, attributes.communities]));
  for (const [at, vip] of addresses.entries()) assert.equal(told.get(`${vip}/32`), [`1:${at % 7}`]);
  await node.announcer.apply({ added: [], changed: [], removed: addresses.slice(1).map((vip) => announce(vip)) });
  await until(() => router.routes().length === 1);
  await node.stop("leave");
  await router.close();
});

plugin("a session that comes later, or again, is told everything", async () => {
  const { port, close } = await openRouter();
  await close();
  const node = await startNode([peerAt(port, { connectRetrySeconds: 1 })], [announce(A), announce(B)]);
  await until(() => node.said.includes("Session does not come up"));
  const router = await openRouter(undefined, port);
  await until(() => router.routes().length === 2, 5_000);
  router.glass.refresh(NODE, 1);
  await router.close();
  assert.equal(router.routes(), []);
  const again = await openRouter(undefined, router.port);
  await until(() => again.routes().length === 2, 10_000);
  await node.stop("replace");
  await again.close();
});

plugin("with graceful restart the router keeps routes over a crash, until End-of-RIB says what is left", async () => {
  const router = await openRouter();
  const peer = peerAt(router.port, { gracefulRestart: true });
  const first = await startNode([peer], [announce(A), announce(B)]);
  await until(() => router.routes().length === 2);
  first.crash();
  await until(() => router.events.at(-1)?.event === "sessionDown");
  assert.is(router.routes().length, 2);
  const second = await startNode([peer], [announce(B)]);
  await until(() => router.routes().length === 1);
  assert.equal(
    router.events.filter(({ event }) => event === "withdrawn").map((event) => "prefix" in event && event.prefix),
    [`${A}/32`],
  );
  await second.stop("replace");
  assert.is(router.routes().length, 1, "kept for the successor");
  await router.close();
});

plugin("before it goes, a route asks for others to be preferred", async () => {
  const router = await openRouter();
  const node = await startNode([peerAt(router.port)], [announce(A, { communities: ["65001:7"] })]);
  await until(() => router.routes().length === 1);
  const stopped = node.stop("replace");
  const communities = () => router.glass.routes()[0]?.attributes.communities;
  await until(() => communities()?.length === 2);
  assert.equal(communities(), ["65001:7", "65535:0"]);
  await stopped;
  await router.close();
});

plugin("an operator can ask for peers and routes", async () => {
  const router = await openRouter();
  const node = await startNode([peerAt(router.port), peerAt(1, { name: "absent" })], [announce(A), announce("2001:db8::1")]);
  await until(() => router.routes().length === 1);
  const [up, down] = node.inspect<PeerRow[]>("peers");
  assert.is(up?.state, "established");
  assert.is(up?.prefixes, 1, "IPv6 was not agreed on");
  assert.ok(up?.capabilities?.includes("route refresh"));
  assert.match(down?.lastError ?? "", /ECONNREFUSED/);
  assert.equal(
    Array.from(node.inspect<Iterable<{ prefix: string }>>("routes"), ({ prefix }) => prefix),
    [`${A}/32`],
  );
  assert.is(node.inspect("weather"), undefined);
  await node.stop("replace");
  await router.close();
});

plugin("a peer is only reset by what concerns it", async () => {
  const router = await openRouter();
  const peer = peerAt(router.port);
  const node = await startNode([peer], [announce(A)]);
  await until(() => router.routes().length === 1);
  await node.announcer.configure?.({ peers: [{ ...peer, connectRetrySeconds: 7, nodeSelectors: [{}] }], profiles: [], nodeAddresses: [] });
  await node.announcer.apply({ added: [announce(B)], changed: [], removed: [] });
  await until(() => router.routes().length === 2);
  assert.is(router.events.filter(({ event }) => event === "sessionUp").length, 1);
  await node.announcer.configure?.({ peers: [{ ...peer, holdTimeSeconds: 30, keepaliveSeconds: 10 }], profiles: [], nodeAddresses: [] });
  await until(() => router.events.filter(({ event }) => event === "sessionUp").length === 2);
  assert.match(JSON.stringify(router.events), /other configuration change/);
  await node.announcer.configure?.({ peers: [], profiles: [], nodeAddresses: [] });
  await until(() => router.events.at(-1)?.event === "withdrawn");
  assert.match(JSON.stringify(router.events), /peer de-configured/);
  await node.stop("replace");
  await router.close();
});

PLUGIN.run();
