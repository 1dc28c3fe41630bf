/** Where there is no room for what is to be kept: on a small file system in a namespace of its own. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findWay } from "../../workbench/private-network.ts";
import { namespaces, testWith } from "../../workbench/testing/requirements.ts";

const disk = suite("plugins on a full disk");

const folder = mkdtempSync(join(tmpdir(), "herald-full-"));
const MODULE = JSON.stringify(new URL("./load-bundle.ts", import.meta.url).href);
disk.after(() => rmSync(folder, { recursive: true, force: true }));

testWith(disk, [namespaces], "load without what cannot be kept, and are pinned wholly or not at all", () => {
  mkdirSync(join(folder, "small"));
  writeFileSync(join(folder, "large.ts"), `export default "${"x".repeat(100_000)}";`);
  writeFileSync(join(folder, "small.ts"), "export default 1;");
  const script = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { loadBundle } from ${MODULE};
    const warnings = [];
    const folder = ${JSON.stringify(folder)}, lock = folder + "/small/herald.lock";
    const options = { folder, lock, cache: folder + "/small/cache", warn: (line) => warnings.push(line) };
    const { pin } = await loadBundle("./small.ts", options);
    const large = await loadBundle("./large.ts", options);
    const before = readFileSync(lock, "utf8");
    try { writeFileSync(folder + "/small/rest", "x".repeat(100_000)); } catch {}
    const { message } = await loadBundle("./small.ts", { ...options, lock: folder + "/small/other.lock" }).catch((error) => error);
    const isSame = (await loadBundle("./small.ts", { ...options, frozen: true })).pin === pin;
    console.log(JSON.stringify([large.code.length > 100_000, warnings, message, readFileSync(lock, "utf8") === before, isSame]));`;
  const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
  const words = node.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const way = findWay();
  const mount = `mount -t tmpfs -o size=64k tmpfs ${folder}/small && exec ${words}`;
  const printed = execFileSync("unshare", [...(way.ok ? way.unshare : []), "sh", "-c", mount], { encoding: "utf8", timeout: 45_000 });
  const [isWhole, warnings, message, isUntouched, isSame] = JSON.parse(printed) as [boolean, string[], string, boolean, boolean];
  assert.equal([isWhole, isUntouched, isSame], [true, true, true]);
  assert.match(warnings[0] ?? "", /^Cannot write .*small\/cache\/scripts\/[0-9a-f]+: the disk is full \(ENOSPC\)$/);
  assert.is(message, `Cannot load plugin ./small.ts: Cannot write ${folder}/small/other.lock: the disk is full (ENOSPC)`);
});

disk.run();
