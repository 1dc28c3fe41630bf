import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcer, Changes } from "../announcer.ts";
import { Store } from "../cluster/store.ts";
import { createRank } from "../packets/rank.ts";
import type { PlanOptions } from "../rules/plan.ts";
import type { AnnouncerFact } from "../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { Lane } from "./lane.ts";
import { Reconciler } from "./reconciler.ts";

const RECONCILER = suite("Reconciler");

const l2: AnnouncerFact = { name: "l2", from: "owner", serves: { kind: "L2Advertisement", families: [4, 6] } };
const everywhere: AnnouncerFact = { name: "all", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } };

/** Takes everything and notes it. */
class Recorder implements Announcer {
  readonly calls: Changes[] = [];
  async apply(changes: Changes): Promise<readonly []> {
    this.calls.push(changes);
    return [];
  }
  async stop(): Promise<void> {}
  take(): string[] {
    const text = (sign: string, rows: Changes["added"]) =>
      rows.map(({ vip, services, links }) => `${sign}${vip} ${services.join()} ${links ?? "*"}`);
    return this.calls.splice(0).map(({ added, changed, removed, moved = new Set() }) => {
      const gone = removed.map((row) => ({ ...row, links: moved.has(row.vip) ? ["moved"] : row.links }));
      return [...text("+", added), ...text("~", changed), ...text("-", gone)].sort().join("; ");
    });
  }
}

/** node-d owns 192.0.2.10 and .11, node-b .12 (`reference`: the vectors of the election). */
async function start(node: string, announcers = [l2], plan: PlanOptions = {}) {
  const store = new Store();
  for (const name of ["node-a", "node-b", "node-c", "node-d"]) store.replace("nodes", name, nodeFact(name));
  store.replace("pools", "web", poolFact("web", ["192.0.2.0/24", "2001:db8::/64"]));
  store.replace("advertisements", "l2", advertisementFact("l2"));
  store.replace("advertisements", "bgp", advertisementFact("bgp", { kind: "BGPAdvertisement" }));
  const clock = new FakeClock();
  const reconciler = new Reconciler({ node, store, announcers, rank: createRank(), plan, now: () => clock.now() });
  const recorders = new Map<string, Recorder>();
  for (const { name } of announcers) {
    const lane = new Lane({ name, clock });
    const recorder = new Recorder();
    recorders.set(name, recorder);
    await lane.start(recorder);
    reconciler.attach(lane);
  }
  await settled();
  for (const recorder of recorders.values()) assert.equal(recorder.take(), [""], "there is nothing yet");
  reconciler.start();
  const recorder = recorders.get(announcers[0]?.name ?? "") as Recorder;
  const put = (name: string, ...ingress: string[]) => store.replace("services", `default/${name}`, serviceFact(name, { ingress }));
  return { store, reconciler, recorder, recorders, put, clock };
}

RECONCILER("a Service's VIP is announced by its owner and by nobody else", async () => {
  for (const [node, calls] of [
    ["node-d", ["+192.0.2.10 default/web *"]],
    ["node-a", []],
  ] as const) {
    const { recorder, put } = await start(node);
    put("web", "192.0.2.10");
    await settled();
    assert.equal(recorder.take(), calls, node);
  }
});

RECONCILER("a Service's VIP is announced by the heirs too, whom a change far behind them does not concern", async () => {
  const { store, recorder, put } = await start("node-b", [{ ...l2, hasHeirs: true }]);
  put("web", "192.0.2.10");
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/web *"], "node-d, node-c, node-b, node-a");
  store.replace("nodes", "node-a", undefined);
  await settled();
  assert.equal(recorder.take(), [], "the last in rank");
  store.replace("nodes", "node-d", undefined);
  await settled();
  assert.equal(recorder.take(), ["~192.0.2.10 default/web *"], "the members are others");
});

RECONCILER("a row that another node has now is removed as moved, one whose Service is gone is not", async () => {
  const { store, recorder, put } = await start("node-d");
  put("web", "192.0.2.10");
  put("api", "192.0.2.11");
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/web *; +192.0.2.11 default/api *"]);
  store.replace("services", "default/api", undefined);
  await settled();
  assert.equal(recorder.take(), ["-192.0.2.11 default/api *"]);
  store.replace("nodes", "node-d", nodeFact("node-d", { networkUnavailable: true }));
  await settled();
  assert.equal(recorder.take(), ["-192.0.2.10 default/web moved"]);
});

RECONCILER("an announcer that is closed withdraws what it announced, and announces it again once it is open", async () => {
  let isOpen = true;
  const closed = ({ name }: AnnouncerFact) => (isOpen || name === "all" ? undefined : "anotherLoadBalancer");
  const { recorder, recorders, reconciler, put } = await start("node-d", [l2, everywhere], { closed });
  put("web", "192.0.2.10");
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/web *"]);
  isOpen = false;
  reconciler.replan();
  await settled();
  assert.equal(recorder.take(), ["-192.0.2.10 default/web *"]);
  assert.equal(
    reconciler.explain("default/web")?.refused.map(({ via, reason }) => `${via} ${reason}`),
    Array(4).fill("l2 anotherLoadBalancer"),
  );
  isOpen = true;
  reconciler.replan();
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/web *"]);
  assert.equal(recorders.get("all")?.take(), ["+192.0.2.10 default/web *"], "the other one never noticed");
});

RECONCILER("a burst of events is one run and one call", async () => {
  const { recorder, reconciler, put, store } = await start("node-d");
  put("web", "192.0.2.10");
  put("api", "192.0.2.12");
  put("api", "192.0.2.11");
  store.replace("nodes", "node-e", nodeFact("node-e", { networkUnavailable: true }));
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/web *; +192.0.2.11 default/api *"]);
  assert.is(reconciler.state().runs, 1);
});

RECONCILER("endpoints that come and go cost nothing as long as some are left", async () => {
  const { recorder, reconciler, store } = await start("node-d");
  const setEndpoints = (...servable: boolean[]) =>
    store.replace(
      "endpoints",
      "default/web",
      servable.map((isServable, at) => ({ nodeName: `node-${"abcd"[at]}`, servable: isServable })),
    );
  store.replace("services", "default/web", serviceFact("web", { ingress: ["192.0.2.10"], selector: { app: "web" } }));
  setEndpoints(true, true, true);
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/web *"]);
  setEndpoints(true, false, true);
  await settled();
  assert.equal([reconciler.state().runs, reconciler.state().lastRunServices], [2, 0]);
  setEndpoints(false, false, false);
  await settled();
  assert.is(reconciler.state().lastRunServices, 1);
  assert.equal(recorder.take(), ["-192.0.2.10 default/web *"]);
});

RECONCILER("one dirty Service costs one Service", async () => {
  const { recorder, reconciler, put, store } = await start("node-d");
  put("web", "192.0.2.10");
  put("api", "192.0.2.11");
  await settled();
  recorder.take();
  put("web", "192.0.2.12");
  await settled();
  assert.is(reconciler.state().lastRunServices, 1);
  assert.equal(recorder.take(), ["-192.0.2.10 default/web *"]);
  store.replace("services", "default/api", undefined);
  await settled();
  assert.is(reconciler.state().lastRunServices, 1);
  assert.equal(recorder.take(), ["-192.0.2.11 default/api *"]);
  assert.is(reconciler.explain("default/api"), undefined);
});

RECONCILER("Services that share a VIP are one row, and leave it one by one", async () => {
  const { recorder, put, store } = await start("node-d");
  put("web", "192.0.2.10");
  put("api", "192.0.2.10");
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/api,default/web *"]);
  store.replace("services", "default/web", undefined);
  await settled();
  assert.equal(recorder.take(), ["~192.0.2.10 default/api *"]);
  put("api", "192.0.2.11");
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.11 default/api *; -192.0.2.10 default/api *"]);
});

RECONCILER("a change of nodes, pools or advertisements looks at every Service again", async () => {
  const { recorder, put, store } = await start("node-c");
  put("web", "192.0.2.10");
  await settled();
  assert.equal(recorder.take(), []);
  store.replace("nodes", "node-d", undefined);
  await settled();
  assert.equal(recorder.take(), ["+192.0.2.10 default/web *"], "the heir");
  store.replace("advertisements", "l2", advertisementFact("l2", { interfaces: ["eth1", "eth0"] }));
  await settled();
  assert.equal(recorder.take(), ["~192.0.2.10 default/web eth0,eth1"]);
  store.replace("pools", "web", undefined);
  await settled();
  assert.equal(recorder.take(), ["-192.0.2.10 default/web eth0,eth1"]);
});

RECONCILER("explain() says who announces and why the others do not", async () => {
  const { reconciler, put, store } = await start("node-a");
  put("web", "192.0.2.10");
  store.replace("nodes", "node-b", nodeFact("node-b", { networkUnavailable: true }));
  await settled();
  const { claims, refused } = reconciler.explain("default/web") ?? { claims: [], refused: [] };
  assert.equal(
    claims.map(({ vip, rank }) => [vip, ...rank]),
    [["192.0.2.10", "node-d", "node-c", "node-a"]],
  );
  const reasons = refused.filter(({ via }) => via === "l2").map(({ node, reason }) => `${node} ${reason}`);
  assert.equal(reasons.sort(), ["node-a notOwner", "node-b nodeNetworkUnavailable", "node-c notOwner"]);
});

RECONCILER("announcers are told apart, and one attached late gets its rows", async () => {
  const { recorders, reconciler, put, clock } = await start("node-a", [everywhere, l2]);
  put("web", "192.0.2.10");
  await settled();
  assert.equal(recorders.get("all")?.take(), ["+192.0.2.10 default/web *"]);
  assert.equal(recorders.get("l2")?.take(), []);
  const lane = new Lane({ name: "all", clock });
  const late = new Recorder();
  reconciler.attach(lane);
  await lane.start(late);
  await settled();
  assert.equal(late.take(), ["+192.0.2.10 default/web *"]);
});

RECONCILER("an announcer that comes is planned for, and one that goes is taken everything from", async () => {
  const { reconciler, recorder, recorders, put } = await start("node-d", [everywhere, l2]);
  put("web", "192.0.2.10");
  await settled();
  recorder.take();
  const l2Recorder = recorders.get("l2") as Recorder;
  assert.equal(l2Recorder.take(), ["+192.0.2.10 default/web *"]);
  reconciler.setAnnouncers([everywhere]);
  await settled();
  assert.equal([recorder.take(), l2Recorder.take()], [[], ["-192.0.2.10 default/web *"]]);
  assert.is(reconciler.state().claims, 1);
  reconciler.setAnnouncers([l2, everywhere]);
  await settled();
  assert.equal([recorder.take(), l2Recorder.take()], [[], ["+192.0.2.10 default/web *"]]);
});

RECONCILER("stop() stops every lane, whatever the others do, and follows the store no more", async () => {
  const { recorders, reconciler, put } = await start("node-d", [everywhere, l2]);
  put("web", "192.0.2.10");
  await settled();
  const all = recorders.get("all") as Recorder;
  all.take();
  all.stop = async () => {
    throw new Error("stuck");
  };
  const failed = await reconciler.stop("leave");
  assert.equal(
    failed.map(({ announcer, error }) => `${announcer}: ${(error as Error).message}`),
    ["all: stuck"],
  );
  assert.equal(all.take(), ["-192.0.2.10 default/web *"]);
  assert.equal(recorders.get("l2")?.take(), ["+192.0.2.10 default/web *", "-192.0.2.10 default/web *"]);
  put("api", "192.0.2.11");
  await settled();
  assert.equal(recorders.get("l2")?.take(), []);
});

RECONCILER.run();
