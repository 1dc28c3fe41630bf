/** The speaker in a world of the test's own: what it connects to, watches, and says, as its config and surroundings change. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Connection, ConnectOptions, Context, Link, LivenessReport, LivenessTarget } from "../../host/announcer.ts";
import { createMetrics } from "../../host/observe/metrics.ts";
import { bgp as codec } from "../../host/packets/codec/bgp.ts";
import { RouteTables } from "../../host/packets/routes.ts";
import { FakeClock, settled } from "../../host/workbench/testing/fake-clock.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import type { BfdProfile } from "./bfd-profile.ts";
import type { BgpConfig } from "./config.ts";
import type { PeerRow, RouteRow } from "./inspect.ts";
import type { Peer } from "./peer.ts";
import { Speaker } from "./speaker.ts";
import { announce, NODE, peerAt, ROUTER, ROUTER_AS } from "./test-stage.ts";

const SPEAKER = suite("bgp speaker");

const PROFILE: BfdProfile = {
  ...{ name: "fast", receiveIntervalMs: 100, transmitIntervalMs: 100, detectMultiplier: 3, echoIntervalMs: 50, echoMode: false },
  ...{ passiveMode: false, minimumTtl: 254 },
};
const LINK: Link = {
  ...{ id: 1, name: "eth0", mac: "02:00:00:00:00:01", up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false },
  addresses: [{ address: NODE, prefixLength: 24 }],
};

/** Routers that answer whoever connects; other powers note what they are asked. */
class World {
  readonly clock = new FakeClock();
  readonly metrics = createMetrics();
  readonly connects: ConnectOptions[] = [];
  readonly watched: LivenessTarget[] = [];
  readonly keys: (string | undefined)[] = [];
  readonly revisions = new Map<string, (revision: string | undefined) => void>();
  readonly #recorded = recordedLog();
  #links: readonly Link[] = [LINK];
  #linkCall: () => void = () => {};
  /** What the host does with these where they cannot be. */
  refusesConnections = false;
  dropsConnections = false;
  refusesKeys = false;
  refusesBfd = false;
  readonly speaker: Speaker;

  constructor(peers: readonly Peer[], parts: Partial<BgpConfig> = {}) {
    this.speaker = new Speaker(this.#context(), configOf(peers, parts));
  }

  /** Messages of the log, with the peer that they are of. */
  get said(): string[] {
    return this.#recorded.lines.map(({ message, fields }) => `${message} ${fields["peer"] ?? ""}`.trim());
  }

  set links(links: readonly Link[]) {
    this.#links = links;
    this.#linkCall();
  }

  async start(...vips: string[]): Promise<void> {
    await this.speaker.apply({ added: vips.map((vip) => announce(vip)), changed: [], removed: [] });
    await settled();
  }

  async configure(peers: readonly Peer[], parts: Partial<BgpConfig> = {}): Promise<void> {
    await this.speaker.configure(configOf(peers, parts));
    await settled();
  }

  peers(): PeerRow[] {
    return this.speaker.inspect("peers") as PeerRow[];
  }

  /** `192.0.2.254:179 1` of each peer. */
  async ups(): Promise<string[]> {
    return (await this.metrics.samples()).flatMap(({ name, labels, value }) =>
      name === "metallb_bgp_session_up" ? [`${labels["peer"]} ${value}`] : [],
    );
  }

  #context(): Context {
    const { clock, metrics } = this;
    const context: Partial<Context> = {
      ...{ node: "a", log: this.#recorded.log, metrics, clock, routeTables: () => new RouteTables(), report: () => {} },
      codec: (() => codec) as unknown as Context["codec"],
      links: {
        all: () => this.#links,
        watch: (call) => {
          this.#linkCall = () => call(this.#links);
          return () => {};
        },
        id: () => 1,
      },
      net: {
        connect: async (options) => {
          this.connects.push(options);
          if (this.refusesConnections) throw new Error("ECONNREFUSED");
          if (this.dropsConnections) await new Promise(() => {});
          return router(options.address);
        },
        listen: async () => ({ port: 1, close: () => {}, setMd5: (address, key) => this.#sign(address, key) }),
      },
      secrets: {
        watch: (name, call) => {
          this.revisions.set(name, call);
          call(undefined);
          return () => {};
        },
        hmac: async () => new Uint8Array(32),
      },
      liveness: { watch: (target, _profile, call) => this.#watch(target, call) },
    };
    return context as Context;
  }

  #sign(address: string, key: unknown): void {
    if (this.refusesKeys) throw new Error("Secret md5: found nothing");
    this.keys.push(`${address} ${JSON.stringify(key)}`);
  }

  #watch(target: LivenessTarget, call: (report: LivenessReport) => void) {
    if (this.refusesBfd) throw new Error(`Cannot watch ${target.address}`);
    this.watched.push(target);
    call({ state: "down", isPeerAdminDown: false, reason: "" });
    return () => {};
  }
}

function configOf(peers: readonly Peer[], parts: Partial<BgpConfig>): BgpConfig {
  return { peers, profiles: [PROFILE], nodeAddresses: [], ...parts };
}

/** Says OPEN and KEEPALIVE as soon as somebody listens. */
function router(remoteAddress: string): Connection {
  let isOpen = true;
  let closed = (): void => {};
  return {
    ...{ localAddress: NODE, remoteAddress, pendingBytes: 0 },
    write: (_bytes, taken) => void setImmediate(() => isOpen && taken?.()),
    onData: (call) => {
      const open = {
        ...({ type: "open", version: 4, myAutonomousSystem: ROUTER_AS, holdTime: 90, bgpIdentifier: ROUTER } as const),
        capabilities: [{ name: "multiprotocol", afi: 1, safi: 1 } as const],
      };
      queueMicrotask(() => {
        if (isOpen) call(codec.encode(open));
        if (isOpen) call(codec.encode({ type: "keepalive" }));
      });
    },
    onClose: (call) => void (closed = call),
    close() {
      isOpen = false;
      queueMicrotask(() => closed());
    },
  };
}

SPEAKER("a peer that is somewhere else is another peer: the old one is gone, and the new one has one connection", async () => {
  const world = new World([peerAt(179)]);
  await world.start();
  await world.configure([peerAt(179, { at: { address: "192.0.2.253", family: 4 } })]);
  assert.equal(
    world.connects.map(({ address }) => address),
    [ROUTER, "192.0.2.253"],
  );
  assert.equal(await world.ups(), ["192.0.2.253:179 1"]);
  await world.configure([peerAt(179, { at: { link: "eth0" } })]);
  assert.equal([world.connects.length, world.peers()[0]?.address], [2, undefined], "nobody is heard on the link yet");
});

SPEAKER("metrics say of each peer what went over its session, and nothing of peers that are gone", async () => {
  const world = new World([peerAt(179, { vrf: "red" })]);
  await world.start("192.0.2.1", "192.0.2.2");
  const labels = { peer: `${ROUTER}:179`, vrf: "red" };
  const found = (await world.metrics.samples()).map((sample) => {
    assert.equal(sample.labels, labels);
    return `${sample.name} ${sample.value}`;
  });
  assert.equal(found, [
    "herald_bgp_notifications_received_total 0",
    "metallb_bgp_announced_prefixes_total 2",
    "metallb_bgp_keepalives_received 1",
    "metallb_bgp_keepalives_sent 1",
    "metallb_bgp_notifications_sent 0",
    "metallb_bgp_opens_received 1",
    "metallb_bgp_opens_sent 1",
    "metallb_bgp_pending_prefixes_total 2",
    "metallb_bgp_route_refresh_sent 0",
    "metallb_bgp_session_up 1",
    "metallb_bgp_total_received 2",
    "metallb_bgp_total_sent 3",
    "metallb_bgp_updates_total 1",
    "metallb_bgp_updates_total_received 0",
  ]);
  await world.configure([]);
  assert.equal(await world.metrics.samples(), []);
});

SPEAKER("a peer that never came up is down, too", async () => {
  const world = new World([peerAt(179)]);
  world.refusesConnections = true;
  await world.start();
  assert.equal(await world.ups(), [`${ROUTER}:179 0`]);
  world.refusesConnections = false;
  await world.clock.advance(1_000);
  assert.equal(await world.ups(), [`${ROUTER}:179 1`]);
});

SPEAKER("each reason why a session does not come up is said once, also that nobody answers, and none at the end", async () => {
  const world = new World([peerAt(179, { connectRetrySeconds: 1 })]);
  for (const what of ["dropsConnections", "refusesConnections", "dropsConnections"] as const) {
    Object.assign(world, { dropsConnections: false, refusesConnections: false, [what]: true });
    if (world.connects.length === 0) await world.start();
    await world.clock.advance(10_000);
  }
  await world.speaker.stop("replace");
  assert.ok(world.connects.length > 10);
  assert.is(world.said.filter((line) => line === "Session does not come up router").length, 2);
});

SPEAKER("BFD that cannot be costs BFD, not the session and not the other peers", async () => {
  const world = new World([peerAt(179, { bfdProfile: "fast" }), peerAt(1179, { name: "other" })]);
  world.refusesBfd = true;
  await world.start();
  assert.equal(
    world.peers().map(({ name, state }) => `${name} ${state}`),
    ["router established", "other established"],
  );
  assert.ok(world.said.includes("Cannot watch a peer by BFD router"));
});

SPEAKER("a peer whose network comes later is watched over one hop then", async () => {
  const world = new World([peerAt(179, { bfdProfile: "fast" })]);
  world.links = [];
  await world.start();
  world.links = [LINK];
  world.links = [LINK];
  world.links = [];
  assert.equal(
    world.watched.map(({ multihop }) => multihop),
    [true, false],
  );
});

SPEAKER("a password that comes after its peer is used at once", async () => {
  const world = new World([peerAt(179, { passive: true, listenPort: 179, password: { secret: "md5" } })]);
  world.refusesKeys = true;
  await world.start();
  assert.equal([world.keys, world.said.filter((line) => line.startsWith("Cannot set")).length], [[], 1]);
  world.refusesKeys = false;
  world.revisions.get("md5")?.("1");
  await settled();
  assert.equal(world.keys, [`${ROUTER} {"secret":"md5"}`]);
});

SPEAKER("a changed password ends the session, the same one does not", async () => {
  const world = new World([peerAt(179, { password: { secret: "md5" } })]);
  await world.start();
  for (const revision of ["1", undefined, "1", "2"]) {
    world.revisions.get("md5")?.(revision);
    await settled();
  }
  assert.is(world.connects.length, 3);
});

SPEAKER("an operator sees only routes that were told, and what holds by now", async () => {
  const world = new World([peerAt(179)]);
  await world.start("198.51.100.1", "2001:db8::1");
  const routes = () => Array.from(world.speaker.inspect("routes") as Iterable<RouteRow>, ({ prefix }) => prefix);
  assert.equal(routes(), ["198.51.100.1/32"]);
  await world.configure([peerAt(179, { keepaliveSeconds: 10 })]);
  assert.equal([world.connects.length, world.peers()[0]?.keepaliveSeconds], [1, 10]);
});

SPEAKER("rows of routes bear changes while somebody reads them", async () => {
  const world = new World([peerAt(179), peerAt(1179, { name: "other" })]);
  await world.start("198.51.100.1", "198.51.100.2");
  const rows = (world.speaker.inspect("routes") as Iterable<RouteRow>)[Symbol.iterator]();
  assert.is(rows.next().value?.prefix, "198.51.100.1/32");
  await world.configure([]);
  await world.speaker.apply({ added: [], changed: [], removed: [announce("198.51.100.1"), announce("198.51.100.2")] });
  assert.ok(rows.next().done);
});

SPEAKER.run();
