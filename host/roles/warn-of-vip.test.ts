import { suite } from "uvu";
import * as assert from "uvu/assert";
import { warnOfVip } from "./warn-of-vip.ts";

const WARN = suite("warn of a VIP");

WARN("each Service that is reached there is warned of once, whichever announcers have it", () => {
  const said: string[] = [];
  const rows = [
    { vip: "192.0.2.1", services: ["default/web", "default/api"] },
    { vip: "192.0.2.2", services: ["default/other"] },
    { vip: "192.0.2.1", services: ["default/web"] },
  ];
  const warn = warnOfVip(
    () => rows,
    (...words) => void said.push(words.join(" ")),
  );
  warn("192.0.2.1", "addressConflict", "Somebody has it");
  warn("192.0.2.3", "addressConflict", "Somebody has it");
  assert.equal(said, ["default/web addressConflict Somebody has it", "default/api addressConflict Somebody has it"]);
});

WARN.run();
