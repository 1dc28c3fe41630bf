/** Herald as it is shipped, and five routers: each cell of the matrix is a test, and its truth is what the router's own table shows. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROUTERS, routerNeeds } from "../bgp-peers/routers.ts";
import { insideTests } from "../testing/inside.ts";
import { tool } from "../testing/requirements.ts";
import { CELLS } from "./cells.ts";
import { Phases } from "./phases.ts";

const MATRIX = suite("bgp interop");
const inside = insideTests(MATRIX, import.meta.url);

// All of them share one stage.
const needs = [...ROUTERS.flatMap(routerNeeds), tool("tshark")];
const phases = new Phases();

inside("Herald and the routers meet", needs, async () => void (await phases.stage()));

for (const { name, unable = {}, check } of CELLS) {
  for (const router of ROUTERS) {
    if (unable[router] !== undefined) continue;
    inside(`${router}: ${name}`, needs, () =>
      check(router, phases).catch(async (error: Error) => {
        const stage = await phases.stage();
        const said = stage
          .log()
          .split("\n")
          .filter((line) => line.includes(router))
          .slice(-4);
        throw new Error(`${error.stack}\n${router}: ${stage.router(router).log().slice(-800)}\nHerald: ${said.join("\n")}`);
      }),
    );
  }
}

inside("a stop leaves each router about two seconds to find other paths", needs, async () => {
  const captured = await phases.captured();
  const afterMs = ROUTERS.map((router) => captured.leftAfterMs(router));
  assert.ok(
    afterMs.every((ms) => ms > 1900 && ms < 4000),
    afterMs.join(),
  );
});

inside("tshark finds no malformed message in all that was said", needs, async () => {
  assert.is((await phases.captured()).malformed.join("\n"), "");
});

MATRIX.run();
