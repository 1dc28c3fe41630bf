/** What a speaker reports of its Services, against a real API server: MetalLB's ServiceL2Status, ServiceBGPStatus and Events. */

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LaneRow } from "../../../reconcile/lane-state.ts";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { writeNamespace } from "../../../workbench/api-server/objects.ts";
import type { KubernetesObject } from "../../../workbench/api-server/test-client.ts";
import { FakeStandings } from "../../../workbench/testing/fake-standings.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import type { Api } from "../../api/api.ts";
import { Client } from "../../api/client.ts";
import { findCredentials } from "../../api/credentials.ts";
import { EventRecorder } from "../events/events.ts";
import { podOwner } from "./pod-owner.ts";
import { type FollowedAnnouncer, SpeakerReports } from "./speaker-reports.ts";

const REPORTS = suite("speaker reports");

const NS = "herald";
const L2 = "metallb.io/v1beta1/ServiceL2Status";
const BGP = "metallb.io/v1beta1/ServiceBGPStatus";
const CRDS = new URL("../../../../deploy/crds/", import.meta.url);
const LIMIT_MS = 60_000;

let server: ApiServer | undefined;
let client: Client | undefined;
/** Also of a test that fails. */
const closers: (() => void)[] = [];

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

type RowParts = Partial<LaneRow["announcement"]> & Partial<Pick<LaneRow, "state" | "isDesired" | "refusal">>;

/** Announced at that VIP, unless the parts say otherwise. */
function row(vip: string, service: string, parts: RowParts = {}): LaneRow {
  const { state = "told", isDesired = true, refusal, ...announcement } = parts;
  const family = vip.includes(":") ? 6 : 4;
  return {
    announcement: { vip, family, links: null, services: [service], attributes: {}, ...announcement },
    ...{ state, isDesired },
    ...(refusal === undefined ? {} : { refusal }),
  };
}

class Announcers {
  readonly #calls = new Set<() => void>();
  readonly #rows: Record<string, readonly LaneRow[]> = {};
  peers: Record<string, readonly string[]> = {};
  links = ["eth0", "eth1"];

  readonly list: readonly FollowedAnnouncer[] = [
    this.#announcer("arp", "L2Advertisement"),
    this.#announcer("ndp", "L2Advertisement"),
    { ...this.#announcer("bgp", "BGPAdvertisement"), audience: (vip) => this.peers[vip] ?? [] },
  ];

  set(name: "arp" | "ndp" | "bgp", ...rows: LaneRow[]): void {
    this.#rows[name] = rows;
    this.wake();
  }

  wake(): void {
    for (const call of this.#calls) call();
  }

  #announcer(name: string, kind: string): FollowedAnnouncer {
    const onRows = (call: () => void) => {
      this.#calls.add(call);
      return () => void this.#calls.delete(call);
    };
    return { name, kind, rows: () => this.#rows[name] ?? [], onRows };
  }
}

/** A speaker's reports, and what they were made of. */
function speaker(node = "node-1", pod = "speaker-a", standings?: FakeStandings) {
  if (client === undefined) throw new Error("The API server did not start");
  const plain: Api = client;
  const { log, lines } = recordedLog();
  const counts = { writes: 0 };
  const api: Api = {
    request: (request) => {
      if (request.method !== "GET") counts.writes += 1;
      return plain.request(request);
    },
    stream: (request) => plain.stream(request),
    cutOff() {},
    close() {},
  };
  const announcers = new Announcers();
  const events = new EventRecorder({ api: plain, component: "metallb-speaker", host: node, log });
  const uids = new Map<string, string>();
  const reports = new SpeakerReports({
    ...{ api, namespace: NS, node, announcers: () => announcers.list, standings, events, log },
    links: { all: () => announcers.links.map((name) => ({ name })), watch: () => () => {} },
    reference: (service) => {
      const [namespace = "", name = ""] = service.split("/");
      const uid = uids.get(service);
      return { apiVersion: "v1", kind: "Service", namespace, name, ...(uid === undefined ? {} : { uid }) };
    },
    owner: podOwner(api, NS, pod),
  });
  reports.start();
  const close = (): void => {
    reports.close();
    events.close();
  };
  closers.push(close);
  return { announcers, counts, lines, uids, events, close };
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = performance.now() + LIMIT_MS; ; await wait(50)) {
    // For a moment after its definition a kind cannot be listed.
    const found = await look().catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`No ${what} after ${LIMIT_MS / 1000} s`);
  }
}

/** The statuses of a Service, once they are as `isSo` wants them. */
function statuses(kind: string, service: string, isSo: (objects: KubernetesObject[]) => boolean): Promise<KubernetesObject[]> {
  return until(`right ${kind} of ${service}`, async () => {
    const [namespace, name] = service.split("/");
    const all = await running().admin.list(kind, NS);
    const found = all.filter(
      ({ metadata: { ["labels"]: labels } }) =>
        labels["metallb.io/service-name"] === name && labels["metallb.io/service-namespace"] === namespace,
    );
    return isSo(found) && found;
  });
}

const has = (count: number) => (objects: KubernetesObject[]) => objects.length === count && objects.every(({ status }) => status);
const hasInterfaces = (text: string) => (objects: KubernetesObject[]) =>
  has(1)(objects) && JSON.stringify(objects[0]?.status.interfaces) === text;
const hasPeers = (text: string) => (objects: KubernetesObject[]) => has(1)(objects) && JSON.stringify(objects[0]?.status.peers) === text;

/** Events with that reason on that Service, once there are so many. */
function eventsOf(reason: string, service: string, count: number): Promise<KubernetesObject[]> {
  const [namespace, name] = service.split("/");
  return until(`${count} Events ${reason} of ${service}`, async () => {
    const all = await running().admin.list("v1/Event", namespace);
    const found = all.filter((event) => event["reason"] === reason && event["involvedObject"].name === name);
    return found.length === count && found;
  });
}

testWith(REPORTS, [apiServer], "an API server starts, with the resources", async () => {
  server = await startApiServer();
  for (const name of readdirSync(CRDS)) await server.admin.apply(readFileSync(new URL(name, CRDS), "utf8"));
  for (const name of [NS, "shop", "quiet"]) await writeNamespace(server.admin, name);
  for (const name of ["speaker-a", "speaker-b"]) {
    const spec = { containers: [{ name: "speaker", image: "herald" }] };
    await server.admin.apply({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: NS }, spec });
  }
  client = new Client({ credentials: await findCredentials(server.kubeconfig()) });
});

testWith(
  REPORTS,
  [apiServer],
  "a Service has one ServiceL2Status for both families, with MetalLB's labels, and its Pod as owner",
  async () => {
    const { announcers, close } = speaker();
    announcers.set("arp", row("192.0.2.1", "shop/web", { links: ["eth1"] }));
    announcers.set("ndp", row("2001:db8::1", "shop/web", { links: ["eth0"] }));
    const [status] = await statuses(L2, "shop/web", hasInterfaces('[{"name":"eth0"},{"name":"eth1"}]'));
    assert.equal(status?.metadata["labels"], {
      "metallb.io/node": "node-1",
      "metallb.io/service-name": "web",
      "metallb.io/service-namespace": "shop",
    });
    assert.equal(
      [status?.status.node, status?.status.serviceName, status?.status.serviceNamespace, status?.metadata["ownerReferences"].length],
      ["node-1", "web", "shop", 1],
    );
    const pod = await running().admin.get("v1/Pod", `${NS}/speaker-a`);
    assert.is(status?.metadata["ownerReferences"][0].uid, pod?.metadata["uid"]);

    announcers.set("ndp", row("2001:db8::1", "shop/web"));
    await statuses(L2, "shop/web", hasInterfaces("[]"));
    announcers.set("arp");
    announcers.set("ndp");
    await statuses(L2, "shop/web", has(0));
    close();
  },
);

testWith(REPORTS, [apiServer], "a ServiceBGPStatus has the sorted peers, one for each node, and goes when there is none", async () => {
  const one = speaker("node-1");
  const other = speaker("node-2", "speaker-b");
  for (const { announcers } of [one, other]) {
    announcers.peers = { "192.0.2.2": ["tor-b", "tor-a"], "2001:db8::2": ["tor-c"] };
    announcers.set("bgp", row("192.0.2.2", "shop/bgp"), row("2001:db8::2", "shop/bgp"));
  }
  const both = await statuses(BGP, "shop/bgp", has(2));
  assert.equal(
    both.map(({ status }) => [status.node, status.peers]).sort(),
    ["node-1", "node-2"].map((node) => [node, ["tor-a", "tor-b", "tor-c"]]),
  );
  other.close();
  await running().admin.delete(BGP, `${NS}/${both.find(({ status }) => status.node === "node-2")?.metadata.name}`);
  one.announcers.peers = { "192.0.2.2": ["tor-b"] };
  one.announcers.wake();
  await statuses(BGP, "shop/bgp", hasPeers('["tor-b"]'));
  one.announcers.peers = {};
  one.announcers.wake();
  await statuses(BGP, "shop/bgp", has(0));
  one.close();
});

testWith(
  REPORTS,
  [apiServer],
  "an heir reports nothing of what it was told, until it takes over, and no more when it gives up",
  async () => {
    const standings = new FakeStandings();
    const { announcers, close } = speaker("node-1", "speaker-a", standings);
    const succession = { group: "192.0.2.50", members: ["node-2", "node-1"], isSticky: false };
    standings.set("192.0.2.50", "heir");
    announcers.set("arp", row("192.0.2.50", "shop/heir", { succession }), row("192.0.2.51", "shop/owned"));
    await statuses(L2, "shop/owned", has(1));
    assert.equal(await statuses(L2, "shop/heir", has(0)), []);
    standings.set("192.0.2.50", "owner");
    await statuses(L2, "shop/heir", has(1));
    await eventsOf("nodeAssigned", "shop/heir", 1);
    standings.set("192.0.2.50", "heir");
    await statuses(L2, "shop/heir", has(0));
    announcers.set("arp");
    await statuses(L2, "shop/owned", has(0));
    close();
  },
);

testWith(
  REPORTS,
  [apiServer],
  "nothing that is reported changes while rows are being told; what an earlier life left over goes",
  async () => {
    const before = speaker();
    before.announcers.set("arp", row("192.0.2.3", "shop/stays"), row("192.0.2.4", "shop/goes"));
    const [stays] = await statuses(L2, "shop/stays", has(1));
    await statuses(L2, "shop/goes", has(1));
    before.close();

    const after = speaker("node-1", "speaker-b");
    after.announcers.set("arp", row("192.0.2.3", "shop/stays", { state: "untold" }), row("192.0.2.5", "shop/new", { state: "unsure" }));
    await statuses(L2, "shop/goes", has(0));
    await statuses(L2, "shop/new", has(0));
    assert.is((await statuses(L2, "shop/stays", has(1)))[0]?.metadata["uid"], stays?.metadata["uid"]);

    after.announcers.set("arp", row("192.0.2.3", "shop/stays"));
    const pod = await running().admin.get("v1/Pod", `${NS}/speaker-b`);
    const isTaken = ([status]: KubernetesObject[]) =>
      status?.metadata["uid"] === stays?.metadata["uid"] && status?.metadata["ownerReferences"]?.[0]?.uid === pod?.metadata["uid"];
    await statuses(L2, "shop/stays", isTaken);
    after.announcers.set("arp");
    await statuses(L2, "shop/stays", has(0));
    after.close();
  },
);

testWith(REPORTS, [apiServer], "who wins a Service removes what other nodes said of it, and of no other", async () => {
  const dead = speaker("node-2");
  dead.announcers.set("arp", row("192.0.2.6", "shop/won"), row("192.0.2.7", "shop/theirs"));
  await statuses(L2, "shop/theirs", has(1));
  await statuses(L2, "shop/won", has(1));
  dead.close();
  const winner = speaker("node-1");
  winner.announcers.set("arp", row("192.0.2.6", "shop/won"));
  await statuses(L2, "shop/won", (found) => has(1)(found) && found[0]?.status.node === "node-1");
  await statuses(L2, "shop/theirs", (found) => has(1)(found) && found[0]?.status.node === "node-2");
  winner.announcers.set("arp");
  await statuses(L2, "shop/won", has(0));
  winner.close();
});

testWith(REPORTS, [apiServer], "one that was deleted or edited by hand, or has MetalLB's random name, is set right", async () => {
  const { admin } = running();
  const labels = { "metallb.io/node": "node-1", "metallb.io/service-name": "hand", "metallb.io/service-namespace": "shop" };
  await admin.apply({ apiVersion: "metallb.io/v1beta1", kind: "ServiceL2Status", metadata: { name: "l2-x7k2p", namespace: NS, labels } });
  const { announcers, close } = speaker();
  announcers.set("arp", row("192.0.2.8", "shop/hand", { links: ["eth0"] }));
  const [status] = await statuses(L2, "shop/hand", hasInterfaces('[{"name":"eth0"}]'));
  const name = `${NS}/${status?.metadata.name}`;
  await admin.delete(L2, name);
  await statuses(
    L2,
    "shop/hand",
    (found) => hasInterfaces('[{"name":"eth0"}]')(found) && found[0]?.metadata["uid"] !== status?.metadata["uid"],
  );
  await admin.patch(L2, name, { status: { interfaces: [{ name: "eth7" }] } }, { subresource: "status" });
  await statuses(L2, "shop/hand", hasInterfaces('[{"name":"eth0"}]'));
  await admin.patch(L2, name, { metadata: { labels: { "metallb.io/service-name": "other" } } });
  await statuses(L2, "shop/hand", has(1));
  announcers.set("arp");
  await statuses(L2, "shop/hand", has(0));
  close();
});

testWith(REPORTS, [apiServer], "the newest nodeAssigned names the node, and Services at one VIP say the same byte for byte", async () => {
  const { announcers, uids, close } = speaker();
  for (const service of ["quiet/web", "quiet/mail"]) uids.set(service, `uid-of-${service}`);
  const shared = row("192.0.2.9", "quiet/web", { services: ["quiet/mail", "quiet/web"] });
  announcers.set("arp", shared);
  announcers.set("bgp", shared);
  const web = await eventsOf("nodeAssigned", "quiet/web", 2);
  const mail = await eventsOf("nodeAssigned", "quiet/mail", 2);
  const said = (events: KubernetesObject[]) => events.map(({ type, message, count }) => [type, message, count]).sort();
  assert.equal(said(web), [
    ["Normal", 'announcing from node "node-1" with protocol "bgp"', 1],
    ["Normal", 'announcing from node "node-1" with protocol "layer2"', 1],
  ]);
  assert.equal(said(mail), said(web));
  for (const event of web) {
    assert.ok(Date.parse(event["lastTimestamp"]) > Date.now() - 120_000, "lastTimestamp is what readers go by");
    assert.equal([event["source"].component, event["reportingComponent"]], ["metallb-speaker", "metallb-speaker"]);
    assert.is(event["involvedObject"].uid, "uid-of-quiet/web");
  }
  // It moves away and comes back: the Event that is there is the newest again.
  await statuses(L2, "quiet/web", has(1));
  announcers.set("arp");
  await statuses(L2, "quiet/web", has(0));
  announcers.set("arp", shared);
  await until("a second count", async () => (await eventsOf("nodeAssigned", "quiet/web", 2)).some((event) => event["count"] === 2));
  announcers.set("arp");
  await statuses(L2, "quiet/web", has(0));
  close();
});

testWith(REPORTS, [apiServer], "a node without any of the interfaces, and a refusal, are an announceFailed and no status", async () => {
  const { announcers, close } = speaker();
  announcers.set("arp", row("192.0.2.10", "quiet/lost", { links: ["eth7", "eth8"] }));
  announcers.set("bgp", row("192.0.2.10", "quiet/lost", { state: "unsure", refusal: { reason: "tooManyCommunities", failures: 1 } }));
  const failed = await eventsOf("announceFailed", "quiet/lost", 2);
  assert.equal(failed.map(({ type, message }) => [type, message]).sort(), [
    ["Warning", 'Cannot announce with protocol "bgp": 192.0.2.10: tooManyCommunities'],
    ["Warning", 'Cannot announce with protocol "layer2": 192.0.2.10: this node has none of the interfaces eth7, eth8'],
  ]);
  await statuses(L2, "quiet/lost", has(0));
  announcers.links = ["eth0", "eth7"];
  announcers.wake();
  await statuses(L2, "quiet/lost", hasInterfaces('[{"name":"eth7"},{"name":"eth8"}]'));
  await eventsOf("nodeAssigned", "quiet/lost", 1);
  announcers.set("arp");
  await statuses(L2, "quiet/lost", has(0));
  close();
});

testWith(REPORTS, [apiServer], "what changes while the API server is away is right when it is back", async () => {
  const { announcers, close } = speaker();
  announcers.set("arp", row("192.0.2.20", "shop/old"), row("192.0.2.21", "shop/kept"));
  await statuses(L2, "shop/old", has(1));
  const [kept] = await statuses(L2, "shop/kept", has(1));
  await running().kill();
  announcers.set("arp", row("192.0.2.21", "shop/kept"), row("192.0.2.22", "shop/young"));
  await wait(1000);
  await running().restart();
  await statuses(L2, "shop/young", has(1));
  await statuses(L2, "shop/old", has(0));
  assert.is((await statuses(L2, "shop/kept", has(1)))[0]?.metadata["uid"], kept?.metadata["uid"]);
  await eventsOf("nodeAssigned", "shop/young", 1);
  close();
});

REPORTS.after.each(() => {
  for (const close of closers.splice(0)) close();
});

REPORTS.after(async () => {
  client?.close();
  await server?.stop();
});

REPORTS.run();
