import { suite } from "uvu";
import * as assert from "uvu/assert";
import { backoffMs } from "./backoff.ts";

const BACKOFF = suite("backoffMs()");
const series = (random: number, maxMs?: number) => [1, 2, 3, 8, 9, 1_000].map((failures) => backoffMs({ failures, maxMs }, () => random));

BACKOFF("doubles up to half a minute, half of it random", () => {
  assert.equal(series(0), [100, 200, 400, 12_800, 15_000, 15_000]);
  assert.equal(series(1), [200, 400, 800, 25_600, 30_000, 30_000]);
  assert.equal(series(1, 1_000), [200, 400, 800, 1_000, 1_000, 1_000]);
});

BACKOFF("waits as long as the server asks for, and is not made to hurry", () => {
  assert.is(
    backoffMs({ failures: 1, retryAfterMs: 7_000 }, () => 0),
    7_000,
  );
  assert.is(
    backoffMs({ failures: 3, retryAfterMs: 0 }, () => 0),
    400,
  );
});

BACKOFF.run();
