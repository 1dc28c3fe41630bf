import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Stations } from "../packets/neighbors.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { knownStations } from "./known-stations.ts";

const STATIONS = suite("known stations");

const some: Stations = { neighbors: [], gateways: [{ linkIndex: 1, address: "192.0.2.1", family: 4 }] };
const refuse = (): never => {
  throw new Error("asking for them gave ENOTSUP");
};

STATIONS("a kernel that does not answer ends nothing: what it said last counts, and it is said once", () => {
  const { log, lines } = recordedLog();
  const answers: (() => Stations)[] = [refuse, refuse, () => some, refuse];
  const ask = knownStations(() => (answers.shift() ?? refuse)(), log);
  const nothing = { neighbors: [], gateways: [] };
  assert.equal([ask(), ask(), ask(), ask(), ask()], [nothing, nothing, some, some, some]);
  assert.equal(
    lines.map(({ level, fields }) => [level, fields["error"]]),
    [
      ["warn", "asking for them gave ENOTSUP"],
      ["warn", "asking for them gave ENOTSUP"],
    ],
  );
});

STATIONS.run();
