import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FairStream } from "./fair-stream.ts";

const fair = suite("fair stream");

/** A stream that the test feeds, with a reader that takes its time. */
function scripted(readMs: number) {
  const said: string[] = [];
  let feed: (chunk: Uint8Array) => void = () => {};
  const stream = new FairStream({
    writableLength: 0,
    write: () => true,
    pause: () => said.push("pause"),
    resume: () => said.push("resume"),
    on: (event: string, call: (chunk: Uint8Array) => void) => {
      if (event === "data") feed = call;
    },
  });
  stream.on("data", () => {
    for (const endMs = performance.now() + readMs; performance.now() < endMs; );
  });
  return { said, stream, feed: () => feed(new Uint8Array(1)) };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

fair("what took long to be read makes the rest wait, and then goes on", async () => {
  const { said, feed } = scripted(10);
  feed();
  assert.equal(said, ["pause"]);
  await wait(5);
  assert.equal(said, ["pause"]);
  await wait(300);
  assert.equal(said, ["pause", "resume"]);
});

fair("much that is short is long together, unless time goes by between", async () => {
  const { said, feed } = scripted(0.2);
  for (let at = 0; at < 4; at++) {
    feed();
    await wait(10);
  }
  assert.equal(said, []);
  for (let at = 0; at < 60; at++) feed();
  assert.is(said[0], "pause");
});

fair("who is paused by its reader is not resumed by time, nor the other way round", async () => {
  const { said, stream, feed } = scripted(10);
  feed();
  stream.pause();
  await wait(300);
  assert.equal(said, ["pause", "pause"]);
  stream.resume();
  assert.is(said.pop(), "resume");
  feed();
  stream.resume();
  assert.is(said.pop(), "pause");
});

fair.run();
