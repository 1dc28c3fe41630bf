/** Refreshes through module `arp`: how often rows announce themselves again, and that many of them cost no more each than few. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addressAttributes, ProgramStation, readArp } from "../../host/workbench/testing/program-station.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";

const WHEEL = suite("wheel");
const TICK_MS = 256;
/** A burst is over after this long. */
const BURST_MS = 5000;
const VIP = "192.0.2.1";

function station(): ProgramStation {
  const made = new ProgramStation();
  made.program.setLink(0, "02:00:00:00:00:02", true);
  return made;
}

function put(
  made: ProgramStation,
  refreshMs: number,
  row: { address?: string; state?: "active" | "standby"; announceSerial?: number } = {},
) {
  const { address = VIP, state = "active", announceSerial = 0 } = row;
  return made.put({ address, state, attributes: addressAttributes({ refreshMs, announceSerial }) });
}

/** Calls `tick` whenever it is due, as the engine does, up to `toMs`; `onRow` for each request that announces a row. */
function run(made: ProgramStation, fromMs: number, toMs: number, onRow: (address: string, nowMs: number) => void): void {
  for (let nowMs = fromMs; nowMs < toMs; nowMs = Math.max(nowMs, made.program.nextTickMs)) {
    for (const { frame } of made.tick(nowMs)) if (frame[21] === 1) onRow(frame.subarray(38, 42).join("."), nowMs);
  }
}

function timesOf(made: ProgramStation, fromMs: number, toMs: number): number[] {
  const times: number[] = [];
  run(made, fromMs, toMs, (_, nowMs) => times.push(nowMs));
  return times;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, at) => time - (times[at] as number));
}

WHEEL("an active row announces itself again, one round of both forms, after three quarters of its interval to all of it", () => {
  const made = station();
  put(made, 30_000);
  const times = timesOf(made, 1000, 1_000_000);
  assert.equal(times.slice(0, 5), [1000, 2100, 3200, 4300, 5400], "its burst");
  assert.ok(times.length > 35 && times.length < 50, `${times.length} rounds`);
  for (const gap of gaps(times.slice(4))) assert.ok(gap >= 22_500 && gap <= 30_000 + TICK_MS, `${gap} ms`);
  assert.is(made.counters(0).announced, 2 * times.length);
  assert.equal(readArp(made.tick(made.program.nextTickMs + 30_000)[0]?.frame ?? new Uint8Array())["senderAddress"], VIP);
});

WHEEL("no row is refreshed more than once a second, and none where it is not asked for", () => {
  for (const refreshMs of [1, 999, 1000]) {
    const made = station();
    put(made, refreshMs);
    const times = timesOf(made, 0, 60_000);
    assert.ok(times.length > 40, `${refreshMs} ms: ${times.length} rounds`);
    for (const gap of gaps(times.slice(4))) assert.ok(gap >= 1000 && gap <= 1000 + TICK_MS, `${gap} ms`);
  }
  const made = station();
  put(made, 0);
  timesOf(made, 0, 60_000);
  assert.is(made.program.nextTickMs, Infinity);
});

WHEEL("a longer interval than a turn of the wheel, up to the longest there is, is kept", () => {
  const made = station();
  put(made, 3_600_000);
  for (const gap of gaps(timesOf(made, 0, 5 * 3_600_000).slice(4))) assert.ok(gap >= 2_700_000 && gap <= 3_600_000 + TICK_MS, `${gap} ms`);
  put(made, 0xffff_ffff);
  assert.equal(timesOf(made, 5 * 3_600_000, 10 * 3_600_000), []);
});

WHEEL("another interval bursts nothing and counts from now on; none ends it; a row on standby has none", () => {
  const made = station();
  put(made, 600_000);
  timesOf(made, 0, BURST_MS);
  put(made, 10_000);
  const [first = 0] = timesOf(made, BURST_MS, 16_000);
  assert.ok(first >= BURST_MS + 7500 && first <= BURST_MS + 10_000 + TICK_MS, `${first}`);
  put(made, 0);
  assert.equal(timesOf(made, 16_000, 100_000), []);
  assert.is(made.program.nextTickMs, Infinity);
  put(made, 10_000);
  put(made, 10_000, { state: "standby" });
  assert.equal(timesOf(made, 100_000, 200_000), []);
  assert.is(made.program.nextTickMs, Infinity);
});

WHEEL("a round that is asked for counts as a refresh", () => {
  const made = station();
  put(made, 20_000);
  timesOf(made, 0, 10_000);
  put(made, 20_000, { announceSerial: 1 });
  const [asked = 0, next = 0] = timesOf(made, 10_000, 40_000);
  assert.is(asked, 10_000);
  assert.ok(next >= 25_000 && next <= 30_000 + TICK_MS, `${next}`);
});

WHEEL("a removed row leaves the wheel, and who gets its id owes nothing to it", () => {
  const made = station();
  put(made, 10_000);
  timesOf(made, 0, BURST_MS);
  made.remove(VIP);
  assert.is(made.program.nextTickMs, Infinity);
  put(made, 0);
  assert.is(timesOf(made, BURST_MS, 100_000).length, 5);
});

WHEEL("rows that were put together do not stay together", () => {
  const made = station();
  for (let row = 0; row < 1000; row++) put(made, 60_000, { address: `10.0.${row >> 8}.${row & 255}` });
  timesOf(made, 0, BURST_MS);
  const perTick = new Map<number, number>();
  run(made, BURST_MS, 60_000, (_, nowMs) => perTick.set(nowMs, (perTick.get(nowMs) ?? 0) + 1));
  const most = Math.max(...perTick.values());
  assert.ok(most < 60, `${most} of 1000 rows at once`);
});

WHEEL("after a sleep of any length each row is refreshed once", () => {
  const made = station();
  for (let row = 0; row < 100; row++) put(made, 2000 + row * 5000, { address: `10.0.0.${row}` });
  timesOf(made, 0, BURST_MS);
  const seen = new Map<string, number>();
  const wokenMs = 86_400_000;
  run(made, wokenMs, wokenMs + 1, (address) => seen.set(address, (seen.get(address) ?? 0) + 1));
  assert.is(seen.size, 100);
  assert.equal([...new Set(seen.values())], [1]);
});

WHEEL("65,536 rows of various intervals each keep theirs, while rows come, go and change", () => {
  const random = randomFrom(testSeed());
  const made = station();
  const rows = made.program.rows;
  const address = (row: number) => `10.${row >> 16}.${(row >> 8) & 255}.${row & 255}`;
  const intervals = Array.from({ length: rows }, () => 30_000 + random(570_000));
  intervals.forEach((refreshMs, row) => void put(made, refreshMs, { address: address(row) }));
  const lastMs = new Map<string, number>();
  const checked = new Map(intervals.map((refreshMs, row) => [address(row), refreshMs]));
  const check = (name: string, nowMs: number) => {
    const last = lastMs.get(name);
    const refreshMs = checked.get(name);
    lastMs.set(name, nowMs);
    if (last === undefined || refreshMs === undefined || nowMs <= BURST_MS) return;
    const isKept = nowMs - last >= refreshMs * 0.75 && nowMs - last <= refreshMs + TICK_MS;
    if (!isKept) assert.unreachable(`${name} after ${nowMs - last} ms, expected up to ${refreshMs}`);
  };
  for (let nowMs = 0; nowMs < 900_000; nowMs += 20_000) {
    run(made, nowMs, nowMs + 20_000, check);
    for (let changes = 0; changes < 20; changes++) {
      const name = address(random(rows));
      checked.delete(name);
      if (random(2) === 0) made.remove(name);
      else put(made, 30_000 + random(570_000), { address: name });
    }
  }
  assert.ok(checked.size > rows * 0.95);
  for (const [name, last] of lastMs) if (checked.has(name)) assert.ok(900_000 - last <= 600_000 + TICK_MS, `${name} was forgotten`);
});

WHEEL.run();
