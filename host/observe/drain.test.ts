import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DrainOutcome } from "./drain.ts";
import { answerFrom, type SpeakerParts, type Status } from "./status.ts";

const DRAIN = suite("drain by the control socket");

const starting = (): SpeakerParts => ({
  ...{ node: "node-a", version: "", reads: "", isController: false, startedAtMs: 0, announcers: [], isReady: false },
});
const problem = async (parts: SpeakerParts, ask: string): Promise<string> => {
  try {
    return `answered ${await answerFrom(parts)({ ask })}`;
  } catch (error) {
    return (error as Error).message;
  }
};

DRAIN("is handed on, and so is its end", async () => {
  const calls: boolean[] = [];
  const outcome: DrainOutcome = { node: "node-a", isDraining: true, isByNode: false, handedOver: [], kept: [] };
  const drain = async (isOn: boolean) => {
    calls.push(isOn);
    return outcome;
  };
  const answer = answerFrom({ ...starting(), isReady: true, drain, isDraining: () => calls.at(-1) === true });
  assert.is(await answer({ ask: "drain" }), outcome);
  assert.is(((await answer({ ask: "status" })) as Status).isDraining, true);
  await answer({ ask: "undrain" });
  assert.equal(calls, [true, false]);
  assert.is(((await answer({ ask: "status" })) as Status).isDraining, false);
});

DRAIN("says where it cannot be", async () => {
  assert.match(await problem(starting(), "drain"), "Herald is starting");
  assert.match(await problem({ ...starting(), isReady: true }, "undrain"), "cannot hand over");
});

DRAIN.run();
