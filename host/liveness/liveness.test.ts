/** The liveness service on the in-memory wire: two hosts, or one and a station that says what a test wants. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LivenessProfile, LivenessReport, LivenessTarget, Log } from "../announcer.ts";
import { codec, type Fields } from "../packets/codec/codec.ts";
import { memoryLinks } from "../packets/links.ts";
import { localService } from "../packets/local-service.ts";
import { type MemorySegment, memoryWire } from "../packets/memory-wire.ts";
import type { KernelLink } from "../packets/netlink.ts";
import { bfdPacket } from "../workbench/testing/bfd-station.ts";
import { until } from "../workbench/testing/promises.ts";
import { throwsError } from "../workbench/testing/throws-error.ts";
import { LivenessService } from "./liveness.ts";

const LIVENESS = suite("liveness");
const [HERE, THERE] = ["192.0.2.1", "192.0.2.2"] as const;
const quick: LivenessProfile = { receiveIntervalMs: 20, transmitIntervalMs: 20, detectMultiplier: 3 };
const eth0: KernelLink = {
  index: 1,
  name: "eth0",
  mac: "02:00:00:00:00:01",
  ...{ up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false },
};

/** Says nothing unless something is wrong. */
const log: Log = { debug() {}, info() {}, warn() {}, error: (text, fields) => assert.unreachable(`${text} ${JSON.stringify(fields)}`) };

interface Host {
  readonly service: LivenessService;
  readonly packets: ReturnType<typeof localService>;
  readonly links: ReturnType<typeof memoryLinks>;
  stop(): Promise<void>;
}

/** There are no machines on the in-memory wire, so each host is its local address: targets must name it. */
function host(wire: MemorySegment): Host {
  const packets = localService(wire);
  const links = memoryLinks([eth0]);
  const service = new LivenessService({ packets, links, log });
  return {
    ...{ service, packets, links },
    async stop() {
      await service.stop();
      await packets.stop();
    },
  };
}

function watch({ service }: Host, target: Partial<LivenessTarget> = {}, profile: Partial<LivenessProfile> = {}) {
  const reports: LivenessReport[] = [];
  const close = service.watch({ address: THERE, localAddress: HERE, ...target }, { ...quick, ...profile }, (report) =>
    reports.push(report),
  );
  return { reports, close, state: () => reports.at(-1)?.state };
}

const mirrored = { address: HERE, localAddress: THERE };

/** A neighbor by hand: hears what is sent to UDP 3784, and answers as told. */
function station(wire: MemorySegment) {
  const heard: (Fields & { udpPort: number; hopLimit: number })[] = [];
  let lastTo = 0;
  const control = wire.datagrams.join({ address: THERE, udpPort: 3784 }, ({ bytes, from, hopLimit }) => {
    const decoded = codec("bfd").decode(bytes);
    assert.ok(decoded.ok);
    heard.push({ ...decoded.fields, udpPort: from.udpPort, hopLimit } as (typeof heard)[number]);
    lastTo = Number(decoded.fields["myDiscriminator"]);
  });
  const source = wire.datagrams.join({ address: THERE, udpPort: 50_000 }, () => {});
  return {
    heard,
    say: (fields: Partial<Fields>) =>
      source.send(bfdPacket({ yourDiscriminator: lastTo, ...fields }), { address: HERE, udpPort: 3784 }, 255),
    close: () => control.close(),
  };
}

LIVENESS("two hosts that watch each other are up, and one notices when the other is gone", async () => {
  const wire = memoryWire();
  const [here, there] = [host(wire), host(wire)];
  const ours = watch(here);
  assert.equal(ours.reports, [{ state: "down", isPeerAdminDown: false, reason: "no packet from the neighbor yet" }], "at once");
  const theirs = watch(there, mirrored);
  await until(() => ours.state() === "up" && theirs.state() === "up");
  assert.equal(ours.reports.at(-1), { state: "up", isPeerAdminDown: false, reason: "" });
  await there.packets.stop(); // with no farewell
  await until(() => ours.state() === "down");
  assert.is(ours.reports.at(-1)?.reason, "control detection time expired");
  await here.stop();
});

LIVENESS("counts() says what went over each session that is watched, and nothing of others", async () => {
  const wire = memoryWire();
  const [here, there] = [host(wire), host(wire)];
  assert.equal(await here.service.counts(), []);
  const ours = watch(here);
  const theirs = watch(there, mirrored);
  await until(() => ours.state() === "up" && theirs.state() === "up");
  const [{ received = 0, sent = 0, ...count } = {}, ...more] = await here.service.counts();
  assert.equal([more, count], [[], { address: THERE, device: undefined, isUp: true, ups: 1, downs: 0 }]);
  assert.ok(received > 2 && sent > 2, `${received} received, ${sent} sent`);
  theirs.close();
  await until(() => ours.state() === "down");
  assert.equal(
    (await here.service.counts()).map(({ isUp, ups, downs }) => [isUp, ups, downs]),
    [[false, 1, 1]],
  );
  ours.close();
  assert.equal(await here.service.counts(), []);
  await Promise.all([here.stop(), there.stop()]);
});

LIVENESS("close() tells the neighbor AdminDown, and forgets the session, program and ports a little later", async () => {
  const wire = memoryWire();
  const [here, there] = [host(wire), host(wire)];
  const ours = watch(here);
  const theirs = watch(there, mirrored);
  await until(() => ours.state() === "up" && theirs.state() === "up");
  ours.close();
  ours.close();
  await until(() => theirs.state() === "down");
  here.links.set([{ ...eth0, mtu: 9000 }]); // is no reason to forget it sooner
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { isPeerAdminDown, reason } = theirs.reports.at(-1) as LivenessReport;
  assert.is(isPeerAdminDown, true);
  assert.is(reason, "neighbor signaled session down: administratively down");
  const told = ours.reports.length;
  assert.is(here.service.size, 1);
  theirs.close();
  for (let left = 50; here.service.size + there.service.size > 0 && left > 0; left--)
    await new Promise((resolve) => setTimeout(resolve, 100));
  await until(() => wire.datagrams.size === 0);
  assert.is(ours.reports.length, told, "who has closed is told nothing");
  await Promise.all([here.stop(), there.stop()]);
});

LIVENESS("a neighbor that is watched again while its session ends is up again", async () => {
  const wire = memoryWire();
  const [here, there] = [host(wire), host(wire)];
  const theirs = watch(there, mirrored);
  const ours = watch(here);
  await until(() => theirs.state() === "up");
  ours.close();
  await until(() => theirs.state() === "down");
  const again = watch(here);
  assert.is(here.service.size, 1);
  await until(() => again.state() === "up" && theirs.state() === "up");
  await new Promise((resolve) => setTimeout(resolve, 4000)); // longer than a farewell takes
  assert.equal([again.state(), theirs.state(), here.service.size], ["up", "up", 1]);
  await Promise.all([here.stop(), there.stop()]);
});

LIVENESS("stop() tells every neighbor AdminDown", async () => {
  const wire = memoryWire();
  const [here, there] = [host(wire), host(wire)];
  const theirs = watch(there, mirrored);
  watch(here);
  await until(() => theirs.state() === "up");
  await here.stop();
  await until(() => theirs.reports.at(-1)?.isPeerAdminDown === true);
  assert.throws(() => watch(here), /^Cannot watch \S+: Herald is stopping$/);
  await there.stop();
});

LIVENESS("watches of one neighbor share a session with the quickest timers asked for", async () => {
  const wire = memoryWire();
  const here = host(wire);
  const neighbor = station(wire);
  const slow = watch(here, {}, { receiveIntervalMs: 300, transmitIntervalMs: 3000, detectMultiplier: 5 });
  await until(() => neighbor.heard.length > 0);
  const fast = watch(here, {}, { receiveIntervalMs: 50, transmitIntervalMs: 4000, detectMultiplier: 4 });
  assert.is(here.service.size, 1);
  neighbor.say({ state: 2 });
  await until(() => slow.state() === "up" && fast.state() === "up");
  const timers = () => ["detectMult", "desiredMinTxInterval", "requiredMinRxInterval"].map((name) => neighbor.heard.at(-1)?.[name]);
  await until(() => neighbor.heard.at(-1)?.["poll"] === 1);
  assert.equal(timers(), [4, 3_000_000, 50_000]);
  neighbor.say({ state: 3, final: 1, desiredMinTxInterval: 2_000_000 });
  fast.close();
  await until(() => neighbor.heard.at(-1)?.["requiredMinRxInterval"] === 300_000);
  assert.equal(timers(), [5, 3_000_000, 300_000]);
  assert.is(slow.state(), "up", "it lives on");
  await here.stop();
});

LIVENESS("packets leave with hop limit 255 from one source port of 49152 to 65535", async () => {
  const wire = memoryWire();
  const here = host(wire);
  const neighbor = station(wire);
  watch(here);
  await until(() => neighbor.heard.length > 0);
  const [first] = neighbor.heard;
  assert.is(first?.hopLimit, 255);
  assert.ok((first?.udpPort ?? 0) >= 49_152);
  assert.is.not(first?.["myDiscriminator"], 0);
  await here.stop();
});

LIVENESS("a port that another daemon has is the reason, and is taken when it is free", async () => {
  const wire = memoryWire();
  const here = host(wire);
  const daemon = wire.datagrams.join({ address: HERE, udpPort: 3784 }, () => {});
  const { reports } = watch(here);
  await until(() => reports.length > 1);
  const reason = "Cannot open UDP 192.0.2.1:3784: another socket is bound to it: is another BFD daemon running on this machine?";
  assert.equal(reports.at(-1), { state: "down", isPeerAdminDown: false, reason });
  daemon.close();
  here.links.set([{ ...eth0, mtu: 9000 }]); // any news of the links is a reason to try again
  await until(() => reports.at(-1)?.reason === "no packet from the neighbor yet");
  await here.stop();
});

LIVENESS("a link that is not there is the reason, until it comes; one that goes takes the session with it", async () => {
  const wire = memoryWire();
  const here = host(wire);
  const neighbor = station(wire);
  const eth1 = { ...eth0, index: 2, name: "eth1", mac: "02:00:00:00:00:02" };
  const { reports, state } = watch(here, { device: "eth1" });
  await until(() => reports.at(-1)?.reason === "There is no link eth1");
  here.links.set([eth1]);
  await until(() => neighbor.heard.length > 0);
  neighbor.say({ state: 2 });
  await until(() => state() === "up");
  here.links.set([{ ...eth1, up: false }]);
  await until(() => state() === "down");
  assert.is(reports.at(-1)?.reason, "path down");
  await here.stop();
});

for (const [what, target, says] of [
  ["on no link of ours", {}, "none of this machine's links has the neighbor's network"],
  ["over several hops", { multihop: true }, "it is for one hop of IPv4 only"],
  ["of IPv6", { address: "2001:db8::2", localAddress: "2001:db8::1" }, "it is for one hop of IPv4 only"],
] as const) {
  LIVENESS(`a session ${what} that should have the echo function says why it has none`, async () => {
    const here = host(memoryWire());
    const { reports } = watch(here, target, { echoMode: true });
    await until(() => reports.at(-1)?.reason === `no packet from the neighbor yet; without the echo function: ${says}`);
    await here.stop();
  });
}

const wrong: readonly (readonly [target: Partial<LivenessTarget>, profile: Partial<LivenessProfile>, says: string])[] = [
  [
    { address: "router.example" },
    {},
    'Cannot use "router.example" as an address: expected an IPv4 or IPv6 address, such as 192.0.2.1 or fe80::1%eth0',
  ],
  [{ address: "0.0.0.0" }, {}, "Cannot reach 0.0.0.0: expected the address of one host"],
  [
    { address: "fe80::2", localAddress: undefined as never },
    {},
    "Cannot watch fe80::2: a link-local address needs its link, such as fe80::2%eth0",
  ],
  [{ localAddress: "2001:db8::1" }, {}, "Cannot watch 192.0.2.2 from 2001:db8::1: expected two addresses of one family"],
  [{}, { receiveIntervalMs: 0 }, "Cannot watch with receiveIntervalMs 0: expected 1 to 4294967"],
  [{}, { transmitIntervalMs: Number.NaN }, "Cannot watch with transmitIntervalMs NaN: expected 1 to 4294967"],
  [{}, { detectMultiplier: 256 }, "Cannot watch with detectMultiplier 256: expected 1 to 255"],
  [{}, { minimumTtl: 0 }, "Cannot watch with minimumTtl 0: expected 1 to 255"],
];

for (const [target, profile, says] of wrong) {
  LIVENESS(`watch() refuses ${JSON.stringify({ ...target, ...profile })}`, () => {
    const here = host(memoryWire());
    throwsError(() => watch(here, target, profile), says);
    assert.is(here.service.size, 0);
  });
}

LIVENESS.run();
