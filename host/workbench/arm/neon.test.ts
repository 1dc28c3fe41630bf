/** WebAssembly's vectors need NEON on 32-bit ARM, which not every armv7 has: Herald then ranks nodes without them. */

import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { insideTests } from "../testing/inside.ts";
import { PROGRAM } from "../testing/running-lab.ts";
import { ArmProgram, armNeeds } from "./emulation.ts";
import { LIMIT_MS, output } from "./output.ts";

const NEON = suite("arm without NEON");
const inside = insideTests(NEON, import.meta.url, { asUser: true, limitMs: LIMIT_MS });

inside("ranks the nodes as others do, with the module that has no vectors", armNeeds("arm"), async () => {
  const program = new ArmProgram("arm");
  const loads = `WebAssembly.validate(fs.readFileSync(${JSON.stringify(join(program.folder, "wasm/rank-simd.wasm"))}))`;
  assert.is(await output(program.node("-p", loads)), "true\n");
  assert.is(await output(program.nodeWithoutNeon("-p", loads)), "false\n");
  const plan = ["plan", "--json", "--manifests", join(program.folder, "fixtures/homelab")];
  const here = await output([process.execPath, PROGRAM, ...plan]);
  assert.is(await output(program.nodeWithoutNeon(join(program.folder, "herald.mjs"), ...plan)), here);
});

NEON.run();
