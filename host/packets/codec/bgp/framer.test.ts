import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../../../workbench/testing/random.ts";
import { bgp } from "../bgp.ts";

const framer = suite("bgp framer");
const folder = fileURLToPath(new URL("../../../../fixtures/bgp/", import.meta.url));
const messages = readdirSync(folder).map((name) => Buffer.from(readFileSync(`${folder}${name}/packet.hex`, "utf8").trim(), "hex"));
const stream = Buffer.concat(messages);
const expected = messages.map((message) => message.toString("hex"));

function frame(pieces: readonly Uint8Array[]): string[] {
  const one = bgp.createFramer();
  const found = pieces.flatMap((piece) => {
    const { messages: whole, error } = one.push(piece);
    assert.is(error, undefined);
    return whole.map((bytes) => Buffer.from(bytes).toString("hex"));
  });
  assert.is(one.pendingBytes, 0);
  return found;
}

framer("push() gives the messages of a stream that is cut anywhere", () => {
  for (let cut = 0; cut <= stream.length; cut++)
    assert.equal(frame([stream.subarray(0, cut), stream.subarray(cut)]), expected, `cut at ${cut}`);
});

framer("push() gives them byte by byte, and in pieces of any size", () => {
  for (const size of [1, 2, 18, 19, 20, 100, 4096]) {
    const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) => stream.subarray(index * size, (index + 1) * size));
    assert.equal(frame(pieces), expected, `pieces of ${size}`);
  }
});

framer("push() takes pieces longer than the module's memory for them", () => {
  const copies = 100;
  const long = Buffer.concat(Array.from({ length: copies }, () => stream));
  assert.ok(long.length > 0x20000 * 2);
  const random = randomFrom(testSeed());
  for (let round = 0; round < 20; round++) {
    const cuts = Array.from({ length: 6 }, () => random(long.length)).sort((left, right) => left - right);
    const pieces = [0, ...cuts].map((cut, index) => long.subarray(cut, cuts[index] ?? long.length));
    assert.equal(frame(pieces), Array.from({ length: copies }, () => expected).flat());
  }
});

framer("messages of one piece share its memory, and nothing of a message is written over by the next", () => {
  const one = bgp.createFramer();
  const first = one.push(stream.subarray(0, 200)).messages.map((bytes) => [bytes, Buffer.from(bytes).toString("hex")] as const);
  one.push(stream.subarray(200));
  for (const [bytes, hex] of first) assert.is(Buffer.from(bytes).toString("hex"), hex);
});

framer("push() gives what comes before a bad header, and says what is wrong with it", () => {
  for (const cut of [10, 19, 25, 60]) {
    const good = bgp.encode({ type: "keepalive" });
    const bad = Buffer.concat([good, good, Buffer.alloc(30)]);
    const one = bgp.createFramer();
    const results = [one.push(bad.subarray(0, cut)), one.push(bad.subarray(cut))];
    assert.is(results.flatMap((result) => result.messages).length, 2);
    assert.equal(results.map(({ error }) => error?.status).filter(Boolean), ["NotSynchronized"]);
  }
});

framer("push() allows long messages once they are agreed on, but for OPEN and KEEPALIVE", () => {
  const long = Buffer.concat([stream.subarray(0, 16), Buffer.from("ffff02", "hex"), Buffer.alloc(65535 - 19)]);
  assert.is(bgp.createFramer().push(long).error?.status, "BadMessageLength");
  assert.is(bgp.createFramer().push(long, { extendedMessage: true }).messages[0]?.length, 65535);
  long.writeUInt16BE(4097, 16);
  for (const type of [1, 4]) {
    long[18] = type;
    assert.is(bgp.createFramer().push(long, { extendedMessage: true }).error?.status, "BadMessageLength");
  }
});

framer.run();
