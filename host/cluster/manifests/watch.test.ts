import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DirectoryWatch } from "./watch.ts";

const watch = suite("watch");

let root = "";
const watches: DirectoryWatch[] = [];
watch.before.each(() => {
  root = mkdtempSync(join(tmpdir(), "watch-"));
  mkdirSync(join(root, "manifests"));
  writeFileSync(join(root, "manifests", "a.yaml"), "");
});
watch.after.each(() => {
  for (const one of watches.splice(0)) one.close();
  rmSync(root, { recursive: true, force: true });
});

async function isSure(path: string): Promise<boolean> {
  const one = new DirectoryWatch(path, () => {});
  watches.push(one);
  await one.check();
  return one.isSure;
}

watch("a plain directory tells of every change", async () => {
  assert.is(await isSure(join(root, "manifests")), true);
});

watch("what a link leads to may change without an event, so nothing is sure where there is one", async () => {
  writeFileSync(join(root, "elsewhere.yaml"), "");
  symlinkSync(join(root, "manifests"), join(root, "current"));
  assert.is(await isSure(join(root, "current")), false);
  symlinkSync(join(root, "elsewhere.yaml"), join(root, "manifests", "b.yaml"));
  assert.is(await isSure(join(root, "manifests")), false);
});

watch("a directory that is not there, or that this kernel does not write alone, is not sure", async () => {
  assert.is(await isSure(join(root, "nowhere")), false);
  assert.is(await isSure("/proc/self/task"), false);
});

watch("a link that comes later is seen by the next check", async () => {
  let wasTold = false;
  const one = new DirectoryWatch(join(root, "manifests"), () => (wasTold = true));
  watches.push(one);
  await one.check();
  await one.check();
  assert.is(one.isSure, true);
  symlinkSync("/nowhere", join(root, "manifests", "c.yaml"));
  for (let look = 0; look < 100 && !wasTold; look++) await new Promise((resolve) => setTimeout(resolve, 50));
  await one.check();
  assert.is(one.isSure, false);
});

watch("close() ends it", async () => {
  const one = new DirectoryWatch(join(root, "manifests"), () => {});
  await one.check();
  one.close();
  assert.is(one.isSure, false);
});

watch.run();
