/** A process with a program of the test's own in the guard's place, as one whose fences within the language are all broken: it has the pipe and standard error. */

import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the program begins with: `say(type, line, json)` writes a frame, `frame(…)` makes one; `words` are what the host says. */
const HEAD = `
import { Socket } from "node:net";
import { writeSync } from "node:fs";
const pipe = new Socket({ fd: 3, readable: true, writable: true });
const frame = (type, line, value) => {
  const json = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  const head = Buffer.alloc(11);
  head.writeUInt32LE(7 + json.length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt16LE(line, 5);
  head.writeUInt32LE(json.length, 7);
  return Buffer.concat([head, json]);
};
const say = (type, line, value) => pipe.write(frame(type, line, value));
pipe.on("end", () => process.exit(0));
`;

/** A stand-in for Node that runs `program`, once it has answered the host's calls of line 0 by itself: `ready`, `ping` and `load`. */
export function rawNode(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), "herald-raw-"));
  chmodSync(folder, 0o755);
  const script = join(folder, "end.mjs");
  writeFileSync(script, `${HEAD}${ANSWERS}${program}`);
  const node = join(folder, "node");
  writeFileSync(node, `#!/bin/sh\n[ "$1" = --version ] && exec ${process.execPath} --version\nexec ${process.execPath} ${script}\n`);
  chmodSync(node, 0o755);
  return node;
}

/** Calls are answered with true; `onLoad` is called after that of a plugin. */
const ANSWERS = `
let buffer = Buffer.alloc(0);
let onLoad = () => {};
pipe.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32LE(0)) {
    const whole = buffer.subarray(4, 4 + buffer.readUInt32LE(0));
    buffer = buffer.subarray(4 + whole.length);
    if (whole.readUInt8(0) !== 1) continue;
    const [id, method] = JSON.parse(whole.subarray(7, 7 + whole.readUInt32LE(3)).toString());
    say(2, whole.readUInt16LE(1), [id, true]);
    if (method === "load") onLoad();
  }
});
say(4, 0, ["ready", []]);
`;
