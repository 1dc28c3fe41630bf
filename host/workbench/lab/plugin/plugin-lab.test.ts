/** `herald lab --plugin`: the plugin's frames are shown, a saved file is taken over, a broken one is not. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeNewPlugin } from "../../authoring/new-plugin.ts";
import { namespaces, testWith } from "../../testing/requirements.ts";
import { RunningLab } from "../../testing/running-lab.ts";
import { describeFrame } from "./describe-frame.ts";

const LAB = suite("herald lab --plugin");
const root = mkdtempSync(join(tmpdir(), "herald-plugin-lab-"));

LAB.after(() => rmSync(root, { recursive: true }));

testWith(LAB, [namespaces], "shows what is sent, takes over what is saved, and keeps what ran where that is broken", async () => {
  const folder = join(root, "hello");
  writeNewPlugin({ name: "hello", folder, hasProgram: false });
  const file = join(folder, "plugin.ts");
  const code = readFileSync(file, "utf8");
  const lab = new RunningLab(["--plugin", folder, "--watch"]);
  try {
    await lab.prints(/node-b eth0 {2}0x88b5 to ff:ff:ff:ff:ff:ff, 60 bytes: 020b\w+ "\.\.192\.0\.2\.241"/);
    await lab.prints(/Save a file/);
    writeFileSync(file, code.replace("const I_HAVE = 2;", "const I_HAVE = ;"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    writeFileSync(file, code.replace("const I_HAVE = 2;", "const I_HAVE = 7;"));
    await lab.prints(/node-b eth0 {2}0x88b5 to ff:ff:ff:ff:ff:ff, 60 bytes: 070b\w+ "\.\.192\.0\.2\.241"/);
    lab.process.kill("SIGINT");
    const { code: exit, stderr } = await lab.ended;
    assert.is(exit, 0, stderr);
    assert.match(stderr, /plugin\.ts:\d+:\d+: Unexpected ";"\nWhat ran before goes on/);
    await lab.isGone();
  } finally {
    await lab.kill();
  }
});

const frame = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

LAB("tells a plugin's frames from others by what it asks for", () => {
  const udp = frame("01005e000009 020000000001 0800 4500002000010000 01110000 c000020b e0000009 02080208000c0000 68656c6c");
  const { source, text } = describeFrame(udp, [{ kind: "udp", host: "*:520" }]);
  assert.is(source, "02:00:00:00:00:01");
  assert.is(text, 'udp 192.0.2.11 port 520 to 224.0.0.9 port 520: 68656c6c "hell"');
  assert.is(describeFrame(udp, [{ kind: "net", host: "*:*" }]).text, undefined);
  assert.is(describeFrame(udp, [{ kind: "frame", link: "eth0", etherType: 0x88b5 }]).text, undefined);
  assert.is(describeFrame(frame("00"), [{ kind: "udp", host: "*:520" }]).text, undefined);
});

LAB.run();
