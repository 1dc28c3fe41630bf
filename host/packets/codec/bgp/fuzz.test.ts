/**
 * Module `bgp` under messages of real peers and malformed ones, changed at random: no trap, no throw, every error one that is known, and
 * what was read without an error is written and read again as the same. `FUZZ_SECONDS=600` runs longer, `SEED=7` again.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { malformedOthers, malformedUpdates } from "../../../workbench/testing/malformed-bgp.ts";
import { randomFrom, testSeed } from "../../../workbench/testing/random.ts";
import { bgp, type DecodedMessage, type Message, type MessageFormat } from "../bgp.ts";
import { wireModule } from "../wire-module.ts";
import { statuses } from "./statuses.ts";

const fuzz = suite("bgp fuzz");
const seconds = Number(process.env["FUZZ_SECONDS"] ?? (process.env["CI"] === "true" ? 20 : 2));
const random = randomFrom(testSeed());

const folder = fileURLToPath(new URL("../../../../fixtures/bgp/", import.meta.url));
const seeds = [
  ...readdirSync(folder).map((name) => Buffer.from(readFileSync(`${folder}${name}/packet.hex`, "utf8").trim(), "hex")),
  ...[...malformedUpdates, ...malformedOthers].map(({ bytes }) => bytes).filter(({ length }) => length < 1000),
];

/** Numbers at which a length is likely to be off. */
const edges = [0, 1, 2, 3, 4, 31, 32, 33, 127, 128, 129, 254, 255];

function byte(): number {
  return random(3) === 0 ? (edges[random(edges.length)] as number) : random(256);
}

/** Of one message: bytes replaced, put in, left out, or taken from another; the length in the header set right, mostly. */
function mutate(): Buffer {
  let bytes = Buffer.from(seeds[random(seeds.length)] as Buffer);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = 19 + random(Math.max(1, bytes.length - 19));
    const kind = random(12);
    if (kind < 9 && at < bytes.length) bytes[at] = byte();
    else if (kind === 9)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: 1 + random(4) }, byte)), bytes.subarray(at)]);
    else if (kind === 10) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
    else {
      const other = seeds[random(seeds.length)] as Buffer;
      bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length))]);
    }
  }
  if (random(20) === 0) bytes[random(Math.min(19, bytes.length))] = byte();
  if (random(10) !== 0 && bytes.length >= 19) bytes.writeUInt16BE(bytes.length, 16);
  return bytes;
}

function anyFormat(): MessageFormat {
  return {
    fourOctetAs: random(4) !== 0,
    extendedMessage: random(4) === 0,
    ...(random(2) === 0 ? { isInternal: random(2) === 0 } : {}),
    ...(random(3) === 0 ? { extendedNextHop: random(2) === 0 ? [] : [{ afi: 1, safi: 1 }] } : {}),
  };
}

/** Encoded and decoded again, which must be as good; the long format has room for an OPEN that needs it. */
function again(message: Message, format: MessageFormat): Message {
  const { message: found, errors } = bgp.decode(bgp.encode(message, { ...format, extendedMessage: true }), {
    ...format,
    extendedMessage: true,
  });
  assert.equal(errors, []);
  assert.ok(found);
  return found as Message;
}

function check(bytes: Buffer, format: MessageFormat): DecodedMessage {
  const decoded = bgp.decode(bytes, format);
  for (const { status = "none", verb } of decoded.errors) assert.ok(status in statuses && verb !== undefined, status);
  assert.is(
    decoded.message === undefined,
    decoded.errors.some(({ verb }) => verb === "resetSession"),
  );
  if (decoded.message === undefined || decoded.errors.length > 0) return decoded;
  const once = again(decoded.message, format);
  // AS4_PATH comes out as long as the path that it was merged into.
  if (format.fourOctetAs === false) assert.equal(again(once, format), once);
  else assert.equal(once, decoded.message);
  return decoded;
}

fuzz("decode() answers whatever comes, and what it reads is a fixed point", () => {
  const counts = { good: 0, withdrawn: 0, reset: 0 };
  const end = performance.now() + seconds * 1000;
  let total = 0;
  for (; performance.now() < end; total++) {
    const [bytes, format] = [mutate(), anyFormat()];
    try {
      const { message, errors } = check(bytes, format);
      counts[errors.length === 0 ? "good" : message === undefined ? "reset" : "withdrawn"]++;
    } catch (error) {
      throw new Error(`${bytes.toString("hex")} as ${JSON.stringify(format)}: ${(error as Error).stack}`);
    }
  }
  process.stdout.write(`${total} messages: ${JSON.stringify(counts)}\n`);
  assert.ok(Math.min(...Object.values(counts)) > total / 100, "of each a share");
});

fuzz("push() ends, and gives no bytes but those that came", () => {
  for (let round = 0; round < 5000; round++) {
    const stream = Buffer.concat(Array.from({ length: 1 + random(5) }, () => (random(4) === 0 ? mutate() : (seeds[random(46)] as Buffer))));
    const framer = bgp.createFramer();
    const found: Uint8Array[] = [];
    let isOver = false;
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random(80);
      const { messages, error } = framer.push(stream.subarray(at, at + size));
      assert.ok(!isOver || (messages.length === 0 && error === undefined));
      isOver ||= error !== undefined;
      found.push(...messages);
      at += size;
    }
    const whole = Buffer.concat(found);
    assert.ok(stream.subarray(0, whole.length).equals(whole));
    if (!isOver) assert.is(whole.length + framer.pendingBytes, stream.length);
  }
});

/** Calls with records that no host wrote: numbers of all sizes, and addresses inside, at the end of and outside the memory. */
fuzz("encoders, group() and pack() answer whatever the record says", () => {
  const { memory, view, value, call } = wireModule("bgp");
  const word = () => {
    const kind = random(6);
    if (kind === 0) return random(0xffffffff);
    return kind < 3
      ? random(64)
      : kind === 3
        ? value("VALUES") + random(64)
        : kind === 4
          ? memory.length - random(64)
          : edges[random(edges.length)];
  };
  const answers = new Set<number>();
  const scatter = (from: string, words: number) => {
    for (let index = 0; index < words; index++) view.setUint32(value(from) + index * 4, word() ?? 0, true);
  };
  for (let round = 0; round < 20_000; round++) {
    for (const region of ["RECORD", "CAPABILITIES", "ATTRIBUTES", "VALUES", "KEYS", "PACK_KEYS", "CHANGES"]) scatter(region, 60);
    answers.add(call("encodeOpen"));
    scatter("RECORD", 120);
    answers.add(call("encodeUpdate", random(2) === 0 ? 4096 : random(70_000), 2 * (1 + random(2))));
    scatter("RECORD", 120);
    answers.add(call("encodeAttributes", 4096, 4));
    answers.add(call("encodeNotification"));
    answers.add(call("encodeRefresh"));
    answers.add(call("tellAttribute", random(300)));
    answers.add(call("group", random(20)));
    answers.add(
      call("pack", random(5), random(8), random(2), word() ?? 0, random(10), random(200), random(40), random(70_000), word() ?? 0),
    );
  }
  assert.ok(answers.size > 100, `${answers.size} different answers`);
});

fuzz.run();
