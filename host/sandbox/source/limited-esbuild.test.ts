/** In a process of its own, put together as the program that is shipped: this one has loaded esbuild to run TypeScript. */

import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWith, tool } from "../../workbench/testing/requirements.ts";

const limited = suite("limited esbuild");

const folder = mkdtempSync(join(tmpdir(), "herald-limited-"));
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const LIMIT_MS = 45_000;

limited.before(async () => {
  mkdirSync(join(folder, "dist"));
  symlinkSync(here("../../../node_modules"), join(folder, "node_modules"));
  copyFileSync(here("./limited-esbuild.sh"), join(folder, "dist/limited-esbuild.sh"));
  await build({
    entryPoints: [here("./load-bundle.ts")],
    outfile: join(folder, "dist/load-bundle.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["esbuild"],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  });
  const contract = { entryPoints: [here("../../announcer.ts")], outfile: join(folder, "dist/announcer.mjs") };
  await build({ ...contract, bundle: true, platform: "neutral", format: "esm" });
});
limited.after(() => rmSync(folder, { recursive: true, force: true }));

/** Loads plugins one after the other, and gives a line for each: its pin, or why not; and all that went to standard error. */
async function load(...names: readonly string[]): Promise<{ readonly lines: readonly string[]; readonly err: string }> {
  const program = `
    import { loadBundle } from "./dist/load-bundle.mjs";
    for (const name of ${JSON.stringify(names)}) {
      console.log(await loadBundle(name, { cache: "./cache" }).then(({ pin }) => pin, ({ message }) => message));
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, timeout: LIMIT_MS, killSignal: "SIGKILL" });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text.out += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (text.err += piece));
  await new Promise((resolve) => child.once("close", resolve));
  return { lines: text.out.trimEnd().split("\n"), err: text.err };
}

testWith(limited, [tool("prlimit", "util-linux")], "ends where a plugin nests without end, and bundles the next", async () => {
  writeFileSync(join(folder, "deep.ts"), `export default ${"[".repeat(1_500_000)}`);
  writeFileSync(join(folder, "good.ts"), `import { API_VERSION } from "herald"; export default API_VERSION;`);
  const { lines, err } = await load("./good.ts", "./deep.ts", "./good.ts", "./deep.ts", "./good.ts");
  assert.match(lines[0] ?? "", /^sha256-/);
  assert.is(lines[1], "Cannot load plugin ./deep.ts: It takes more than 256 MB or a minute to bundle, or makes esbuild fail");
  assert.equal(lines, [lines[0], lines[1], lines[0], lines[1], lines[0]]);
  assert.is(err, "");
});

limited.run();
