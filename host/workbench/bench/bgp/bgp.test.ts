/** The whole bench with 1,000 routes: what a user starts, so it runs the built program. No timing is judged. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../testing/requirements.ts";
import type { BgpReport } from "./report.ts";

const bench = suite("bench bgp");
const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));
const needed = [namespaces, tool("nsenter", "util-linux"), tool("ip", "iproute2"), tool("cc", "gcc libc6-dev")];

function herald(...flags: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, "bench", "bgp", ...flags], { encoding: "utf8", timeout: 120_000 });
}

testWith(
  bench,
  [...needed, tool("bird", "bird2"), tool("bgpd", "openbgpd"), tool("exabgp")],
  "every route arrives, changes and goes, whoever tells it",
  () => {
    const senders = ["herald", "bird", "openbgpd", "exabgp", "replay"];
    const { status, stdout, stderr } = herald("--json", "--rounds", "1", "--sizes", "1000", "--senders", senders.join(","));
    assert.is(status, 0, stderr);
    const { wire, summaries, codec } = JSON.parse(stdout) as BgpReport;
    assert.equal(
      summaries.map(({ sender, sets }) => `${sender} ${sets}`),
      [1, 1000].flatMap((sets) => senders.map((sender) => `${sender} ${sets}`)),
    );
    for (const { contender, sets, failure, announceMs, withdrawMs, changeMs, messages, cpuMs, loadedBytes } of wire?.cells ?? []) {
      const what = `${contender} with ${sets}: ${failure}`;
      assert.is(failure, null, what);
      assert.ok(announceMs !== null && announceMs > 0 && (messages ?? 0) >= Math.min(sets, 1000), what);
      assert.ok((cpuMs ?? 0) > 0 && (loadedBytes ?? 0) > 0, what);
      assert.is(withdrawMs !== null && withdrawMs > 0, contender !== "replay", what);
      assert.is(changeMs.length >= 20 && changeMs.every((ms) => ms > 0), contender !== "replay", what);
    }
    assert.equal(
      codec.map(({ sets, encodeNs }) => [sets, encodeNs.every((ns) => ns > 0)]),
      [
        [1, true],
        [1000, true],
      ],
    );
  },
);

const mistakes: Readonly<Record<string, string>> = {
  "--senders quagga": "Unknown sender quagga",
  "--sizes 0": "Flag --sizes is 0: expected a whole number from 1 to 4000000",
  "--limit x": "Flag --limit is x: expected a number from 0.01 to 3600",
};

for (const [flags, says] of Object.entries(mistakes)) {
  bench(`refuses ${flags}`, () => {
    const { status, stderr } = herald(...flags.split(" "));
    assert.is(status, 2);
    assert.ok(stderr.includes(says), stderr);
  });
}

bench.run();
