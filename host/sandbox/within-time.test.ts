import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rejects } from "../workbench/testing/promises.ts";
import { withinTime } from "./within-time.ts";

const time = suite("within time");

time("withinTime() gives what the call gives, or how it failed", async () => {
  assert.is(await withinTime("start", 1000, async () => 7), 7);
  await rejects(
    withinTime("start", 1000, async () => {
      throw new Error("no router");
    }),
    /^Error: no router$/,
  );
});

time("withinTime() goes on without a call that does not settle", async () => {
  await rejects(
    withinTime("stop", 20, () => new Promise(() => {})),
    /^Error: stop took longer than 0.02 s$/,
  );
});

time("withinTime() does not mind how a late call ends", async () => {
  const late = () => new Promise<never>((_, reject) => setTimeout(() => reject(new Error("too late")), 20));
  await rejects(withinTime("stop", 5, late), /took longer/);
  await new Promise((resolve) => setTimeout(resolve, 40));
});

time.run();
