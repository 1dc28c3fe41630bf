import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateInSes } from "../../workbench/testing/evaluate-in-ses.ts";
import { type LoadOptions, loadBundle, loadPlugin, pinPlugin } from "./load-bundle.ts";

const load = suite("loadBundle()");

const FILES = {
  "plugin.ts": `import { definePlugin } from "herald";\nimport { twice } from "./lib/twice.ts";\nexport const four = twice(2);\nexport default definePlugin({ name: "vrrp", program: "./vrrp.wasm" } as never);`,
  "lib/twice.ts": "export const twice = (n: number) => 2 * n;",
  "vrrp.wasm": "\0asm",
  "README.md": "A plugin.",
};
const kept: string[] = [];
load.after(() => {
  for (const folder of kept) rmSync(folder, { recursive: true, force: true });
});

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A folder with a plugin `vrrp` in it, and options for a lock and a cache of its own. */
function stage(files: Readonly<Record<string, string>> = FILES) {
  const folder = mkdtempSync(join(tmpdir(), "herald-source-"));
  kept.push(folder);
  write(join(folder, "vrrp"), files);
  const options: LoadOptions = { folder, lock: join(folder, "herald.lock"), cache: join(folder, "cache") };
  return { folder, options, lock: () => JSON.parse(readFileSync(join(folder, "herald.lock"), "utf8")) };
}

async function refusal(specifier: string, options: LoadOptions): Promise<string> {
  return await loadBundle(specifier, options).then(
    () => "not refused",
    ({ name, message }: Error) => (name === "SourceError" ? message : `${name}: ${message}`),
  );
}

load("loads a folder and its file alike, pins them, and writes what they were made of", async () => {
  const { folder, options, lock } = stage();
  const bundle = await loadBundle("./vrrp", options);
  assert.is(bundle.specifier, "./vrrp");
  assert.match(bundle.pin, /^sha256-[A-Za-z0-9+/]{43}=$/);
  assert.equal([...bundle.programs], [["./vrrp.wasm", new TextEncoder().encode("\0asm")]]);
  assert.equal(evaluateInSes(bundle.code, "({ four, default: { name } }) => [four, name]"), [4, "vrrp"]);
  const entry = lock().plugins["./vrrp"];
  assert.equal([entry.resolved, entry.entry, entry.pin], ["./vrrp", "plugin.ts", bundle.pin]);
  assert.equal(Object.keys(entry.files), ["lib/twice.ts", "plugin.ts", "vrrp.wasm"]);
  assert.is(statSync(join(folder, "herald.lock")).mode & 0o777, 0o644);
  assert.is((await loadBundle("./vrrp/plugin.ts", options)).pin, bundle.pin);
  assert.equal(Object.keys(lock().plugins), ["./vrrp", "./vrrp/plugin.ts"]);
});

load("has one pin wherever the folder lies, whenever it was written, whatever lies beside", async () => {
  const { folder, options } = stage();
  const { pin } = await loadBundle("./vrrp", options);
  cpSync(join(folder, "vrrp"), join(folder, "deep/er/copy"), { recursive: true });
  utimesSync(join(folder, "deep/er/copy/plugin.ts"), 1, 1);
  write(join(folder, "deep/er/copy"), { "notes.md": "beside", "lib/unused.ts": "export {}" });
  assert.is((await loadBundle(join(folder, "deep/er/copy"), options)).pin, pin);
  write(join(folder, "deep/er/copy"), { "lib/twice.ts": `${FILES["lib/twice.ts"]} ` });
  assert.is.not((await loadBundle("./deep/er/copy", { ...options, lock: join(folder, "other.lock") })).pin, pin);
});

load("takes the entry that package.json names", async () => {
  const manifests = [
    { herald: "./src/a.ts", main: "b.js" },
    { exports: { ".": { import: "./src/a.ts" } } },
    { exports: "./src/a.ts" },
    { main: "src/a.ts" },
  ];
  for (const manifest of manifests) {
    const { options, lock } = stage({
      "package.json": JSON.stringify({ name: "vrrp", version: "1.2.0", ...manifest }),
      "src/a.ts": "export default 1;",
    });
    assert.is((await loadPlugin("./vrrp", options)).title, "vrrp 1.2.0");
    assert.is(lock().plugins["./vrrp"].entry, "src/a.ts");
  }
  assert.match(
    await refusal("./vrrp", stage({ "package.json": `{ "main": "../../etc/passwd" }` }).options),
    /names "\.\.\/\.\.\/etc\/passwd" as main/,
  );
  assert.match(await refusal("./vrrp", stage({ "package.json": "[" }).options), /package\.json is no JSON object/);
  assert.match(await refusal("./vrrp", stage({ "other.ts": "" }).options), /has no entry: expected plugin\.ts or index\.ts/);
  assert.match(await refusal("./gone", stage().options), /^Cannot load plugin \.\/gone: There is no file or folder at /);
});

load("refuses symbolic links, pipes and what is too large", async () => {
  const { folder, options } = stage({ "plugin.ts": `import "./lib/secret.ts";` });
  write(folder, { "outside/secret.ts": "export {}" });
  mkdirSync(join(folder, "vrrp/lib"));
  symlinkSync(join(folder, "outside/secret.ts"), join(folder, "vrrp/lib/secret.ts"));
  assert.match(await refusal("./vrrp", options), /lib\/secret\.ts is a symbolic link/);
  rmSync(join(folder, "vrrp/lib"), { recursive: true });
  symlinkSync(join(folder, "outside"), join(folder, "vrrp/lib"));
  assert.match(await refusal("./vrrp", options), /lib\/secret\.ts is behind a symbolic link/);
  rmSync(join(folder, "vrrp/lib"));
  write(folder, { "vrrp/lib/secret.ts": "x".repeat(4 * 1024 * 1024 + 1) });
  assert.match(await refusal("./vrrp", options), /has more than 4194304 bytes/);
  // The place itself may be one, as a volume of Kubernetes is.
  write(folder, { "vrrp/lib/secret.ts": "export {}" });
  symlinkSync(join(folder, "vrrp/plugin.ts"), join(folder, "linked.ts"));
  assert.match((await loadBundle("./linked.ts", options)).pin, /^sha256-/);
});

load("loads what the lock has, and says what differs where that is not there any more", async () => {
  const { folder, options, lock } = stage();
  const { pin } = await loadBundle("./vrrp", options);
  write(join(folder, "vrrp"), { "lib/twice.ts": "export const twice = (n: number) => 3 * n;" });
  const lines = (await refusal("./vrrp", options)).split("\n");
  assert.is(lines[0], `Cannot load plugin ./vrrp: It is not what is pinned in ${options.lock}`);
  assert.is(lines[1], `  expected: ${pin}`);
  assert.match(lines[2] ?? "", /^ {2}actual: sha256-/);
  assert.equal(lines.slice(3), ["  lib/twice.ts: changed", "If that is meant, herald plugin install --yes ./vrrp pins it anew"]);
  assert.is(lock().plugins["./vrrp"].pin, pin);
  rmSync(join(folder, "vrrp/vrrp.wasm"));
  assert.match(
    await refusal("./vrrp", options),
    /actual: none, as it cannot be bundled\n {2}lib\/twice\.ts: changed\n {2}vrrp\.wasm: gone/,
  );
  write(join(folder, "vrrp"), FILES);
  write(join(folder, "vrrp"), { "package.json": `{ "main": "lib/twice.ts" }` });
  assert.match(await refusal("./vrrp", options), /entry: lib\/twice\.ts, expected plugin\.ts/);
});

load("takes over what is new, and where it is frozen nothing", async () => {
  const { options } = stage();
  assert.match(
    await refusal("./vrrp", { ...options, frozen: true }),
    /It is not in .*herald\.lock: herald plugin install \.\/vrrp pins it/,
  );
  const { pin } = await loadBundle("./vrrp", options);
  assert.is((await loadBundle("./vrrp", { ...options, frozen: true })).pin, pin);
  const { lock: _, ...withoutLock } = options;
  assert.is((await loadBundle("./vrrp", { ...withoutLock, frozen: true, pin })).pin, pin);
  assert.match(await refusal("./vrrp", { ...options, pin: `sha256-${"A".repeat(43)}=` }), /Its pin is sha256-.*, expected sha256-AAAA/);
});

load("pins anew only where it is told to", async () => {
  const { folder, options, lock } = stage();
  const { pin } = await loadBundle("./vrrp", options);
  write(join(folder, "vrrp"), { "lib/twice.ts": "export const twice = (n: number) => 3 * n;" });
  const loaded = await loadPlugin("./vrrp", { ...options, anew: true });
  const { before, bundle } = loaded;
  assert.equal([before?.pin, lock().plugins["./vrrp"].pin], [pin, pin]);
  await pinPlugin(options.lock ?? "", loaded, { api: 1, permissions: [{ kind: "sys", fact: "hostname" }] });
  assert.is(lock().plugins["./vrrp"].api, 1);
  assert.equal(lock().plugins["./vrrp"].permissions, [{ kind: "sys", fact: "hostname" }]);
  assert.is(lock().plugins["./vrrp"].pin, bundle.pin);
  assert.is((await loadBundle("./vrrp", options)).pin, bundle.pin);
});

load("never believes a lock that was edited or damaged", async () => {
  const { folder, options, lock } = stage();
  await loadBundle("./vrrp", options);
  const good = lock();
  const put = (text: string) => writeFileSync(join(folder, "herald.lock"), text);
  const edited = structuredClone(good);
  edited.plugins["./vrrp"].files["plugin.ts"] = `sha256-${"A".repeat(43)}=`;
  put(JSON.stringify(edited));
  assert.match(await refusal("./vrrp", options), /herald\.lock: of "\.\/vrrp" the pin is not that of its files/);
  put(JSON.stringify(good).slice(0, -20));
  assert.match(await refusal("./vrrp", options), /herald\.lock: it is no JSON object/);
  put(JSON.stringify({ ...good, version: 2 }));
  assert.match(await refusal("./vrrp", options), /its version is 2, expected 1/);
  put(JSON.stringify({ version: 1, plugins: { "./vrrp": { ...good.plugins["./vrrp"], files: { "../x": "sha256-" } } } }));
  assert.match(await refusal("./vrrp", options), /what it says of "\.\/vrrp" is damaged/);
});

load("has scripts from the cache without esbuild, and makes them anew where an entry is damaged", async () => {
  const { folder, options } = stage();
  const first = await loadBundle("./vrrp", options);
  const scripts = join(folder, "cache/scripts");
  const [name = ""] = readdirSync(scripts);
  assert.is(statSync(join(folder, "cache")).mode & 0o777, 0o700);
  const entry = readFileSync(join(scripts, name));
  for (const damage of [entry.subarray(0, -1), Buffer.from(entry).fill(0x20, 100, 101), Buffer.alloc(0)]) {
    writeFileSync(join(scripts, name), damage);
    assert.equal(await loadBundle("./vrrp", options), first);
    assert.equal(readFileSync(join(scripts, name)), entry);
  }
});

load("loads one content or the other where a file is exchanged all the while, never another than its pin", async () => {
  const { folder, options } = stage();
  const { lock: _, ...unlocked } = options;
  const contents = [2, 3].map((factor) => `export const twice = (n: number) => ${factor} * n;`);
  const pins = new Map<string, string>();
  for (const text of contents) {
    write(join(folder, "vrrp"), { "lib/twice.ts": text });
    const { pin, code } = await loadBundle("./vrrp", unlocked);
    pins.set(pin, code);
  }
  let round = 0;
  const exchange = setInterval(() => {
    write(folder, { aside: contents[round++ % 2] ?? "" });
    renameSync(join(folder, "aside"), join(folder, "vrrp/lib/twice.ts"));
  }, 1);
  try {
    for (let times = 0; times < 30; times++) {
      const loaded = await loadBundle("./vrrp", unlocked).catch((error: Error) => error.message);
      if (typeof loaded === "string") assert.match(loaded, /changed while it was read|behind a symbolic link/);
      else assert.is(loaded.code, pins.get(loaded.pin));
    }
  } finally {
    clearInterval(exchange);
  }
  assert.ok(round > 30);
});

load("keeps all that several pin at the same time", async () => {
  const { folder, options, lock } = stage();
  for (const name of ["a", "b", "c", "d"]) write(join(folder, name), FILES);
  await Promise.all(["./a", "./b", "./c", "./d"].map((name) => loadBundle(name, options)));
  assert.equal(Object.keys(lock().plugins), ["./a", "./b", "./c", "./d"]);
});

load("keeps nothing of what is not pinned: in development every save is another plugin", async () => {
  const { folder, options } = stage();
  const { lock: _, ...unlocked } = options;
  await loadBundle("./vrrp", unlocked);
  assert.equal(readdirSync(folder), ["vrrp"]);
});

load("goes without a cache that cannot be written, and refuses one that others may write to", async () => {
  const { folder, options } = stage();
  writeFileSync(join(folder, "file"), "");
  const lines: string[] = [];
  const warn = (line: string) => lines.push(line);
  assert.match((await loadBundle("./vrrp", { ...options, cache: join(folder, "file/cache"), warn })).pin, /^sha256-/);
  assert.match(lines.join("\n"), /^Cannot write to the cache .*file\/cache: /);
  await loadBundle("./vrrp", options);
  chmodSync(join(folder, "cache"), 0o777);
  assert.match(await refusal("./vrrp", options), /Cannot use the cache .*: others may write to it/);
});

load("says what it cannot make out of a specifier", async () => {
  const { options } = stage();
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /names no plugin/],
    ["@acme/vrrp", /exact version, as @acme\/vrrp@1\.2\.0/],
    ["@acme/vrrp@^1.2.0", /exact version/],
    ["vrrp@latest", /exact version/],
    ["Not A Package", /Expected a path, a package or an https URL/],
    ["http://example.com/vrrp.ts", /http is for this machine alone/],
    ["https://user:word@example.com/vrrp.ts", /password/],
    ["https://example.com/vrrp.ts?x=1", /\? or #/],
    ["https://example.com/vrrp", /ends in \.ts/],
  ];
  for (const [specifier, message] of cases) assert.match(await refusal(specifier, options), message);
});

load.run();
