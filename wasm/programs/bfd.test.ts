/** Module `bfd` at its boundary: the state machine, each check of a received packet, Poll Sequences, and when it sends what to whom. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadModule } from "../../host/packets/wasm.ts";
import { type Arrival, BfdStation, baseSession, bfdPacket, NEIGHBOR, SEND_PORT } from "../../host/workbench/testing/bfd-station.ts";

const BFD = suite("bfd program");
const MINE = baseSession.discriminator;
const [ADMIN_DOWN, DOWN, INIT, UP] = [0, 1, 2, 3] as const;
const names = ["adminDown", "down", "init", "up"] as const;

/** From the neighbor that knows us, in this state. */
const known = (state: number, fields = {}): Arrival => ({ bytes: bfdPacket({ state, yourDiscriminator: MINE, ...fields }) });

/** One session in this state at time 0; what it had to send has been sent. */
function station(state: number = DOWN, options: Parameters<BfdStation["put"]>[0] = {}): BfdStation {
  const made = new BfdStation();
  assert.is(made.put(options), 0);
  if (state === INIT || state === UP) made.receive([{ bytes: bfdPacket() }], 0);
  if (state === UP) made.receive([known(INIT, { final: 0 })], 0);
  if (state === ADMIN_DOWN) made.put({ ...options, isActive: false });
  made.tick(0);
  assert.is(made.state()?.state, names[state]);
  made.takeDrops();
  return made;
}

/** Ends the Poll Sequence that a session which has come up begins. */
function settled(options: Parameters<BfdStation["put"]>[0] = {}): BfdStation {
  const made = station(UP, options);
  made.receive([known(UP, { final: 1 })], 0);
  made.tick(0);
  return made;
}

BFD("imports nothing and cannot grow", () => {
  const module = loadModule("bfd");
  assert.is(WebAssembly.Module.imports(module).length, 0);
  const { memory } = new WebAssembly.Instance(module).exports as { memory: WebAssembly.Memory };
  assert.throws(() => memory.grow(1));
});

/** RFC 5880 §6.2 and §6.8.6: local state × received state → local state. */
const table: readonly (readonly [local: number, received: number, next: number])[] = [
  [DOWN, ADMIN_DOWN, DOWN],
  [DOWN, DOWN, INIT],
  [DOWN, INIT, UP],
  [DOWN, UP, DOWN],
  [INIT, ADMIN_DOWN, DOWN],
  [INIT, DOWN, INIT],
  [INIT, INIT, UP],
  [INIT, UP, UP],
  [UP, ADMIN_DOWN, DOWN],
  [UP, DOWN, DOWN],
  [UP, INIT, UP],
  [UP, UP, UP],
  [ADMIN_DOWN, ADMIN_DOWN, ADMIN_DOWN],
  [ADMIN_DOWN, DOWN, ADMIN_DOWN],
  [ADMIN_DOWN, INIT, ADMIN_DOWN],
  [ADMIN_DOWN, UP, ADMIN_DOWN],
];

for (const [local, received, next] of table) {
  BFD(`process() in state ${names[local]} hears ${names[received]} and is ${names[next]}`, () => {
    const made = station(local);
    made.receive([known(received)], 1);
    const { state, remoteState, diagnostic } = made.state() ?? {};
    assert.is(state, names[next]);
    if (local !== ADMIN_DOWN) assert.is(remoteState, names[received]);
    if (local === UP && next === DOWN) assert.is(diagnostic, 3, "neighbor signaled session down");
    const [sent] = made.tick(1);
    assert.is(sent !== undefined, local !== next, "a change is told at once, and nothing else");
    if (sent !== undefined) assert.is(sent.fields["state"], next);
    assert.is(made.program.isAnswering(0), next === UP, "the row's level is that the session is up");
  });
}

/** A packet with one byte changed. */
function changed(at: number, value: number, packet = bfdPacket()): Uint8Array {
  packet[at] = value;
  return packet;
}

const refused: Readonly<Record<string, readonly [drop: string, arrival: Arrival]>> = {
  "of version 0": ["wrong_version", { bytes: changed(0, 0x00) }],
  "of version 2": ["wrong_version", { bytes: changed(0, 0x40) }],
  "of 23 bytes": ["truncated", { bytes: bfdPacket().subarray(0, 23) }],
  "with a length of 23": ["length_too_short", { bytes: changed(3, 23) }],
  "with a length of 25 and the A bit": ["length_too_short", { bytes: changed(1, 0x44, changed(3, 25)), length: 25 }],
  "with a length beyond its datagram": ["length_too_long", { bytes: changed(3, 25) }],
  "with a detection multiplier of 0": ["zero_detect_mult", { bytes: changed(2, 0) }],
  "with the M bit": ["multipoint_bit", { bytes: changed(1, 0x41) }],
  "without a discriminator of its own": ["zero_discriminator", { bytes: changed(7, 0) }],
  "in state Init without ours": ["no_your_discriminator", { bytes: changed(1, INIT << 6) }],
  "in state Up without ours": ["no_your_discriminator", { bytes: changed(1, UP << 6) }],
  "with authentication": ["authentication_bit", { bytes: changed(1, 0x44, changed(3, 26)), length: 26 }],
  "with a discriminator that is nobody's": ["unknown_session", { bytes: bfdPacket({ yourDiscriminator: 0x12 }) }],
  "from a stranger": ["unknown_session", { bytes: bfdPacket(), peer: "192.0.2.3" }],
  "from a stranger who knows our discriminator": ["other_neighbor", { ...known(DOWN), peer: "192.0.2.3" }],
  "by another family": ["unknown_session", { bytes: bfdPacket(), peer: "c000:202::" }],
  "to another port": ["unknown_session", { bytes: bfdPacket(), port: 2 }],
  "that has passed a router": ["low_hop_limit", { bytes: bfdPacket(), hopLimit: 254 }],
};

for (const [what, [reason, arrival]] of Object.entries(refused)) {
  BFD(`process() drops a packet ${what}`, () => {
    const made = station();
    assert.equal(made.receive([arrival], 1), []);
    assert.equal(made.takeDrops(), { [reason]: 1 });
    assert.equal(made.state(), { state: "down", diagnostic: 0, remoteState: "down", remoteDiagnostic: 0, isEchoing: false });
    assert.equal(made.tick(1), []);
    assert.is(made.program.counters(0).answered, 0);
  });
}

BFD("process() passes over what follows a packet in its datagram", () => {
  const made = station();
  made.receive([{ bytes: bfdPacket(), length: 4000 }], 1);
  assert.is(made.state()?.state, "init");
});

BFD("a session of several hops hears what its least TTL lets through, and sends to port 4784", () => {
  const made = new BfdStation();
  made.put({ isMultihop: true, minimumTtl: 250 });
  assert.is(made.tick(0)[0]?.peerPort, 4784);
  made.receive([{ bytes: bfdPacket(), hopLimit: 249 }], 1);
  assert.equal(made.takeDrops(), { low_hop_limit: 1 });
  made.receive([{ bytes: bfdPacket(), hopLimit: 250 }], 1);
  assert.is(made.state()?.state, "init");
});

BFD("sessions with one link-local address are told apart by their links", () => {
  const made = new BfdStation();
  const peer = "fe80::2";
  for (const link of [0, 1, 2]) made.program.setLink(link, "02:00:00:00:00:01", true);
  made.put({ address: peer, links: 1n, discriminator: 1 });
  made.put({ address: peer, links: 2n, discriminator: 2 });
  assert.equal(
    made.tick(0).map(({ link }) => link),
    [0, 1],
  );
  made.receive([{ bytes: bfdPacket(), peer, link: 1 }], 1);
  assert.equal([made.state(1)?.state, made.state(2)?.state], ["down", "init"]);
  made.receive([{ bytes: bfdPacket({ yourDiscriminator: 1 }), peer, link: 1 }], 1);
  for (const link of [2, 64, 0xffff_ffff]) made.receive([{ bytes: bfdPacket(), peer, link }], 1);
  assert.equal(made.takeDrops(), { other_neighbor: 1, unknown_session: 3 });
});

BFD("a session goes down with its link, and says so", () => {
  const made = new BfdStation();
  made.program.setLink(5, "02:00:00:00:00:01", true);
  made.put({ links: 1n << 5n });
  made.receive([{ bytes: bfdPacket({ state: INIT, yourDiscriminator: MINE }), link: 5 }], 0);
  assert.is(made.state()?.state, "up");
  made.program.setLink(4, "", false);
  assert.is(made.state()?.state, "up", "another link is nothing to it");
  made.program.setLink(5, "", false);
  assert.equal(made.state(), { state: "down", diagnostic: 5, remoteState: "init", remoteDiagnostic: 0, isEchoing: false });
});

BFD("tick() sends from the session's port to its neighbor with hop limit 255 and slow timers", () => {
  const made = new BfdStation();
  made.put();
  const [sent, ...more] = made.tick(0);
  assert.is(more.length, 0);
  const { fields, bytes, ...to } = sent ?? { fields: {}, bytes: new Uint8Array() };
  assert.equal(to, { port: SEND_PORT, hopLimit: 255, link: 0xffff_ffff, peerPort: 3784, peer: NEIGHBOR });
  assert.is(bytes.length, 24);
  assert.equal(fields, {
    ...{ diagnostic: 0, state: DOWN, poll: 0, final: 0, controlPlaneIndependent: 0, demand: 0, detectMult: 3 },
    ...{ myDiscriminator: MINE, yourDiscriminator: 0 },
    ...{ desiredMinTxInterval: 1_000_000, requiredMinRxInterval: 100_000, requiredMinEchoRxInterval: 0 },
  });
});

/** Times between packets of a session that hears from its neighbor all along. */
function gaps(made: BfdStation, count: number, hear: Arrival): number[] {
  const times: number[] = [];
  for (let nowMs = 1; times.length <= count; nowMs = Math.max(made.program.nextTickMs, nowMs)) {
    made.receive([hear], nowMs);
    if (made.tick(nowMs).length > 0) times.push(nowMs);
  }
  return times.slice(1).map((nowMs, at) => nowMs - (times[at] as number));
}

const paces: Readonly<Record<string, readonly [made: () => BfdStation, hear: Arrival, least: number, most: number]>> = {
  "slowly, until it is up": [() => station(INIT), known(DOWN), 750, 1000],
  "as asked, when it is up": [() => settled(), known(UP), 75, 100],
  "with at least a tenth of jitter where one lost packet is too many": [() => settled({ detectMultiplier: 1 }), known(UP), 75, 90],
  "as slowly as the neighbor wants it": [() => settled(), known(UP, { requiredMinRxInterval: 400_000 }), 300, 400],
};

for (const [how, [make, hear, least, most]] of Object.entries(paces)) {
  BFD(`tick() sends ${how}`, () => {
    const found = gaps(make(), 400, hear);
    assert.ok(Math.min(...found) >= least - 1e-6 && Math.max(...found) <= most + 1e-6, `${Math.min(...found)} to ${Math.max(...found)} ms`);
    const spread = (most - least) / 10;
    assert.ok(Math.min(...found) < least + spread && Math.max(...found) > most - spread, "all of the jitter is used");
  });
}

BFD("tick() lets sessions send together, each within the jitter that it may have", () => {
  const made = settled();
  const other = { discriminator: 0x22, address: "192.0.2.3" };
  const hearOther = (state: number, final = 0): Arrival => ({ ...known(state, { final, yourDiscriminator: 0x22 }), peer: other.address });
  made.put(other);
  for (const [state, final] of [
    [DOWN, 0],
    [UP, 0],
    [UP, 1],
  ] as const)
    made.receive([hearOther(state, final)], 0);
  made.tick(0);
  const times = new Map<string, number[]>([
    [NEIGHBOR, []],
    [other.address, []],
  ]);
  let wakeups = 0;
  for (let nowMs = 1; wakeups < 400; nowMs = Math.max(made.program.nextTickMs, nowMs)) {
    made.receive([known(UP), hearOther(UP)], nowMs);
    const sent = made.tick(nowMs);
    if (sent.length > 0) wakeups++;
    for (const { peer } of sent) times.get(peer)?.push(nowMs);
  }
  let packets = 0;
  for (const [peer, sentAt] of times) {
    const found = sentAt.slice(3).map((atMs, at) => atMs - (sentAt[at + 2] as number));
    const [least, most] = [Math.min(...found), Math.max(...found)];
    assert.ok(least >= 75 - 1e-6 && least < 77.5 && most <= 100 + 1e-6 && most > 95, `${least} to ${most} ms between packets to ${peer}`);
    packets += sentAt.length;
  }
  assert.ok(packets > wakeups * 1.9, `${packets} packets in ${wakeups} wake-ups`);
});

BFD("tick() is silent where the neighbor wants no packets, but for news", () => {
  const made = settled();
  made.receive([known(UP, { requiredMinRxInterval: 0, detectMult: 255 })], 1);
  assert.equal(made.tick(5000), []);
  made.receive([known(DOWN, { requiredMinRxInterval: 0 })], 5000);
  assert.equal(
    made.tick(5000).map(({ fields }) => fields["state"]),
    [DOWN],
  );
});

BFD("tick() is silent where the neighbor is in Demand mode, and answers its Polls", () => {
  const made = settled();
  const demanding = known(UP, { demand: 1, detectMult: 255 });
  made.receive([demanding], 1);
  assert.equal(made.tick(5000), []);
  const answers = made.receive([known(UP, { demand: 1, poll: 1, detectMult: 255 })], 5001);
  assert.equal(
    answers.map(({ fields }) => [fields["final"], fields["poll"], fields["state"]]),
    [[1, 0, UP]],
  );
  made.put({ receiveIntervalMs: 50 });
  assert.is(made.tick(5002)[0]?.fields["poll"], 1, "a Poll Sequence of our own is sent");
  made.receive([known(UP, { demand: 1, final: 1, detectMult: 255 })], 5003);
  assert.equal(made.tick(9000), []);
  made.receive([known(UP)], 9001);
  assert.is(made.tick(9200).length, 1, "Demand mode is over");
});

BFD("a passive session waits for the neighbor's first packet, and after it has lost it", () => {
  const made = new BfdStation();
  made.put({ isPassive: true });
  assert.equal(made.tick(60_000), []);
  made.receive([{ bytes: bfdPacket() }], 60_000);
  assert.is(made.tick(60_000)[0]?.fields["state"], INIT);
  made.tick(90_000);
  assert.is(made.state()?.state, "down");
  assert.is(made.program.nextTickMs, Infinity);
});

BFD("silence is a session down, which begins anew with the next packet", () => {
  const made = settled();
  made.receive([known(UP)], 1000);
  made.tick(1299.9);
  assert.is(made.state()?.state, "up");
  const [sent] = made.tick(1300);
  assert.equal(made.state(), { state: "down", diagnostic: 1, remoteState: "up", remoteDiagnostic: 0, isEchoing: false });
  assert.equal(
    [sent?.fields["state"], sent?.fields["diagnostic"], sent?.fields["yourDiscriminator"], sent?.fields["desiredMinTxInterval"]],
    [DOWN, 1, 0, 1_000_000],
  );
  assert.equal(made.program.counters(0).announced, 1);
  made.receive([{ bytes: bfdPacket({ myDiscriminator: 0x99 }) }], 3_600_000);
  assert.is(made.tick(3_600_000)[0]?.fields["yourDiscriminator"], 0x99);
});

BFD("the detection time is the neighbor's multiplier, and the slower of its pace and ours", () => {
  for (const [fields, afterMs] of [
    [{ detectMult: 5, desiredMinTxInterval: 20_000 }, 500],
    [{ detectMult: 2, desiredMinTxInterval: 250_000 }, 500],
    [{ detectMult: 1, desiredMinTxInterval: 0 }, 100],
  ] as const) {
    const made = settled();
    made.receive([known(UP, fields)], 1000);
    made.tick(1000 + afterMs - 0.1);
    assert.is(made.state()?.state, "up");
    made.tick(1000 + afterMs);
    assert.is(made.state()?.state, "down");
  }
});

BFD("a row that is not sound is refused, and one that is put again changes nothing", () => {
  const made = new BfdStation();
  const nothing = [{ discriminator: 0 }, { detectMultiplier: 0 }, { sendPort: 0 }, { receivePort: 0 }];
  for (const options of nothing) assert.is(made.program.refusalName(made.put(options)), "attributes");
  for (let row = 0; row < 256; row++) assert.is(made.put({ discriminator: row + 1 }), row);
  assert.is(made.program.refusalName(made.put({ discriminator: 257 })), "table_full");
  assert.is(made.tick(0).length, 256);
  assert.is(made.put({ discriminator: 200 }), 199);
  assert.is(made.program.nextTickMs > 0, true);
  assert.is(made.program.rowCount, 256);
  made.remove({ discriminator: 200 });
  made.remove({ discriminator: 200 });
  assert.is(made.program.rowCount, 255);
  assert.is(made.state(200), undefined);
  assert.is(made.put({ discriminator: 300 }), 199);
});

BFD.run();
