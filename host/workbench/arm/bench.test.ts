/** A bench on an emulated ARM: it runs, every answer is right, and it says itself that its figures mean nothing. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AnswersReport } from "../bench/answers/report.ts";
import { insideTests } from "../testing/inside.ts";
import { ArmProgram, armNeeds } from "./emulation.ts";
import { LIMIT_MS, output } from "./output.ts";

const ARM_BENCH = suite("bench on ARM");
const inside = insideTests(ARM_BENCH, import.meta.url, { asUser: true, limitMs: LIMIT_MS });

for (const cpu of ["arm64", "arm"] as const) {
  inside(`bench arp runs on ${cpu}, and says that emulation is no measurement`, armNeeds(cpu), async () => {
    const tiny = ["--rounds", "1", "--seconds", "0.3", "--vips", "10"];
    // As a user calls it: it makes its own private network, by starting itself there.
    const asUser = ["env", "--unset=HERALD_PRIVATE_NETWORK", ...new ArmProgram(cpu).herald("bench", "arp", "--json", ...tiny)];
    const { machine, notes, summaries } = JSON.parse(await output(asUser)) as AnswersReport;
    assert.match(machine.emulatedOn ?? "", /^(x86_64|i[3-6]86)$/);
    assert.match(notes[0] ?? "", `emulation is no measurement: an ${cpu} is played on ${machine.emulatedOn}`);
    const flooded = summaries.find(({ responder, load }) => responder.startsWith("Herald") && load === "flood");
    assert.ok((flooded?.checked ?? 0) > 0, JSON.stringify(flooded));
    assert.equal(
      summaries.filter(({ wrong }) => wrong !== 0),
      [],
    );
  });
}

ARM_BENCH.run();
