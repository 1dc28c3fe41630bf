/**
 * What a plugin's author has recorded: `fixtures/NAME.hex`, one frame a line, or a capture of tcpdump. Every plugin bears it; where
 * `NAME.answers.hex` lies beside it, a plugin with all its rows sends exactly that, in this order.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, parse } from "node:path";
import { captureFrames, isCapture } from "../../packets/codec/capture.ts";

export interface Capture {
  /** `fixtures/who-has.hex`. */
  readonly name: string;
  readonly frames: readonly Uint8Array[];
  /** In hex. */
  readonly answers?: readonly string[];
}

const FOLDER = "fixtures";
const RECORDED = /^(?!.*\.answers\.hex$).*\.(hex|pcap|pcapng)$/;

/** Sorted by name. Throws where a file cannot be read. */
export function readCaptures(plugin: string): readonly Capture[] {
  const folder = join(plugin, FOLDER);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => RECORDED.test(name));
  return names.sort().map((name) => {
    const answers = join(folder, `${parse(name).name}.answers.hex`);
    const frames = readFrames(join(folder, name));
    return { name: join(FOLDER, name), frames, ...(existsSync(answers) ? { answers: readFrames(answers).map(hex) } : {}) };
  });
}

function readFrames(file: string): readonly Uint8Array[] {
  const bytes = readFileSync(file);
  if (isCapture(bytes)) return [...captureFrames(bytes)];
  const lines = bytes.toString("latin1").split("\n");
  const texts = lines.map((line) => line.replace(/#.*/, "").replace(/[\s:]/g, ""));
  const wrong = texts.findIndex((text) => !/^([0-9a-f]{2})*$/i.test(text));
  if (wrong >= 0)
    throw new Error(`Cannot read ${file}:${wrong + 1}: found ${JSON.stringify(lines[wrong])}, expected two hex digits a byte`);
  return texts.filter((text) => text !== "").map((text) => Uint8Array.from(Buffer.from(text, "hex")));
}

function hex(frame: Uint8Array): string {
  return Buffer.from(frame).toString("hex");
}
