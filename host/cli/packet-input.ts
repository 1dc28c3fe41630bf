/** Packets of a file or of standard input: a capture, or text with one packet a line in hex. Which of them, its first bytes tell. */
import { captureFrames, isCapture, MAGIC_BYTES } from "../packets/codec/capture.ts";
import { CaptureError } from "../packets/codec/capture-error.ts";

/** One packet, or why there is none here; reading goes on behind a problem wherever it can. */
export type Packet = PacketBytes | { readonly problem: string };

export interface PacketBytes {
  readonly bytes: Uint8Array;
  /** Of a capture; else a line. */
  readonly isFrame: boolean;
}

/** `name` is how problems call the input. Text is given out line by line, as it comes; a capture once it is whole. */
export async function* readPackets(name: string, input: AsyncIterable<Uint8Array>): AsyncGenerator<Packet> {
  const chunks = input[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    while (head.length < MAGIC_BYTES) {
      const { done, value } = await chunks.next();
      if (done) break;
      head = Buffer.concat([head, value]);
    }
    yield* isCapture(head) ? capturePackets(head, chunks) : linePackets(name, head, chunks);
  } catch (error) {
    if (error instanceof CaptureError) yield { problem: `${name}: ${error.message}` };
    else if (error instanceof Error && "code" in error) yield { problem: `Cannot read ${name}: ${error.message}` };
    else throw error;
  }
}

type Chunks = AsyncIterator<Uint8Array>;

async function* capturePackets(head: Uint8Array, chunks: Chunks): AsyncGenerator<Packet> {
  const pieces = [head];
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) pieces.push(next.value);
  for (const bytes of captureFrames(Buffer.concat(pieces))) yield { bytes, isFrame: true };
}

async function* linePackets(name: string, head: Uint8Array, chunks: Chunks): AsyncGenerator<Packet> {
  let pending = "";
  let number = 0;
  let next: IteratorResult<Uint8Array> = { done: false, value: head };
  for (; !next.done; next = await chunks.next()) {
    const lines = (pending + Buffer.from(next.value).toString("latin1")).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) yield* packetOf(line, `${name}:${++number}`);
  }
  yield* packetOf(pending, `${name}:${++number}`);
}

/** Nothing for a line that is empty or only a comment. */
function* packetOf(line: string, place: string): Generator<Packet> {
  const text = line.replace(/#.*/, "").trimEnd();
  const digits = text.replace(/[\s:]/g, "");
  const odd = /[^0-9a-fA-F\s:]/.exec(text);
  if (odd)
    yield {
      problem: `${place}: Bad hex: found ${JSON.stringify(odd[0])} in column ${odd.index + 1}, expected hex digits, spaces and colons`,
    };
  else if (digits.length % 2 !== 0) yield { problem: `${place}: Bad hex: ${digits.length} digits, expected two a byte` };
  else if (digits !== "") yield { bytes: Buffer.from(digits, "hex"), isFrame: false };
}
