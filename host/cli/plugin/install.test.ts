import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openPluginServer, type PluginServer, packPackage, publish } from "../../workbench/testing/plugin-server.ts";
import { type Outcome, runHere, runProgram } from "../../workbench/testing/run-command.ts";
import { install } from "./install.ts";
import { list } from "./list.ts";
import { uninstall } from "./uninstall.ts";

const command = suite("herald plugin install");

const FILES = {
  "package.json": `{ "name": "@acme/vrrp", "version": "1.2.0" }`,
  "plugin.ts": `
    import { definePlugin } from "herald";
    export default definePlugin({
      name: "vrrp", api: 1, from: "owner", serves: { kind: "L2Advertisement", families: [4] },
      config: { type: "object" }, example: {}, program: "./vrrp.wasm",
      permissions: () => [{ kind: "frame", link: "eth*", etherType: 0x0800, ipProtocol: 112 }, { kind: "fetch", origin: "https://\\u202eapi.example.com" }],
      start: async () => ({ apply: async () => [], stop: async () => {} }),
    });`,
  "vrrp.wasm": "\0asm",
};
let registry: PluginServer;
const kept: string[] = [];

command.before(async () => {
  registry = await openPluginServer("http");
});
command.after(async () => {
  await registry.close();
  for (const folder of kept) rmSync(folder, { recursive: true, force: true });
});

function stage() {
  const folder = mkdtempSync(join(tmpdir(), "herald-install-"));
  kept.push(folder);
  mkdirSync(join(folder, "vrrp"));
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(folder, "vrrp", path), text);
  const lock = join(folder, "herald.lock");
  const flags = ["--lock", lock, "--cache", join(folder, "cache"), "--registry", registry.origin];
  return {
    vrrp: join(folder, "vrrp"),
    lock,
    plugins: () => JSON.parse(readFileSync(lock, "utf8")).plugins,
    flags,
    install: (...args: string[]): Promise<Outcome> => runHere(install, ...args, ...flags),
  };
}

command("fetches, pins and says what it is", async () => {
  const { install, plugins, lock } = stage();
  publish(registry, "@acme/vrrp", "1.2.0", await packPackage(FILES));
  const { code, out, err } = await install("@acme/vrrp@1.2.0");
  assert.equal([code, err], [0, ""]);
  const { pin } = plugins()["@acme/vrrp@1.2.0"];
  assert.equal(out.split("\n"), [
    "@acme/vrrp@1.2.0",
    "  name      vrrp, for API 1",
    "  package   @acme/vrrp 1.2.0",
    `  from      ${registry.origin}/@acme/vrrp/-/1.2.0.tgz`,
    `  files     2 files, ${FILES["plugin.ts"].length + 4} bytes, with 1 packet program`,
    `  pin       ${pin}`,
    "  asks for  '--allow-frame=eth*/0x0800/112'",
    "  asks for  '--allow-fetch=https://\\u202eapi.example.com'",
    "",
  ]);
  const listed = await runHere(list, "--lock", lock);
  assert.equal(listed.out.split("\n"), [`PLUGIN            FILES  ${"PIN".padEnd(3)}`, `@acme/vrrp@1.2.0  2      ${pin}`, ""]);
  assert.is(JSON.parse((await runHere(list, "--json", "--lock", lock)).out).pin, pin);
});

command("pins another content only with --yes, and says what changed", async () => {
  const { install, plugins, vrrp } = stage();
  assert.is((await install(vrrp)).code, 0);
  assert.is((await install(vrrp)).code, 0);
  const { pin } = plugins()["./vrrp"];
  writeFileSync(join(vrrp, "vrrp.wasm"), "\0asm2");
  const { code, out, err } = await install(vrrp);
  assert.is(code, 3);
  assert.match(out, new RegExp(`was {7}${pin.replaceAll("+", "\\+")}\n {2}changed {3}vrrp\\.wasm\n`));
  assert.match(err, /is another than in .*herald\.lock: --yes pins it anew/);
  assert.is(plugins()["./vrrp"].pin, pin);
  assert.is((await install(vrrp, "--yes")).code, 0);
  assert.is.not(plugins()["./vrrp"].pin, pin);
});

command("an update that asks for more says what is new", async () => {
  const { install, vrrp } = stage();
  assert.not.match((await install(vrrp)).out, /\(new\)/);
  writeFileSync(join(vrrp, "plugin.ts"), FILES["plugin.ts"].replace("permissions: () => [", '$&{ kind: "net", host: "192.0.2.1:179" }, '));
  const { code, out } = await install(vrrp);
  assert.is(code, 3);
  assert.match(out, /asks for {2}--allow-net=192\.0\.2\.1:179 \(new\)\n {2}asks for {2}'--allow-frame=eth\*\/0x0800\/112'\n/);
});

command("says all that it cannot load, and installs the others", async () => {
  const { install, plugins, vrrp } = stage();
  const { code, err } = await install("@acme/gone@1.0.0", "./nowhere", vrrp);
  assert.is(code, 1);
  assert.match(err, /^herald plugin install: Cannot load plugin @acme\/gone@1\.0\.0: The registry has no package/);
  assert.match(err, /\nherald plugin install: Cannot load plugin \.\/nowhere: There is no file/);
  assert.equal(Object.keys(plugins()), ["./vrrp"]);
  assert.is((await install()).code, 2);
});

command("keeps in the lock what a plugin asks for, and pins nothing that is no plugin", async () => {
  const { install, plugins, vrrp } = stage();
  await install(vrrp);
  const entry = plugins()["./vrrp"];
  assert.equal([entry.api, entry.permissions.length, entry.permissions[0].ipProtocol], [1, 2, 112]);
  for (const [text, message] of [
    ["export default { name: 'vrrp' };", /Cannot load plugin ".*vrrp": .*definition/],
    ["throw new Error('\\x1b[2Jno');", /Cannot load plugin ".*vrrp": .*\\x1b\[2Jno/],
    ["for (;;);", /Cannot load plugin ".*vrrp": /],
  ] as const) {
    writeFileSync(join(vrrp, "plugin.ts"), text);
    const { code, err } = await install(vrrp, "--yes");
    assert.is(code, 1);
    assert.match(err, message);
  }
  assert.equal(plugins()["./vrrp"], entry);
});

command("takes out of the lock what is uninstalled", async () => {
  const { install, plugins, vrrp, lock } = stage();
  await install(vrrp);
  assert.match((await runHere(uninstall, "@acme/vrrp@9.0.0", "--lock", lock)).err, /@acme\/vrrp@9\.0\.0 is not in/);
  assert.is((await runHere(uninstall, vrrp, "--lock", lock)).code, 0);
  assert.equal(plugins(), {});
  assert.is((await runHere(list, "--lock", lock)).out, "No plugin is pinned.\n");
});

command("is a part of herald plugin", async () => {
  const { flags, vrrp, plugins } = stage();
  const { code, err } = await runProgram(["plugin", "install", vrrp, ...flags]);
  assert.equal([code, err], [0, ""]);
  assert.equal(Object.keys(plugins()), ["./vrrp"]);
  assert.match((await runProgram(["plugin"])).out, /install +fetch, bundle and pin plugins/);
});

command.run();
