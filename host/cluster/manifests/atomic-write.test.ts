import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findWay } from "../../workbench/private-network.ts";
import { namespaces, testWith } from "../../workbench/testing/requirements.ts";
import { temporaryPath, writeAtomically } from "./atomic-write.ts";

const write = suite("atomic-write");

const MODULE = JSON.stringify(new URL("./atomic-write.ts", import.meta.url).href);

let directory = "";
write.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), "atomic-"));
});
write.after.each(() => rmSync(directory, { recursive: true, force: true }));

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return (await promise.then(
    () => assert.unreachable("it should have failed"),
    (error: Error) => error.message,
  )) as string;
}

write("writeAtomically() writes to nothing that somebody has put in the way of the new file", async () => {
  const path = join(directory, "file");
  const victim = join(directory, "victim");
  writeFileSync(victim, "mine");
  for (const put of [symlinkSync, linkSync]) {
    put(victim, temporaryPath(path));
    await writeAtomically(path, "new");
    assert.equal([readFileSync(victim, "utf8"), readFileSync(path, "utf8")], ["mine", "new"]);
    assert.ok(lstatSync(path).isFile());
    rmSync(path);
  }
});

write("writeAtomically() makes a file, and keeps the mode of one that is there", async () => {
  const path = join(directory, "file");
  await writeAtomically(path, "one");
  assert.is(readFileSync(path, "utf8"), "one");
  assert.is(statSync(path).mode & 0o777, 0o644);
  chmodSync(path, 0o666);
  const before = statSync(path).ino;
  await writeAtomically(path, "two");
  assert.is(readFileSync(path, "utf8"), "two");
  assert.is(statSync(path).mode & 0o777, 0o666);
  assert.is.not(statSync(path).ino, before, "it is another file");
  assert.equal(readdirSync(directory), ["file"]);
});

write("writeAtomically() writes where a link leads", async () => {
  mkdirSync(join(directory, "real"));
  writeFileSync(join(directory, "real", "file"), "one");
  symlinkSync(join("real", "file"), join(directory, "link"));
  await writeAtomically(join(directory, "link"), "two");
  assert.ok(lstatSync(join(directory, "link")).isSymbolicLink());
  assert.is(readFileSync(join(directory, "real", "file"), "utf8"), "two");
});

write("writeAtomically() overwrites what a crash left behind", async () => {
  const path = join(directory, "file");
  writeFileSync(temporaryPath(path), "half of a much longer text");
  await writeAtomically(path, "one");
  assert.is(readFileSync(path, "utf8"), "one");
  assert.equal(readdirSync(directory), ["file"]);
});

write("writeAtomically() says in one line why it cannot, and leaves nothing behind", async () => {
  const nowhere = join(directory, "nothing", "file");
  assert.is(await messageOf(writeAtomically(nowhere, "one")), `Cannot write ${nowhere}: the directory does not exist (ENOENT)`);
  const path = join(directory, "file");
  mkdirSync(path);
  assert.match(await messageOf(writeAtomically(path, "one")), `Cannot write ${path}: EISDIR`);
  assert.equal(readdirSync(directory), ["file"]);
});

/** Runs a script with a small file system of its own at `directory`, then gives what it printed. */
function onSmallDisk(script: string): string {
  const run = `
    import { readFileSync, readdirSync, writeFileSync } from "node:fs";
    import { execFileSync } from "node:child_process";
    import { writeAtomically } from ${MODULE};
    const directory = ${JSON.stringify(directory)};
    const file = directory + "/file";
    ${script}
  `;
  const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", run]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(" ");
  const mount = `mount -t tmpfs -o size=64k tmpfs ${directory} && exec ${node}`;
  const way = findWay();
  return execFileSync("unshare", [...(way.ok ? way.unshare : []), "sh", "-c", mount], { encoding: "utf8" });
}

testWith(write, [namespaces], "writeAtomically() leaves the old file on a full disk", () => {
  const printed = onSmallDisk(`
    await writeAtomically(file, "old");
    const error = await writeAtomically(file, "x".repeat(200_000)).catch((error) => error);
    console.log(JSON.stringify([error.message, readFileSync(file, "utf8"), readdirSync(directory)]));
  `);
  assert.equal(JSON.parse(printed), [`Cannot write ${join(directory, "file")}: the disk is full (ENOSPC)`, "old", ["file"]]);
});

testWith(write, [namespaces], "writeAtomically() leaves the old file on a read-only disk", () => {
  const printed = onSmallDisk(`
    await writeAtomically(file, "old");
    execFileSync("mount", ["-o", "remount,bind,ro", directory]);
    const error = await writeAtomically(file, "new").catch((error) => error);
    console.log(JSON.stringify([error.message, readFileSync(file, "utf8"), readdirSync(directory)]));
  `);
  assert.equal(JSON.parse(printed), [`Cannot write ${join(directory, "file")}: the file system is read-only (EROFS)`, "old", ["file"]]);
});

write("writeAtomically() says that permission is denied", () => {
  const script = `
    import { writeAtomically } from ${MODULE};
    console.log((await writeAtomically(${JSON.stringify(join(directory, "file"))}, "new").catch((error) => error)).message);
  `;
  const run = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
  chmodSync(directory, 0o555);
  // Modes do not hold root back.
  const isRoot = process.getuid?.() === 0;
  const [program = "", ...args] = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...run] : run;
  const printed = execFileSync(program, args, { encoding: "utf8" });
  assert.is(printed.trim(), `Cannot write ${join(directory, "file")}: permission denied (EACCES)`);
});

write("a writer killed at any time leaves the old file or the new one", async () => {
  const path = join(directory, "file");
  const script = `
    import { writeAtomically } from ${MODULE};
    for (let round = 0; ; round++) {
      await writeAtomically(${JSON.stringify(path)}, (round + "\\n").repeat(20_000));
      if (round === 1) process.stdout.write("written twice");
    }
  `;
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await delay(20 + 13 * round);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const text = readFileSync(path, "utf8");
    const [first] = text.split("\n", 1) as [string];
    assert.is(text, `${first}\n`.repeat(20_000));
    assert.ok(readdirSync(directory).every((name) => join(directory, name) === path || join(directory, name) === temporaryPath(path)));
  }
});

write.run();
