import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROUTERS } from "../bgp-peers/routers.ts";
import { matrixTable } from "./cells.ts";

const table = suite("bgp interop table");

table("docs/bgp-interop.md has the matrix that is tested", () => {
  const text = readFileSync(fileURLToPath(new URL("../../../docs/bgp-interop.md", import.meta.url)), "utf8");
  const matrix = matrixTable(ROUTERS);
  assert.ok(text.includes(matrix), `expected in docs/bgp-interop.md:\n${matrix}`);
});

table.run();
