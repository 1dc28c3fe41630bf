/**
 * Module `bfd` under a million random and mutated packets: no trap, every packet taken or counted once, and the state that an independent
 * reading of RFC 5880 §6.8.6 gives.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arrival, BfdStation, baseSession, bfdPacket, NEIGHBOR } from "../../host/workbench/testing/bfd-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const FUZZ = suite("bfd program fuzz");
const PACKETS = 1_000_000;
const BATCH = 100;
const MINE = baseSession.discriminator;
const STRANGER = "192.0.2.9";

const states = ["adminDown", "down", "init", "up"] as const;
type State = (typeof states)[number];

/** Byte by byte, with no line of the program's: what a packet does to a session that is in `local`, or undefined where it is dropped. */
function next(local: State, { bytes, length = bytes.length, hopLimit = 255, peer = NEIGHBOR }: Arrival): State | undefined {
  if (length < 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [first, flags, multiplier, stated] = bytes as unknown as [number, number, number, number];
  const remote = states[flags >> 6] as State;
  const [mine, yours] = [view.getUint32(4), view.getUint32(8)];
  if (first >> 5 !== 1 || stated < 24 || stated > length || multiplier === 0 || (flags & 5) !== 0 || mine === 0) return undefined;
  if (yours === 0 ? remote !== "down" && remote !== "adminDown" : yours !== MINE) return undefined;
  if (peer !== NEIGHBOR || hopLimit !== 255) return undefined;
  switch (`${local} ${remote}`) {
    case "down down":
      return "init";
    case "down init":
    case "init init":
    case "init up":
      return "up";
    case "init adminDown":
    case "up adminDown":
    case "up down":
      return "down";
    default:
      return local;
  }
}

const sound = new Uint8Array(128);
sound.set(bfdPacket({ yourDiscriminator: MINE }));

/** A sound packet of any state with some bytes changed, or noise; of any length. */
function randomArrival(random: (below: number) => number): Arrival {
  const kind = random(16);
  const bytes = sound.slice();
  if (random(3) === 0) bytes.fill(0, 8, 12); // our discriminator
  bytes[2] = 1 + random(255);
  bytes[7] = 1 + random(3);
  bytes[1] = (random(4) << 6) | (random(4) === 0 ? random(64) : 0);
  for (let left = kind < 8 ? 0 : 1 + random(3); left > 0; left--) bytes[random(24)] = random(256);
  if (kind === 15) for (let at = 0; at < 128; at++) bytes[at] = random(256);
  const length = random(8) === 0 ? random(160) : 24 + random(3);
  return { bytes, length, hopLimit: random(16) === 0 ? random(256) : 255, peer: random(16) === 0 ? STRANGER : NEIGHBOR };
}

function isPoll({ bytes }: Arrival): boolean {
  return ((bytes[1] as number) & 0x20) !== 0;
}

FUZZ("process() does the right thing to a million packets", () => {
  const random = randomFrom(testSeed());
  const made = new BfdStation();
  made.put();
  let state: State = "down";
  let nowMs = 0;
  const seen: Record<string, number> = {};
  for (let count = 0; count < PACKETS; count += BATCH) {
    const arrivals = Array.from({ length: random(8) === 0 ? 1 : BATCH }, () => randomArrival(random));
    let [dropped, polls] = [0, 0];
    for (const arrival of arrivals) {
      const after = next(state, arrival);
      if (after === undefined) dropped++;
      else {
        if (isPoll(arrival)) polls++;
        state = after;
      }
    }
    seen[state] = (seen[state] ?? 0) + 1;
    assert.is(made.receive(arrivals, nowMs).filter(({ fields }) => fields["final"] === 1).length, polls);
    assert.is(made.state()?.state, state);
    assert.is(
      Object.values(made.takeDrops()).reduce((sum, drops) => sum + drops, 0),
      dropped,
    );
    // Now and then silence: whatever the last packet's timers were, the next tick finds them finite or none.
    nowMs += random(50);
    made.tick(nowMs);
    const found: State | undefined = made.state()?.state;
    assert.ok(found === state || found === "down", `${found} after ${state}`);
    state = found as State;
    assert.ok(made.program.nextTickMs > nowMs);
  }
  assert.ok(
    ["down", "init", "up"].every((name) => (seen[name] ?? 0) > 100),
    JSON.stringify(seen),
  );
});

FUZZ("process() does the same whatever lies behind the packet", () => {
  for (const packet of [bfdPacket(), bfdPacket({ state: 2, yourDiscriminator: MINE, poll: 1 })]) {
    for (let length = 0; length <= packet.length; length++) {
      const outcomes = new Set(
        [0x00, 0xff, 0x06, 0x81].map((filler) => {
          const made = new BfdStation();
          made.put();
          const bytes = new Uint8Array(128).fill(filler);
          bytes.set(packet.subarray(0, length));
          const sent = made.receive([{ bytes, length }], 1).map((one) => Buffer.from(one.bytes).toString("hex"));
          return JSON.stringify([sent, made.takeDrops(), made.state()]);
        }),
      );
      assert.is(outcomes.size, 1, `${length} bytes`);
    }
  }
});

FUZZ("process() takes no slot for more than it is, nor a frame for a datagram", () => {
  const made = new BfdStation();
  made.put();
  assert.is(made.program.process(-1, 129, 0), 0);
  assert.is(made.program.process(0, 1, 0), 0);
});

FUZZ.run();
