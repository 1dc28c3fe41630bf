/** `herald decode bgp`: messages out of hex lines, or out of the TCP connections of a capture. */
import { bgp, type Framer, type MessageFormat, type OpenMessage } from "../packets/codec/bgp.ts";
import { readSegment, type Segment } from "../packets/codec/tcp-segment.ts";
import { TcpStream } from "../packets/codec/tcp-stream.ts";
import type { Decoder, Shown } from "./decoder.ts";

const BGP_PORT = 179;
const MARKER_BYTES = 16;

/** A connection: what each side has sent, by the address that it comes from. */
interface Connection {
  readonly sides: Map<string, Side>;
}

interface Side {
  readonly stream: TcpStream;
  framer: Framer;
  open?: OpenMessage;
  /** A header that cannot be read came by, and what follows makes no sense. */
  isLost: boolean;
}

/** `twoOctetAs`: read AS numbers so where no OPEN messages tell. */
export function bgpDecoder(twoOctetAs: boolean): Decoder {
  const unknown: MessageFormat = { fourOctetAs: !twoOctetAs, extendedMessage: true };
  const connections = new Map<string, Connection>();
  return {
    *take({ bytes, isFrame }) {
      if (!isFrame) yield* lineMessages(bytes, unknown);
      else {
        const segment = readSegment(bytes);
        if (segment !== undefined && isBgp(segment)) yield* segmentMessages(segment, connections, unknown);
      }
    },
  };
}

function isBgp({ sourcePort, destinationPort }: Segment): boolean {
  return sourcePort === BGP_PORT || destinationPort === BGP_PORT;
}

function* lineMessages(line: Uint8Array, format: MessageFormat): Generator<Shown> {
  const framer = bgp.createFramer();
  const { messages, error } = framer.push(line, format);
  for (const message of messages) yield bgp.decode(message, format);
  if (error !== undefined) yield { errors: [error] };
  else if (framer.pendingBytes > 0) yield bgp.decode(line.subarray(line.length - framer.pendingBytes), format);
}

function* segmentMessages(segment: Segment, connections: Map<string, Connection>, unknown: MessageFormat): Generator<Shown> {
  const { from, to } = segment;
  const key = [from, to].sort().join(" ");
  if (segment.isSyn && !connections.get(key)?.sides.has(to)) connections.delete(key); // ports are used again
  const connection = connections.get(key) ?? { sides: new Map() };
  connections.set(key, connection);
  const side = connection.sides.get(from) ?? { stream: new TcpStream(), framer: bgp.createFramer(), isLost: false };
  connection.sides.set(from, side);
  for (const { bytes, missingBytes, isMidway } of side.stream.take(segment)) {
    if (missingBytes > 0) yield { problem: `Capture lacks ${missingBytes} bytes from ${from} to ${to}` };
    if (missingBytes > 0 || isMidway) restart(side);
    const start = missingBytes > 0 || isMidway ? findMarker(bytes) : 0;
    if (start > 0) yield { problem: `Capture has ${start} bytes from ${from} to ${to} without the beginning of their message` };
    yield* pieceMessages(bytes.subarray(start), connection, side, segment, unknown);
  }
}

function restart(side: Side): void {
  side.framer = bgp.createFramer();
  side.isLost = false;
}

/** Where a message may begin; the end where none does. */
function findMarker(bytes: Uint8Array): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(Buffer.alloc(MARKER_BYTES, 0xff));
  return at < 0 ? bytes.length : at;
}

function* pieceMessages(
  bytes: Uint8Array,
  connection: Connection,
  side: Side,
  { from, to }: Segment,
  unknown: MessageFormat,
): Generator<Shown> {
  if (side.isLost) return;
  const { messages, error } = side.framer.push(bytes, agreed(connection, unknown));
  for (const message of messages) {
    const decoded = bgp.decode(message, agreed(connection, unknown));
    if (decoded.message?.type === "open") side.open = decoded.message;
    yield { from, to, ...decoded };
  }
  if (error === undefined) return;
  side.isLost = true;
  yield { from, to, errors: [error] };
}

/** What two OPEN messages agree on; what is not known is read as it comes. */
function agreed({ sides }: Connection, unknown: MessageFormat): MessageFormat {
  const [first, second, ...others] = [...sides.values()].map(({ open }) => open);
  if (first === undefined || second === undefined || others.length > 0) return unknown;
  const both = (name: string) => [first, second].every((open) => open.capabilities.some((capability) => capability.name === name));
  return {
    fourOctetAs: both("fourOctetAs"),
    extendedMessage: both("extendedMessage"),
    isInternal: asNumberOf(first) === asNumberOf(second),
  };
}

function asNumberOf({ myAutonomousSystem, capabilities }: OpenMessage): number {
  const capability = capabilities.find((found) => found.name === "fourOctetAs");
  return capability?.asNumber ?? myAutonomousSystem;
}
