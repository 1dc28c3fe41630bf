import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MessageCounter } from "./message-counts.ts";

const counter = suite("message counts");

function message(type: number, length = 19): Uint8Array {
  const bytes = new Uint8Array(Math.max(length, 19)).fill(0xff, 0, 16);
  bytes.set([length >> 8, length & 0xff, type], 16);
  return bytes;
}

counter("counts messages that came together by their types", () => {
  const counts = new MessageCounter();
  counts.add(Buffer.concat([message(1, 29), message(4), message(2, 300), message(2), message(5, 23), message(3, 21), message(9)]));
  assert.equal(counts.counts, { total: 7, open: 1, update: 2, notification: 1, keepalive: 1, routeRefresh: 1 });
});

counter("comes to an end with lengths that lie", () => {
  const counts = new MessageCounter();
  counts.add(message(4, 0));
  counts.add(message(4).subarray(0, 18));
  assert.is(counts.counts.total, 1);
});

counter.run();
