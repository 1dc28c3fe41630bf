import { CaptureError, checkLinkType } from "./capture-error.ts";

// draft-ietf-opsawg-pcapng §4 "Block Definitions"
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type and length before a block's body, length again behind it. */
const BLOCK_HEADER_BYTES = 8;
const BLOCK_BYTES = 12;

interface Interface {
  readonly linkType: number;
  /** Most bytes kept of a packet; 0: all. */
  readonly most: number;
}

export function isPcapng(view: DataView): boolean {
  return view.getUint32(0, true) === SECTION_HEADER; // the same in both byte orders
}

/** Frames of a pcapng file in order; blocks that hold none are passed over. Each section has its own byte order and interfaces. */
export function* pcapngFrames(view: DataView): Generator<Uint8Array> {
  let interfaces: Interface[] = [];
  for (const { type, body, little, number } of blocks(view)) {
    if (type === SECTION_HEADER) interfaces = [];
    const fields = least[type];
    if (fields === undefined) continue;
    if (body.byteLength < fields) throw new CaptureError(`Block ${number} of the capture is shorter than its fields`);
    if (type === INTERFACE) interfaces.push({ linkType: body.getUint16(0, little), most: body.getUint32(4, little) });
    else yield frameOf(type, body, little, interfaces);
  }
}

interface Block {
  readonly type: number;
  readonly body: DataView;
  readonly little: boolean;
  /** Counted from 1. */
  readonly number: number;
}

function* blocks(view: DataView): Generator<Block> {
  let little = true;
  for (let at = 0, number = 1; at < view.byteLength; number++) {
    const room = view.byteLength - at;
    if (room < BLOCK_BYTES) throw new CaptureError(`Capture ends inside block ${number}`);
    const isSection = view.getUint32(at, true) === SECTION_HEADER;
    if (isSection) little = view.getUint32(at + BLOCK_HEADER_BYTES, true) === BYTE_ORDER_MAGIC;
    const length = view.getUint32(at + 4, little);
    if (length < BLOCK_BYTES || length % 4 !== 0) throw new CaptureError(`Block ${number} of the capture claims ${length} bytes`);
    if (length > room) throw new CaptureError(`Capture ends inside block ${number}`);
    const body = new DataView(view.buffer, view.byteOffset + at + BLOCK_HEADER_BYTES, length - BLOCK_BYTES);
    yield { type: view.getUint32(at, little), body, little, number };
    at += length;
  }
}

/** Fields before the bytes of a packet, or all of an interface that is read. */
const least: Readonly<Record<number, number>> = { [INTERFACE]: 8, [OLD_PACKET]: 20, [SIMPLE_PACKET]: 4, [ENHANCED_PACKET]: 20 };

function frameOf(type: number, body: DataView, little: boolean, interfaces: readonly Interface[]): Uint8Array {
  const isSimple = type === SIMPLE_PACKET;
  const number = isSimple ? 0 : type === OLD_PACKET ? body.getUint16(0, little) : body.getUint32(0, little);
  const from = interfaces[number];
  if (from === undefined)
    throw new CaptureError(`Capture has a packet of interface ${number}, but describes ${interfaces.length} interfaces`);
  checkLinkType(from.linkType);
  // A simple block tells the length on the wire; what was kept of it is the interface's affair.
  const kept = body.getUint32(isSimple ? 0 : 12, little);
  const length = isSimple && from.most > 0 ? Math.min(kept, from.most) : kept;
  const data = least[type] ?? 0;
  if (data + length > body.byteLength)
    throw new CaptureError(`Capture has a packet of ${length} bytes in a block with room for ${body.byteLength - data}`);
  return new Uint8Array(body.buffer, body.byteOffset + data, length);
}
