/** TCP segments as a capture has them: Ethernet, IPv4 or IPv6, TCP. Checksums are zero: nobody here looks. */

export interface TcpFrame {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  /** Of FIN 1, SYN 2, RST 4, ACK 16. */
  readonly flags?: number;
  readonly payload?: Uint8Array;
}

/** Addresses are both dotted quads, or both 32 hex digits. */
export function tcpFrame({
  source,
  destination,
  sourcePort,
  destinationPort,
  sequence,
  flags = 16,
  payload = new Uint8Array(),
}: TcpFrame): Buffer {
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(sourcePort);
  tcp.writeUInt16BE(destinationPort, 2);
  tcp.writeUInt32BE(sequence >>> 0, 4);
  tcp[12] = 5 << 4;
  tcp[13] = flags;
  const isIpv4 = source.includes(".");
  const ip = isIpv4 ? ipv4(source, destination, tcp.length + payload.length) : ipv6(source, destination, tcp.length + payload.length);
  const ethernet = Buffer.from(`02000000000a02000000000b${isIpv4 ? "0800" : "86dd"}`, "hex");
  return Buffer.concat([ethernet, ip, tcp, payload]);
}

function ipv4(source: string, destination: string, length: number): Buffer {
  const header = Buffer.from("4500000000004000400600000000000000000000", "hex");
  header.writeUInt16BE(header.length + length, 2);
  header.set(source.split(".").map(Number), 12);
  header.set(destination.split(".").map(Number), 16);
  return header;
}

function ipv6(source: string, destination: string, length: number): Buffer {
  const header = Buffer.from("6000000000000640", "hex");
  header.writeUInt16BE(length, 4);
  return Buffer.concat([header, Buffer.from(source + destination, "hex")]);
}

/** A capture of frames, as tcpdump writes it. */
export function pcapFile(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
  const records = frames.flatMap((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}
