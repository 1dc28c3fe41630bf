import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCommand } from "./command.ts";
import { decode } from "./decode.ts";

const command = suite("herald decode");
const fixture = (path: string) => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const request = readFileSync(fixture("arp/kernel-request/packet.hex"), "utf8").trim();
const fields = JSON.parse(readFileSync(fixture("arp/kernel-request/fields.json"), "utf8")).fields;

async function run(args: string[], ...input: (string | Uint8Array)[]): Promise<{ code: number; objects: unknown[]; err: string }> {
  const text = { out: "", err: "" };
  const code = await runCommand(decode, args, {
    stdin: (async function* () {
      for (const piece of input) yield Buffer.from(piece);
    })(),
    stdout: { write: (piece) => (text.out += piece) },
    stderr: { write: (piece) => (text.err += piece) },
  });
  const lines = text.out.split("\n").slice(0, -1);
  return { code, objects: lines.map((line) => JSON.parse(line)), err: text.err };
}

command("prints one JSON object a packet, in order, whatever the chunks of its input", async () => {
  const cut = `${request}\n\n# a comment\r\n  ${request.slice(0, 40)} # half of it\n`;
  for (const size of [1, 3, 50, 1000]) {
    const pieces = cut.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
    const { code, objects, err } = await run(["arp"], ...pieces);
    assert.equal(objects[0], fields);
    assert.is((objects[1] as { status: string }).status, "Truncated");
    assert.equal(Object.keys(objects[1] as object), ["status", "meaning", "source"]);
    assert.is(objects.length, 2);
    assert.is(err, "");
    assert.is(code, 0);
  }
});

command("passes over spaces and colons, and takes a last line without its end", async () => {
  const colons = request.replace(/..(?=.)/g, "$&:").replace(/(.{30})/g, "$1 ");
  assert.equal((await run(["arp", "--json"], colons.toUpperCase())).objects, [fields]);
});

command("says file and line of bad hex, goes on, and exits 1", async () => {
  const { code, objects, err } = await run(["arp"], `${request}\nff 0x12\n\n${request}\nfff`);
  assert.equal(objects, [fields, fields]);
  assert.is(code, 1);
  assert.equal(err.split("\n"), [
    'herald decode: stdin:2: Bad hex: found "x" in column 5, expected hex digits, spaces and colons',
    "herald decode: stdin:5: Bad hex: 3 digits, expected two a byte",
    "",
  ]);
});

command("reads captures, and files beside standard input", async () => {
  const folder = mkdtempSync(join(tmpdir(), "herald-decode-"));
  try {
    const header = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
    const record = Buffer.concat([Buffer.alloc(8), Buffer.from("2a0000002a000000", "hex"), Buffer.from(request, "hex")]);
    const whole = Buffer.concat([header, record, record]);
    const file = join(folder, "two.pcap");
    writeFileSync(file, whole);
    const both = await run(["arp", file, "-", fixture("arp/kernel-request/packet.hex")], whole.subarray(0, 2), whole.subarray(2));
    assert.equal(both, { code: 0, objects: [fields, fields, fields, fields, fields], err: "" });
    const cut = await run(["arp"], whole.subarray(0, -1));
    assert.equal(cut, { code: 1, objects: [fields], err: "herald decode: stdin: Capture ends inside packet 2\n" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

command("names a file that it cannot read, and reads the others", async () => {
  const { code, objects, err } = await run(["arp", "/nowhere/x.hex", fixture("arp/kernel-request/packet.hex")]);
  assert.is(code, 1);
  assert.equal(objects, [fields]);
  assert.match(err, /^herald decode: Cannot read \/nowhere\/x\.hex: ENOENT[^\n]*\n$/);
});

command("asks for a protocol that it knows", async () => {
  assert.equal(await run([]), {
    code: 2,
    objects: [],
    err: "herald decode: No protocol: expected one of arp, bfd, ethernet, neighbor-advertisement, neighbor-solicitation, router-advertisement, router-solicitation, bgp (see herald decode --help)\n",
  });
  assert.match((await run(["rap"])).err, "Unknown protocol rap: did you mean arp?");
  assert.match((await run(["arp", "--josn"])).err, "Unknown flag --josn: did you mean --json?");
});

command("has an example in its help that is true", async () => {
  const text = { out: "", err: "" };
  const io = { stdin: (async function* () {})(), stdout: { write: (piece: string) => (text.out += piece) }, stderr: { write: () => {} } };
  assert.is(await runCommand(decode, ["--help"], io), 0);
  const [, hex = "", shown = ""] = /echo "([^"]+)" \| herald decode arp\n([\s\S]+)$/.exec(text.out) ?? [];
  assert.equal((await run(["arp"], hex)).objects, [JSON.parse(shown)]);
});

command.run();
