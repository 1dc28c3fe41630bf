import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PoolUsage } from "../../../rules/pool-usage.ts";
import { FakeClock, settled } from "../../../workbench/testing/fake-clock.ts";
import { type Api, ApiError, type ApiRequest } from "../../api/api.ts";
import { PoolStatus } from "./pool-status.ts";

const pools = suite("pool-status");

function start() {
  const clock = new FakeClock();
  const usage: PoolUsage[] = [{ pool: "home", total: { 4: 10n, 6: 2n ** 64n }, used: { 4: 3, 6: 1 }, services: 3 }];
  const asked: ApiRequest[] = [];
  const state = {
    error: undefined as Error | undefined,
    may: true,
    shown: undefined as unknown,
    answer: undefined as Promise<void> | undefined,
  };
  const calls = new Set<() => void>();
  const shown = { poolStatusOf: () => state.shown, onPools: (call: () => void) => calls.add(call) && (() => calls.delete(call)) };
  const tell = (status: unknown) => {
    state.shown = status;
    for (const call of calls) call();
  };
  const api = {
    request: async (request: ApiRequest) => {
      asked.push(request);
      await state.answer;
      if (state.error !== undefined) throw state.error;
    },
  } as unknown as Api;
  const fence = { mayWrite: () => state.may, writeTimeoutMs: 4000, signal: new AbortController().signal, noteUnanswered: () => undefined };
  const told: string[] = [];
  const log = { warn: (message: string) => void told.push(message) };
  const status = new PoolStatus({ api, fence, namespace: "herald", usage: () => usage, pools: shown, clock, log });
  const use = (used: number) => (usage[0] = { ...(usage[0] as PoolUsage), used: { 4: used, 6: 1 } });
  return { clock, usage, asked, state, told, status, use, tell };
}

pools("changed() writes what is assigned and available, exactly also where no JavaScript number can", async () => {
  const { asked, status } = start();
  status.changed();
  await settled();
  assert.equal(
    asked.map(({ path, body }) => [path, body]),
    [
      [
        "/apis/metallb.io/v1beta1/namespaces/herald/ipaddresspools/home/status",
        '{"status":{"assignedIPv4":3,"assignedIPv6":1,"availableIPv4":7,"availableIPv6":9223372036854775806}}',
      ],
    ],
  );
});

pools("a hundred changes in a second are two writes, and no change is none", async () => {
  const { clock, asked, status, use } = start();
  for (let used = 1; used <= 100; used++) {
    use(used % 10);
    status.changed();
    await clock.advance(9);
  }
  assert.is(asked.length, 1);
  await clock.advance(100);
  assert.is(asked.length, 2);
  await clock.advance(5000);
  status.changed();
  await clock.advance(5000);
  assert.is(asked.length, 2);
});

pools("what the API server has already is not written, and what somebody else wrote is put right", async () => {
  const { clock, asked, status, tell } = start();
  const right = { assignedIPv4: 3, assignedIPv6: 1, availableIPv4: 7, availableIPv6: Number(2n ** 63n - 2n) };
  tell({ ...right });
  status.changed();
  await clock.advance(5000);
  assert.is(asked.length, 0);
  tell({ ...right, assignedIPv4: 999 });
  await clock.advance(5000);
  assert.is(asked.length, 1);
  tell({ ...right });
  await clock.advance(5000);
  assert.is(asked.length, 1, "that was our own");
  tell(undefined);
  await clock.advance(5000);
  assert.is(asked.length, 2, "made anew");
});

pools("one pool that is slow to be written holds up no other", async () => {
  const { asked, usage, status, state } = start();
  usage.push({ ...(usage[0] as PoolUsage), pool: "office" });
  state.answer = new Promise(() => {});
  status.changed();
  await settled();
  assert.is(asked.length, 2);
});

pools("what fails is tried again, and told once; a pool that has gone is not", async () => {
  const { clock, asked, state, told, status } = start();
  state.error = new ApiError("Overloaded", { status: 429 });
  status.changed();
  await clock.advance(20_000);
  assert.ok(asked.length >= 4 && asked.length <= 12, `${asked.length} tries`);
  assert.equal(told, ["Cannot write how full pools are"]);
  state.error = new ApiError("Not found", { status: 404 });
  await clock.advance(60_000);
  const tries = asked.length;
  await clock.advance(60_000);
  assert.is(asked.length, tries);
});

pools("nothing is written without leave, or after close()", async () => {
  const { clock, asked, state, status, use } = start();
  state.may = false;
  status.changed();
  await clock.advance(5000);
  assert.is(asked.length, 0);
  state.may = true;
  status.changed();
  await clock.advance(100);
  use(9);
  status.changed();
  status.close();
  await clock.advance(5000);
  status.changed();
  await clock.advance(5000);
  assert.is(asked.length, 1);
  assert.is(clock.pending, 0);
});

pools.run();
