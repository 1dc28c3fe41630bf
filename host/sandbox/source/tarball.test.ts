import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LIMITS } from "./plugin-files.ts";
import { tarballFiles } from "./tarball.ts";

const tarball = suite("tarballFiles()");

type Entry = readonly [header: Partial<Header> & { name: string }, text?: string];

async function tar(...entries: readonly Entry[]): Promise<Buffer> {
  const packing = pack();
  for (const [header, text] of entries) packing.entry(header, text ?? "");
  packing.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packing) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function refusal(packed: Uint8Array): Promise<string> {
  return await tarballFiles(packed).then(
    () => "not refused",
    ({ name, message }: Error) => (name === "SourceError" ? message : `${name}: ${message}`),
  );
}

const plugin: Entry = [{ name: "package/plugin.ts" }, "export default 1;"];
const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

tarball("reads what npm and tar pack, with and without a folder around it", async () => {
  for (const folder of ["package/", "vrrp-1.2.0/", "./", ""]) {
    const packed = gzipSync(
      await tar(
        ...(folder === "" ? [] : [[{ name: folder, type: "directory" }] as Entry]),
        [{ name: `${folder}package.json` }, `{ "name": "vrrp", "version": "1.2.0", "herald": "src/a.ts" }`],
        [{ name: `${folder}src/`, type: "directory" }],
        [{ name: `${folder}src/a.ts` }, "export {}"],
        [{ name: `${folder}${"long/".repeat(30)}a.ts` }, "export {}"],
      ),
    );
    const files = await tarballFiles(packed);
    assert.equal([files.entry, files.title], ["src/a.ts", "vrrp 1.2.0"]);
    assert.is(text(await files.read("src/a.ts")), "export {}");
    assert.is(text(await files.read(`${"long/".repeat(30)}a.ts`)), "export {}");
    assert.is(await files.read("src"), undefined);
    assert.is(await files.read("../src/a.ts"), undefined);
  }
});

tarball("refuses what no honest packer makes", async () => {
  const cases: readonly (readonly [Entry, RegExp])[] = [
    [[{ name: "/etc/cron.d/x" }], /^\/etc\/cron\.d\/x is no path/],
    [[{ name: "package/../../x" }], /is no path/],
    [[{ name: ".." }], /is no path/],
    [[{ name: "package/..\\x" }], /is no path/],
    [[{ name: "C:/x" }], /is no path/],
    [[{ name: "package//x" }], /is no path/],
    [[{ name: "package/\x1b[2J" }], /^package\/\\x1b\[2J is no path/],
    [[{ name: "package/x", pax: { path: "../x" } }], /^\.\.\/x is no path/],
    [[{ name: `package/${"x".repeat(300)}` }], /is no path/],
    [[{ name: "package/x", type: "symlink", linkname: "/etc/passwd" }], /^package\/x is a symlink/],
    [[{ name: "package/x", type: "link", linkname: "package/plugin.ts" }], /^package\/x is a link/],
    [[{ name: "package/x", type: "fifo" }], /^package\/x is a fifo/],
    [[{ name: "package/x", type: "character-device" }], /^package\/x is a character-device/],
    [[{ name: "package/plugin.ts" }, "export default 2;"], /^It has package\/plugin\.ts twice/],
    [[{ name: "./package/plugin.ts" }, "export default 2;"], /^It has package\/plugin\.ts twice/],
  ];
  for (const [entry, message] of cases) assert.match(await refusal(gzipSync(await tar(plugin, entry))), message);
});

tarball("has bounds for the number and size of files, and for what they unpack to", async () => {
  const many = Array.from({ length: LIMITS.files }, (_, at): Entry => [{ name: `package/${at}.ts` }]);
  assert.match(await refusal(gzipSync(await tar(plugin, ...many))), /more than 1000 files/);
  assert.match(await refusal(gzipSync(await tar([{ name: "plugin.ts" }, "x".repeat(LIMITS.fileBytes + 1)]))), /^plugin\.ts has more than/);
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
  assert.ok(bomb.length < 1024 * 1024);
  assert.match(await refusal(bomb), /^Unpacked it has more than/);
});

tarball("refuses what is cut or damaged, wherever that is", async () => {
  const whole = await tar(plugin, [{ name: "package/b.ts" }, "export {}"]);
  const packed = gzipSync(whole);
  for (const at of [0, 10, packed.length - 9]) assert.match(await refusal(packed.subarray(0, at)), /^It is no whole tar\.gz file/);
  assert.match(await refusal(whole), /^It is no whole tar\.gz file/);
  for (const at of [100, 520, 700, 1100])
    assert.match(await refusal(gzipSync(whole.subarray(0, at))), /^It is no whole tar file|has no entry/);
  // Behind byte 153 the checksum has ended.
  for (let at = 0; at < 512; at += 9) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    assert.match(`${at}: ${await refusal(gzipSync(damaged))}`, /: It is no whole tar file/);
  }
  assert.match(await refusal(gzipSync(Buffer.alloc(1024))), /has no entry/);
});

tarball("does not wait for what a header promises and never comes", async () => {
  const lying = await tar(plugin);
  lying.write("77777777777 ", 124, "latin1");
  lying.write("        ", 148, "latin1");
  const sum = lying.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  lying.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  assert.match(await refusal(gzipSync(lying)), /has more than 4194304 bytes/);
});

tarball.run();
