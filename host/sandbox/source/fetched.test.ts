import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateInSes } from "../../workbench/testing/evaluate-in-ses.ts";
import { openPluginServer, type PluginServer, packPackage, publish } from "../../workbench/testing/plugin-server.ts";
import { createFetcher } from "./fetcher.ts";
import { type LoadedPlugin, type LoadOptions, loadBundle, loadPlugin, pinPlugin } from "./load-bundle.ts";
import { LIMITS } from "./plugin-files.ts";

const fetched = suite("plugins that are fetched");

const FILES = {
  "package.json": `{ "name": "@acme/vrrp", "version": "1.2.0", "main": "plugin.ts" }`,
  "plugin.ts": `import { twice } from "./lib/twice.ts";\nexport const four = twice(2);\nexport default { program: "./vrrp.wasm" };`,
  "lib/twice.ts": `import { API_VERSION } from "herald"; export const twice = (n: number) => 2 * n * API_VERSION;`,
  "vrrp.wasm": "\0asm",
};
let web: PluginServer;
let registry: PluginServer;
const kept: string[] = [];

fetched.before(async () => {
  [web, registry] = await Promise.all([openPluginServer("https"), openPluginServer("http")]);
});
fetched.before.each(() => {
  for (const { answers, asked } of [web, registry]) {
    answers.clear();
    asked.length = 0;
  }
  for (const [path, text] of Object.entries(FILES)) web.answers.set(`/vrrp/${path}`, text);
});
fetched.after(async () => {
  await Promise.all([web.close(), registry.close()]);
  for (const folder of kept) rmSync(folder, { recursive: true, force: true });
});

function stage() {
  const folder = mkdtempSync(join(tmpdir(), "herald-fetched-"));
  kept.push(folder);
  const place = { folder, lock: join(folder, "herald.lock"), cache: join(folder, "cache") };
  const run: LoadOptions = { ...place, registry: registry.origin, authority: web.authority };
  return { folder, run, install: { ...run, mayFetch: true, anew: true } };
}

/** As `herald plugin install`. */
async function installed(specifier: string, options: LoadOptions): Promise<LoadedPlugin> {
  const loaded = await loadPlugin(specifier, options);
  await pinPlugin(options.lock ?? "", loaded);
  return loaded;
}

async function refusal(specifier: string, options: LoadOptions): Promise<string> {
  return await loadBundle(specifier, options).then(
    () => "not refused",
    ({ name, message }: Error) => (name === "SourceError" ? message : `${name}: ${message}`),
  );
}

fetched("come over https with their relative imports, once, and from then on out of the cache", async () => {
  const { run, install } = stage();
  const url = `${web.origin}/vrrp/plugin.ts`;
  assert.match(await refusal(url, run), /It is not in the cache .*: herald plugin install https:.*plugin\.ts fetches it$/);
  assert.equal(web.asked, []);
  const { bundle: first } = await installed(url, install);
  assert.equal(evaluateInSes(first.code, "({ four }) => four"), 4);
  assert.equal([...first.programs.keys()], ["./vrrp.wasm"]);
  assert.equal(web.asked.toSorted(), ["/vrrp/lib/twice.ts", "/vrrp/plugin.ts", "/vrrp/vrrp.wasm"]);
  web.answers.clear();
  assert.equal(await loadBundle(url, { ...run, frozen: true }), first);
  rmSync(join(run.cache ?? "", "scripts"), { recursive: true });
  assert.equal(await loadBundle(url, { ...run, frozen: true }), first);
  assert.is(web.asked.length, 3);
});

fetched("have one pin as a folder, a tarball, a package and at a URL", async () => {
  const { folder, run, install } = stage();
  for (const [path, text] of Object.entries({ ...FILES, "README.md": "not packed" })) {
    mkdirSync(dirname(join(folder, "vrrp", path)), { recursive: true });
    writeFileSync(join(folder, "vrrp", path), text);
  }
  const packed = await packPackage({ ...FILES, LICENSE: "only packed" });
  writeFileSync(join(folder, "vrrp-1.2.0.tgz"), packed);
  web.answers.set("/vrrp-1.2.0.tgz", packed);
  publish(registry, "@acme/vrrp", "1.2.0", packed);
  const specifiers = [
    "./vrrp",
    "./vrrp-1.2.0.tgz",
    "npm:@acme/vrrp@1.2.0",
    "@acme/vrrp@1.2.0",
    `${web.origin}/vrrp/plugin.ts`,
    `${web.origin}/vrrp-1.2.0.tgz`,
  ];
  const pins = [];
  for (const specifier of specifiers) pins.push((await installed(specifier, install)).bundle.pin);
  assert.is(new Set(pins).size, 1);
  const { plugins } = JSON.parse(readFileSync(join(folder, "herald.lock"), "utf8"));
  assert.equal(Object.keys(plugins), Object.keys(plugins).toSorted());
  assert.is(plugins["@acme/vrrp@1.2.0"].resolved, `${registry.origin}/@acme/vrrp/-/1.2.0.tgz`);
  for (const specifier of specifiers) assert.is((await loadBundle(specifier, { ...run, frozen: true })).pin, pins[0]);
  // The pin alone is enough to find it.
  const { lock: _, ...withoutLock } = run;
  assert.is((await loadBundle("@acme/vrrp@1.2.0", { ...withoutLock, frozen: true, pin: pins[0] ?? "" })).pin, pins[0]);
});

fetched("are refused where they are not what was pinned, wherever the change was made", async () => {
  const { folder, run, install } = stage();
  const url = `${web.origin}/vrrp/plugin.ts`;
  const { pin } = (await installed(url, install)).bundle;
  web.answers.set("/vrrp/lib/twice.ts", "export const twice = (n: number) => 3 * n;");
  // Out of the cache it is still the old one.
  assert.is((await loadBundle(url, run)).pin, pin);
  const files = join(folder, "cache/files");
  for (const name of readdirSync(files)) writeFileSync(join(files, name), "swapped");
  rmSync(join(folder, "cache/scripts"), { recursive: true });
  assert.match(await refusal(url, run), /It is not in the cache/);
  assert.match(await refusal(url, { ...run, mayFetch: true }), /It is not what is pinned in [\s\S]*lib\/twice\.ts: changed/);
  const { lock: _, ...withoutLock } = run;
  assert.match(await refusal(url, { ...withoutLock, mayFetch: true, frozen: true, pin }), /Its pin is sha256-|It is not what is pinned/);
  const { before, bundle } = await installed(url, install);
  assert.is(before?.pin, pin);
  assert.is.not(bundle.pin, pin);
});

fetched("cannot leave their folder, redirect, or import from elsewhere", async () => {
  const { install } = stage();
  const url = `${web.origin}/vrrp/plugin.ts`;
  const put = (text: string) => web.answers.set("/vrrp/plugin.ts", text);
  web.answers.set("/secret.ts", "export {}");
  const imports: readonly (readonly [string, RegExp])[] = [
    ["../secret.ts", /leads out of the plugin's folder/],
    ["./lib/../../secret.ts", /leads out/],
    [`${web.origin}/secret.ts`, /is elsewhere/],
    ["//127.0.0.1/secret.ts", /absolute path/],
    ["./..%2fsecret.ts", /is not there/],
    ["./..%5csecret.ts", /is not there/],
    ["./gone.ts", /is not there/],
  ];
  for (const [path, message] of imports) {
    put(`import "${path}";`);
    assert.match(await refusal(url, install), message);
  }
  assert.not.ok(web.asked.some((path) => path === "/secret.ts"));
  for (const location of ["/secret.ts", "http://127.0.0.1/secret.ts", "file:///etc/passwd"]) {
    web.answers.set("/vrrp/plugin.ts", (_, response) => void response.writeHead(302, { location }).end());
    assert.match(await refusal(url, install), /it redirects to .*: name that address instead/);
  }
});

fetched("are refused by an answer that lies, is encoded, fails or does not end", async () => {
  const { install, run } = stage();
  const url = `${web.origin}/vrrp/plugin.ts`;
  const answers: readonly (readonly [NonNullable<ReturnType<typeof web.answers.get>>, RegExp])[] = [
    [
      (_, response) => void response.writeHead(200, { "content-length": "100" }).end("short", () => response.destroy()),
      /Cannot fetch https:.*aborted/,
    ],
    [(_, response) => response.socket?.end("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{ { { this is longer\r\n\r\n"), /plugin\.ts:1:4: /],
    [(_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("x"), /it is encoded as gzip/],
    [(_, response) => void response.writeHead(500).end("x"), /status 500/],
    [(_, response) => void response.destroy(), /Cannot fetch https:.*socket hang up/],
    [(_, response) => void response.writeHead(200).end(Buffer.alloc(LIMITS.fileBytes + 1, " ")), /it has more than 4194304 bytes/],
    ["<!doctype html><title>Sign in</title>", /plugin\.ts:1:/],
  ];
  for (const [answer, message] of answers) {
    web.answers.set("/vrrp/plugin.ts", answer);
    assert.match(await refusal(url, install), message);
  }
  web.answers.set("/vrrp/plugin.ts", (_, response) => {
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  });
  const fetch = createFetcher({ authority: web.authority, limitMs: 300 });
  const slow = await fetch(new URL(url), 1000).catch((error: Error) => error.message);
  assert.match(String(slow), /it took longer than 0\.3 s/);
  const { authority: _, ...untrusting } = { ...run, mayFetch: true };
  assert.match(await refusal(url, untrusting), /Cannot fetch https:.*self.signed/);
});

fetched("are packages only with the hash, the name and the place that the registry gives", async () => {
  const { install } = stage();
  const specifier = "@acme/vrrp@1.2.0";
  const packed = await packPackage(FILES);
  const versions: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [
      { integrity: `sha512-${"A".repeat(86)}==` },
      /Its tarball is not what the registry says\n {2}expected: sha512-AAA.*\n {2}actual: sha512-/,
    ],
    [{ integrity: "sha1-AAAA" }, /gives no tarball with a sha512 hash/],
    [{ integrity: undefined }, /gives no tarball with a sha512 hash/],
    [{ tarball: "https://elsewhere.example/x.tgz" }, /has its tarball elsewhere, at https:\/\/elsewhere\.example/],
    [{ tarball: `${registry.origin}/gone.tgz` }, /There is nothing at/],
  ];
  for (const [change, message] of versions) {
    publish(registry, "@acme/vrrp", "1.2.0", packed, change);
    assert.match(await refusal(specifier, install), message);
  }
  publish(registry, "@acme/vrrp", "1.2.0", await packPackage({ ...FILES, "package.json": `{ "name": "left-pad", "version": "1.2.0" }` }));
  assert.match(await refusal(specifier, install), /Its tarball is of another package, left-pad 1\.2\.0/);
  assert.match(await refusal("@acme/vrrp@9.9.9", install), /The registry has no version 9\.9\.9 of @acme\/vrrp/);
  assert.match(await refusal("@acme/__proto__@1.2.0", install), /exact|Expected/);
  assert.match(await refusal("gone@1.2.0", install), /The registry has no package gone/);
  registry.answers.set("/gone", "<html>");
  assert.match(await refusal("gone@1.2.0", install), /answered without JSON/);
  const { registry: _, ...noRegistry } = install;
  assert.match(await refusal(specifier, noRegistry), /No registry of packages is known: name one by --registry URL/);
  publish(
    registry,
    "@acme/vrrp",
    "1.2.0",
    await packPackage({ ...FILES, "plugin.ts": `import "left-pad"; import { readFile } from "node:fs/promises"; readFile("x");` }),
  );
  assert.match(await refusal(specifier, install), /2 problems\n.*"left-pad" is a package[\s\S]*"node:fs\/promises"/);
});

fetched("are taken with the lock and the cache to another machine", async () => {
  const { folder, install } = stage();
  const { bundle: first } = await installed(`${web.origin}/vrrp/plugin.ts`, install);
  const other = stage();
  cpSync(join(folder, "herald.lock"), join(other.folder, "herald.lock"));
  cpSync(join(folder, "cache"), join(other.folder, "cache"), { recursive: true });
  web.answers.clear();
  assert.equal(await loadBundle(`${web.origin}/vrrp/plugin.ts`, { ...other.run, frozen: true }), first);
});

fetched.run();
