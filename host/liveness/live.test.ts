/** The liveness service in a real packet worker, with FRR's bfdd and BIRD as neighbors on real links. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LivenessProfile, LivenessReport, LivenessTarget } from "../announcer.ts";
import { libc } from "../packets/libc.ts";
import { kernelLinks } from "../packets/links.ts";
import { startPacketWorker } from "../packets/packet-worker.ts";
import type { Driver } from "../packets/service.ts";
import { type BfdPeer, bfdNeeds, startBirdBfd, startFrrBfd } from "../workbench/bfd-peers.ts";
import { ipBatch, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { until } from "../workbench/testing/promises.ts";
import { LivenessService } from "./liveness.ts";

const LIVE = suite("liveness, live");
const inside = insideTests(LIVE, import.meta.url);

const [HERE, NEXT, REMOTE] = ["192.0.2.1", "192.0.2.2", "198.51.100.2"] as const;
const quick: LivenessProfile = { receiveIntervalMs: 100, transmitIntervalMs: 100, detectMultiplier: 3 };
const frrDefaults: LivenessProfile = { receiveIntervalMs: 300, transmitIntervalMs: 300, detectMultiplier: 3 };
const PATIENCE_MS = 10_000;
/** What a shared machine may add to a detection time. */
const SLACK_MS = 250;

/** Us at `near`; `next` one hop away, which routes on to `remote`. */
function makeNetwork(): void {
  ipBatch([
    ...["next", "remote"].map((name) => `netns add ${name}`),
    "link add near address 02:00:00:00:00:01 type veth peer name far address 02:00:00:00:00:02 netns next",
    `address add ${HERE}/24 dev near`,
    "address add fe80::1/64 dev near nodad",
    "link set near addrgenmode none",
    "link set near up",
    `route add 198.51.100.0/24 via ${NEXT}`,
  ]);
  ipBatch(["link add out type veth peer name far netns remote"], "-n", "next");
  ipBatch(
    ["link set lo up", `address add ${NEXT}/24 dev far`, "link set far addrgenmode none", "address add fe80::2/64 dev far nodad"].concat([
      ...["link set far up", "address add 198.51.100.1/24 dev out", "link set out up"],
    ]),
    "-n",
    "next",
  );
  run("nsenter", "--net=/run/netns/next", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
  const remote = ["link set lo up", `address add ${REMOTE}/24 dev far`, "link set far up", "route add default via 198.51.100.1"];
  ipBatch(remote, "-n", "remote");
}

interface Watch {
  readonly reports: LivenessReport[];
  readonly last: LivenessReport;
  close(): void;
}

interface Here {
  watch(target: LivenessTarget, profile?: Partial<LivenessProfile>): Watch;
}

let hasNetwork = false;

async function withUs(body: (here: Here) => Promise<void>, driver: Driver = "poll"): Promise<void> {
  if (!hasNetwork) makeNetwork();
  hasNetwork = true;
  const links = kernelLinks(libc());
  const packets = await startPacketWorker((error) => assert.unreachable(error.message), { driver });
  const service = new LivenessService({ packets, links, log: recordedLog().log });
  try {
    await body({
      watch(target, profile = {}) {
        const reports: LivenessReport[] = [];
        const close = service.watch(target, { ...quick, ...profile }, (report) => reports.push(report));
        return {
          reports,
          close,
          get last() {
            return reports.at(-1) as LivenessReport;
          },
        };
      },
    });
  } finally {
    await service.stop();
    await packets.stop();
    links.close();
  }
}

async function withPeer(peer: Promise<BfdPeer>, body: (peer: BfdPeer) => Promise<void>): Promise<void> {
  const running = await peer;
  try {
    await body(running);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await running.show().catch(() => "")}`, { cause: error });
  } finally {
    running.thaw();
    await running.kill();
  }
}

async function isUp(watch: Watch, peer: BfdPeer, neighbor: string): Promise<void> {
  await until(() => watch.last.state === "up", PATIENCE_MS);
  await sees(peer, neighbor, /"status":"up"| Up /);
}

async function sees(peer: BfdPeer, neighbor: string, what: RegExp): Promise<void> {
  let text = "";
  for (const endMs = performance.now() + PATIENCE_MS; performance.now() < endMs; ) {
    ({ text } = await peer.session(neighbor));
    if (what.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The neighbor does not see ${what}: ${text}`);
}

const frr = (...peer: readonly string[]) =>
  startFrrBfd("next", [` peer ${HERE} interface far`, ...peer.map((line) => `  ${line}`), " exit"]);
const bird = () => startBirdBfd("next", ['interface "far" { interval 100 ms; multiplier 3; };', `neighbor ${HERE} dev "far";`]);

for (const driver of ["poll", "event-loop"] as const) {
  inside(`${driver}: a session with FRR comes up, holds while main is busy, and goes down in time when FRR freezes`, bfdNeeds, () =>
    withUs(async (here) => {
      await withPeer(frr("transmit-interval 100", "receive-interval 100"), async (peer) => {
        const watch = here.watch({ address: NEXT });
        await isUp(watch, peer, HERE);
        await sees(peer, HERE, /"remote-receive-interval":100,"remote-transmit-interval":100/);
        // Main sees, hears and does nothing for 2 s, six detection times.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.equal(
          watch.reports
            .map(({ state }) => state)
            .filter((state, at, all) => state !== all[at - 1])
            .slice(-1),
          ["up"],
        );
        assert.match((await peer.session(HERE)).text, /"uptime":[2-9]/, "FRR has seen no gap either");
        const told = watch.reports.length;
        peer.freeze();
        const frozenMs = performance.now();
        await until(() => watch.reports.length > told, PATIENCE_MS);
        const tookMs = performance.now() - frozenMs;
        assert.equal(watch.last, { state: "down", isPeerAdminDown: false, reason: "control detection time expired" });
        assert.ok(tookMs > 200 - 10 && tookMs < 300 + SLACK_MS, `down after ${tookMs} ms`);
        peer.thaw();
        await isUp(watch, peer, HERE);
      });
    }, driver),
  );
}

inside("with FRR's own timers a kill is noticed within 0.9 s", bfdNeeds, () =>
  withUs(async (here) => {
    await withPeer(frr(), async (peer) => {
      const watch = here.watch({ address: NEXT }, frrDefaults);
      await isUp(watch, peer, HERE);
      await sees(peer, HERE, /"remote-receive-interval":300,"remote-transmit-interval":300/);
      const killedMs = performance.now();
      peer.freeze(); // as dead as killed, and says no farewell
      await until(() => watch.last.state === "down", PATIENCE_MS);
      assert.ok(performance.now() - killedMs < 900 + SLACK_MS);
    });
  }),
);

inside("new timers are told to FRR by a Poll Sequence, and FRR's to us", bfdNeeds, () =>
  withUs(async (here) => {
    await withPeer(frr(), async (peer) => {
      const slow = here.watch({ address: NEXT }, frrDefaults);
      await isUp(slow, peer, HERE);
      const fast = here.watch({ address: NEXT }, { receiveIntervalMs: 60, transmitIntervalMs: 70, detectMultiplier: 4 });
      await sees(peer, HERE, /"remote-receive-interval":60,"remote-transmit-interval":70.*"remote-detect-multiplier":3/);
      fast.close();
      await sees(peer, HERE, /"remote-receive-interval":300,"remote-transmit-interval":300/);
      await peer.tell(`peer ${HERE} interface far`, "transmit-interval 50", "receive-interval 1000");
      await sees(peer, HERE, /"receive-interval":1000,"transmit-interval":50/);
      await new Promise((resolve) => setTimeout(resolve, 3500));
      assert.equal(slow.reports.map(({ state }) => state).slice(-1), ["up"]);
      assert.is(slow.reports.filter(({ state }) => state === "down").length, 1, "only before it was up");
    });
  }),
);

inside("AdminDown is told to FRR, and FRR's to us", bfdNeeds, () =>
  withUs(async (here) => {
    await withPeer(frr(), async (peer) => {
      const watch = here.watch({ address: NEXT });
      await isUp(watch, peer, HERE);
      await peer.tell(`peer ${HERE} interface far`, "shutdown");
      await until(() => watch.last.state === "down", PATIENCE_MS);
      assert.is(watch.last.isPeerAdminDown, true);
      await peer.tell(`peer ${HERE} interface far`, "no shutdown");
      await isUp(watch, peer, HERE);
      watch.close();
      await sees(peer, HERE, /"status":"down".*"remote-diagnostic":"administratively down"/);
    });
  }),
);

inside("a session by link-local addresses comes up with FRR, and goes down with its link at once", bfdNeeds, () =>
  withUs(async (here) => {
    await withPeer(startFrrBfd("next", [" peer fe80::1 interface far", " exit"]), async (peer) => {
      const watch = here.watch({ address: "fe80::2%near" }, { receiveIntervalMs: 1000, transmitIntervalMs: 1000 });
      await isUp(watch, peer, "fe80::1");
      ipBatch(["link set far down"], "-n", "next");
      const brokenMs = performance.now();
      await until(() => watch.last.state === "down", PATIENCE_MS);
      assert.is(watch.last.reason, "path down");
      assert.ok(performance.now() - brokenMs < 1000, "before any detection time");
      ipBatch(["link set far up", "address replace fe80::2/64 dev far nodad"], "-n", "next");
      await until(() => watch.last.state === "up", PATIENCE_MS);
    });
  }),
);

const multihop = ["peer", HERE, "multihop", "local-address", REMOTE].join(" ");

inside("a session over a router comes up with FRR where the least TTL allows it", bfdNeeds, () =>
  withUs(async (here) => {
    await withPeer(startFrrBfd("remote", [` ${multihop}`, " exit"]), async (peer) => {
      const strict = here.watch({ address: REMOTE, multihop: true, localAddress: HERE }, { minimumTtl: 255 });
      await new Promise((resolve) => setTimeout(resolve, 3000));
      assert.is(strict.last.state, "down", "packets have passed one router");
      strict.close();
      const watch = here.watch({ address: REMOTE, multihop: true, localAddress: HERE });
      await isUp(watch, peer, HERE);
      peer.freeze();
      await until(() => watch.last.state === "down", PATIENCE_MS);
    });
  }),
);

for (const [who, theirs, ours] of [
  ["FRR", ["passive-mode"], false],
  ["we", [], true],
] as const) {
  inside(`a session comes up where ${who} wait to be spoken to`, bfdNeeds, () =>
    withUs(async (here) => {
      await withPeer(frr(...theirs), async (peer) => isUp(here.watch({ address: NEXT }, { passiveMode: ours }), peer, HERE));
    }),
  );
}

inside("a session with BIRD comes up, and goes down in time when BIRD freezes", bfdNeeds, () =>
  withUs(async (here) => {
    await withPeer(bird(), async (peer) => {
      const watch = here.watch({ address: NEXT });
      await isUp(watch, peer, HERE);
      peer.freeze();
      const frozenMs = performance.now();
      await until(() => watch.last.state === "down", PATIENCE_MS);
      const tookMs = performance.now() - frozenMs;
      assert.ok(tookMs > 190 && tookMs < 300 + SLACK_MS, `down after ${tookMs} ms`);
      peer.thaw();
      await isUp(watch, peer, HERE);
      watch.close();
      await sees(peer, HERE, / Down /);
    });
  }),
);

inside("the echo function finds out that FRR's kernel forwards no more, while FRR is well", bfdNeeds, () =>
  withUs(async (here) => {
    const forward = (value: 0 | 1) => run("nsenter", "--net=/run/netns/next", "sh", "-c", `echo ${value} > /proc/sys/net/ipv4/ip_forward`);
    await withPeer(frr(), async (peer) => {
      forward(0);
      const watch = here.watch({ address: NEXT }, { ...frrDefaults, echoMode: true, echoIntervalMs: 50 });
      await isUp(watch, peer, HERE);
      await until(() => watch.last.reason === "without the echo function: the neighbor sends none of our packets back", PATIENCE_MS);
      await sees(peer, HERE, /"remote-receive-interval":300,/);
      forward(1);
      await until(() => watch.last.reason === "", PATIENCE_MS);
      assert.is(watch.last.state, "up");
      await sees(peer, HERE, /"remote-receive-interval":1000,/);
      const stoppedMs = performance.now();
      forward(0);
      // Control packets still pass, so it is down for as long as they take to bring it up again, now without the echo function.
      await until(
        () => watch.reports.some(({ state, reason }) => state === "down" && reason.startsWith("echo function failed")),
        PATIENCE_MS,
      );
      assert.ok(performance.now() - stoppedMs < 150 + SLACK_MS, "3 × 50 ms");
      await isUp(watch, peer, HERE);
      forward(1);
    });
  }),
);

inside("a BIRD on this very machine that has the port is the reason", bfdNeeds, () =>
  withUs(async (here) => {
    ipBatch(["netns attach us 1"]);
    await withPeer(startBirdBfd("us", ['interface "near" {};', `neighbor ${NEXT} dev "near";`]), async () => {
      const watch = here.watch({ address: NEXT });
      await until(() => watch.last.reason.endsWith("is another BFD daemon running on this machine?"), PATIENCE_MS);
      assert.match(watch.last.reason, /^Cannot open UDP 0\.0\.0\.0:3784: another socket is bound to it/);
    });
  }),
);

LIVE.run();
