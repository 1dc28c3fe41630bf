import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NotCapable } from "../../announcer.ts";
import type { Channel, Plain } from "./channel.ts";
import { encodeFrame, FrameReader, TYPES } from "./frames.ts";
import { memoryChannels } from "./memory-channels.ts";
import { type ByteStream, Wire } from "./wire.ts";

const line = suite("line");

/** One end whose other end the test plays with frames of its own. */
function scripted() {
  const sent: unknown[] = [];
  const faults: string[] = [];
  let feed: (chunk: Uint8Array) => void = () => undefined;
  const reader = new FrameReader();
  const stream: ByteStream = {
    writableLength: 0,
    write: (bytes) => {
      for (const { type, value } of reader.read(bytes)) sent.push([type, value]);
    },
    pause: () => undefined,
    resume: () => undefined,
    on: (event: string, call: (chunk: Uint8Array) => void) => {
      if (event === "data") feed = call;
    },
  };
  const wire = new Wire(stream, (reason) => faults.push(reason));
  const channel: Channel = wire.open(1);
  return { channel, sent, faults, feed: (bytes: Uint8Array) => feed(bytes) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

line("calls are answered, words are heard, both in order and both ways", async () => {
  const { host, plugin } = memoryChannels();
  const heard: Plain[] = [];
  plugin.serve({ add: (a, b) => Promise.resolve((a as number) + (b as number)), hear: (word) => heard.push(word ?? null) });
  host.serve({ echo: (value) => value });
  for (const word of ["one", "two", "three"]) host.tell("hear", [word]);
  host.tell("nothing of that name", []);
  assert.is(await host.call("add", [1, 2]), 3);
  assert.equal(heard, ["one", "two", "three"]);
  assert.equal(await plugin.call("echo", [{ bytes: new Uint8Array([1, 2]) }]), { bytes: new Uint8Array([1, 2]) });
});

line("an error arrives with its name, message and permission", async () => {
  const { host, plugin } = memoryChannels();
  const permission = { kind: "net", host: "192.0.2.1:179" } as const;
  plugin.serve({
    deny: () => {
      throw new NotCapable("x", permission, "not granted");
    },
    odd: () => Promise.reject("only text"),
    silent: () => new Promise(() => undefined),
    unsendable: () => ({ call: () => undefined }),
  });
  const errorOf = async (method: string, timeoutMs?: number): Promise<Error & { permission?: unknown }> => {
    try {
      await host.call(method, [], timeoutMs);
    } catch (error) {
      return error as Error;
    }
    throw new Error(`${method} was answered`);
  };
  const denied = await errorOf("deny");
  assert.equal([denied.name, denied.message, denied.permission], ["NotCapable", "not granted", permission]);
  assert.is((await errorOf("odd")).message, "only text");
  assert.is((await errorOf("unsendable")).message, "Cannot send [1].call: found a function, expected plain data");
  assert.is((await errorOf("toString")).message, 'Unknown method "toString"');
  assert.is((await errorOf("silent", 5)).message, "silent took longer than 0.005 s");
});

line("the end rejects what is open, and what comes later", async () => {
  const { host, plugin, end } = memoryChannels();
  plugin.serve({ silent: () => new Promise(() => undefined) });
  const open = host.call("silent", []);
  const reasons: string[] = [];
  host.onEnd((reason) => reasons.push(reason.message));
  await turn();
  end(new Error("the process is gone"));
  host.onEnd((reason) => reasons.push(reason.message));
  for (const call of [open, host.call("silent", [])]) {
    await call.then(
      () => assert.unreachable(),
      (error: Error) => assert.is(error.message, "the process is gone"),
    );
  }
  host.tell("silent", []);
  assert.equal(reasons, ["the process is gone", "the process is gone"]);
});

line("a sender keeps to 64 calls and 256 KB, in order", async () => {
  const { channel, sent, feed } = scripted();
  for (let at = 1; at <= 70; at++) void channel.call("m", [at]).catch(() => undefined);
  channel.tell("last", []);
  assert.is(sent.length, 64);
  feed(encodeFrame(TYPES.answer, 1, [1, null]));
  assert.is(sent.length, 65);
  for (let at = 2; at <= 7; at++) feed(encodeFrame(TYPES.answer, 1, [at, null]));
  assert.equal(sent.at(-1), [TYPES.tell, ["last", []]]);

  const other = scripted();
  const bytes = new Uint8Array(60_000);
  for (let at = 0; at < 8; at++) other.channel.tell("m", [bytes]);
  assert.is(other.sent.length, 5, "the window is full after the one that crosses 256 KB");
  other.channel.serve({ ask: () => "answer" });
  other.feed(encodeFrame(TYPES.call, 1, [1, "ask", []]));
  await turn();
  assert.is(other.sent.length, 5, "an answer does not overtake what was told before");
  other.feed(encodeFrame(TYPES.handled, 1, [240_000]));
  assert.equal(other.sent.at(-1), [TYPES.answer, [1, "answer"]]);
});

line("a receiver lets nobody beyond the credits", () => {
  const calls = scripted();
  calls.channel.serve({ silent: () => new Promise(() => undefined) });
  for (let id = 1; id <= 64; id++) calls.feed(encodeFrame(TYPES.call, 1, [id, "silent", []]));
  assert.equal(calls.faults, []);
  calls.feed(encodeFrame(TYPES.call, 1, [65, "silent", []]));
  assert.equal(calls.faults, ["more than 64 calls at once"]);

  const words = scripted();
  words.channel.serve({ silent: () => new Promise(() => undefined) });
  for (let at = 0; at < 6; at++) words.feed(encodeFrame(TYPES.tell, 1, ["silent", [new Uint8Array(60_000)]]));
  assert.equal(words.faults, ["more than 262144 bytes that are not dealt with"]);
});

line("confirms what was dealt with, so that a long stream never stops", async () => {
  const { host, plugin } = memoryChannels();
  let heard = 0;
  host.serve({ hear: () => void heard++ });
  for (let at = 0; at < 100; at++) plugin.tell("hear", [new Uint8Array(50_000)]);
  for (let at = 0; at < 200 && heard < 100; at++) await turn();
  assert.is(heard, 100);
});

line("an end that sends more than is taken is at fault", async () => {
  const { host, plugin } = memoryChannels();
  host.serve({ silent: () => new Promise(() => undefined) });
  const reason = new Promise<string>((resolve) => host.onEnd((error) => resolve(error.message)));
  for (let at = 0; at < 400; at++) plugin.tell("silent", [new Uint8Array(60_000)]);
  assert.is(await reason, "Protocol fault: more than 16 MB of messages wait to be taken");
});

const faults: readonly (readonly [what: string, bytes: Uint8Array, reason: string])[] = [
  ["an answer to nothing", encodeFrame(TYPES.answer, 1, [7, null]), "an answer to nothing"],
  ["a failure of nothing", encodeFrame(TYPES.failure, 1, [7, {}]), "an answer to nothing"],
  ["a confirmation of nothing", encodeFrame(TYPES.handled, 1, [1]), "a confirmation of what was not sent"],
  ["a call that is none", encodeFrame(TYPES.call, 1, ["x", "m", []]), "a call without a method, arguments or a number"],
  ["a message that is no list", encodeFrame(TYPES.tell, 1, { a: 1 }), "a message that is not a list"],
  ["a line that is not open", encodeFrame(TYPES.tell, 9, ["m", []]), "a message of line 9, which is not open"],
];
for (const [what, bytes, reason] of faults) {
  line(`${what} is a fault, and nothing is read after it`, () => {
    const { channel, faults, feed } = scripted();
    let heard = 0;
    channel.serve({ m: () => void heard++ });
    feed(bytes);
    feed(encodeFrame(TYPES.tell, 1, ["m", []]));
    assert.equal([faults, heard], [[reason], 0]);
  });
}

line.run();
