import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Heap, keepHeapSmall, ownHeap } from "./small-heap.ts";

const MB = 1024 * 1024;
const smallHeap = suite("small-heap");

/** Gives these sizes one after the other, and the last one from then on. */
function heapOf(...sizesMb: number[]): Heap & { shrunkAt: number[] } {
  const shrunkAt: number[] = [];
  let asked = 0;
  return {
    shrunkAt,
    sizeBytes: () => (sizesMb[Math.min(asked++, sizesMb.length - 1)] as number) * MB,
    async shrink() {
      shrunkAt.push(asked);
    },
  };
}

async function watch(heap: Heap): Promise<void> {
  const close = keepHeapSmall(heap, 1);
  await sleep(40);
  close();
}

smallHeap("shrinks once, when the heap has stopped growing", async () => {
  const heap = heapOf(8, 20, 30, 30, 12);
  await watch(heap);
  assert.equal(heap.shrunkAt, [4]);
});

smallHeap("leaves a heap alone that has hardly grown", async () => {
  const heap = heapOf(8, 12);
  await watch(heap);
  assert.equal(heap.shrunkAt, []);
});

smallHeap("takes what is left after a shrink for what is needed", async () => {
  const heap = heapOf(8, 150, 150, 70, 75, 100);
  await watch(heap);
  assert.equal(heap.shrunkAt, [3]);
});

smallHeap("shrinks again after the next burst", async () => {
  const heap = heapOf(8, 30, 30, 12, 40, 40, 12);
  await watch(heap);
  assert.equal(heap.shrunkAt, [3, 6]);
});

smallHeap("takes slow growth for rest", async () => {
  const heap = heapOf(8, 40, 41, 12);
  await watch(heap);
  assert.equal(heap.shrunkAt, [3]);
});

smallHeap("does nothing after close", async () => {
  const heap = heapOf(8, 80);
  keepHeapSmall(heap, 5)();
  await sleep(20);
  assert.equal(heap.shrunkAt, []);
});

smallHeap("ownHeap.shrink() gives memory back, more than once", async () => {
  for (let time = 0; time < 2; time++) {
    let kept: unknown[] = Array.from({ length: 400_000 }, (_, at) => ({ at, text: `${at}` }));
    const grown = ownHeap.sizeBytes();
    assert.is(kept.length, 400_000);
    kept = [];
    await ownHeap.shrink();
    assert.ok(ownHeap.sizeBytes() < grown - 10 * MB, `${grown} → ${ownHeap.sizeBytes()}`);
  }
});

smallHeap.run();
