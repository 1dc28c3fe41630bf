import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runBench, testAnswersBench } from "../answers/bench-suite.ts";

const bench = suite("bench arp");

testAnswersBench(bench, "arp", "farpd");

const mistakes: Readonly<Record<string, readonly [flags: string[], says: string]>> = {
  "a misspelled bench": [["apr"], "Unknown bench apr: did you mean arp?"],
  "no rounds": [["arp", "--rounds", "0"], "Flag --rounds is 0: expected a whole number from 1 to 1000"],
  "too many VIPs": [["arp", "--vips", "65537"], "Flag --vips is 65537: expected a whole number from 1 to 65536"],
  "a length that is none": [["ndp", "--seconds", "soon"], "Flag --seconds is soon: expected a number from 0.01 to 60"],
  "an unknown driver": [["ndp", "--driver", "event-lop"], "Unknown driver event-lop: did you mean event-loop?"],
};

for (const [what, [flags, says]] of Object.entries(mistakes)) {
  bench(`refuses ${what} in one line`, () => {
    const { status, stdout, stderr } = runBench(flags);
    assert.equal([status, stdout], [2, ""]);
    const command = flags.length > 1 ? `herald bench ${flags[0]}` : "herald bench";
    assert.is(stderr, `${command}: ${says} (see ${command} --help)\n`);
  });
}

bench("lists the benches", () => {
  const { status, stdout } = runBench([]);
  assert.is(status, 0);
  assert.match(stdout, /^arp +CPU per ARP reply/m);
  assert.match(stdout, /^ndp +CPU per Neighbor Advertisement/m);
});

bench.run();
