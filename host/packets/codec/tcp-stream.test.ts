import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../../workbench/testing/random.ts";
import { type TcpFrame, tcpFrame } from "../../workbench/testing/tcp-frame.ts";
import { readSegment, type Segment } from "./tcp-segment.ts";
import { TcpStream } from "./tcp-stream.ts";

const tcp = suite("tcp of a capture");
const text = (value: string) => Buffer.from(value);
const ends = { source: "192.0.2.1", destination: "192.0.2.2", sourcePort: 40000, destinationPort: 179 };

function segment(sequence: number, payload = "", flags = 16): Segment {
  const found = readSegment(tcpFrame({ ...ends, sequence, flags, payload: text(payload) }));
  assert.ok(found);
  return found as Segment;
}

function read(stream: TcpStream, ...segments: Segment[]): string {
  return segments
    .flatMap((one) => stream.take(one))
    .map(({ bytes, missingBytes, isMidway }) => `${isMidway ? "…" : ""}${missingBytes > 0 ? `[${missingBytes}]` : ""}${Buffer.from(bytes)}`)
    .join("");
}

tcp("readSegment() reads IPv4 and IPv6, and takes no padding for payload", () => {
  const frame: TcpFrame = { ...ends, sequence: 7, flags: 18, payload: text("bgp") };
  const found = readSegment(Buffer.concat([tcpFrame(frame), Buffer.alloc(9)]));
  assert.equal(
    { ...found, payload: Buffer.from(found?.payload ?? []).toString() },
    {
      from: "192.0.2.1:40000",
      to: "192.0.2.2:179",
      sourcePort: 40000,
      destinationPort: 179,
      sequence: 7,
      isSyn: true,
      isEnd: false,
      payload: "bgp",
    },
  );
  const six = readSegment(tcpFrame({ ...frame, source: `fe80${"0".repeat(27)}1`, destination: `20010db8${"0".repeat(23)}2`, flags: 1 }));
  assert.equal([six?.from, six?.to, six?.isEnd], ["[fe80::1]:40000", "[2001:db8::2]:179", true]);
});

tcp("readSegment() reads frames with a tag", () => {
  const frame = tcpFrame({ ...ends, sequence: 1, payload: text("bgp") });
  const tagged = Buffer.concat([frame.subarray(0, 12), Buffer.from("81000064", "hex"), frame.subarray(12)]);
  assert.is(readSegment(tagged)?.from, "192.0.2.1:40000");
});

tcp("readSegment() has no answer to a frame cut anywhere, a fragment, or another protocol", () => {
  for (const source of ["192.0.2.1", "20010db8000000000000000000000001"]) {
    const frame = tcpFrame({ ...ends, source, destination: source, sequence: 1, payload: text("bgp") });
    for (let length = 0; length < frame.length; length++) assert.is(readSegment(frame.subarray(0, length)), undefined, `${length} bytes`);
  }
  const frame = tcpFrame({ ...ends, sequence: 1 });
  const changed = (at: number, byte: number) =>
    readSegment(Buffer.concat([frame.subarray(0, at), Buffer.from([byte]), frame.subarray(at + 1)]));
  assert.is(changed(20, 0x20), undefined, "a fragment");
  assert.is(changed(23, 17), undefined, "UDP");
  assert.is(changed(14, 0x41), undefined, "a header of four bytes");
  assert.is(changed(46, 0x40), undefined, "a TCP header of 16 bytes");
});

tcp("take() puts segments in order, and drops what came before", () => {
  const stream = new TcpStream();
  assert.is(read(stream, segment(99, "", 2), segment(100, "ab"), segment(104, "ef"), segment(100, "ab"), segment(102, "cd")), "abcdef");
  assert.is(read(stream, segment(104, "efgh"), segment(103, "d"), segment(108)), "gh");
});

tcp("take() begins again with a SYN, and goes on where sequence numbers wrap", () => {
  const stream = new TcpStream();
  assert.is(read(stream, segment(0xfffffffd, "", 2), segment(0xfffffffe, "ab"), segment(0, "cd"), segment(2, "ef")), "abcdef");
  assert.is(read(stream, segment(5000, "", 2), segment(5001, "xy")), "xy");
});

tcp("take() says where a capture begins midway, and what it lacks after waiting for it", () => {
  const stream = new TcpStream();
  assert.is(read(stream, segment(10, "ab")), "…ab");
  const later = Array.from({ length: 65 }, (_, index) => segment(20 + index, "x"));
  assert.is(read(stream, ...later), `[8]${"x".repeat(65)}`);
});

tcp("take() puts together any order of segments, some of them sent twice or overlapping", () => {
  const random = randomFrom(testSeed());
  const whole = Array.from({ length: 500 }, (_, index) => String.fromCharCode(97 + (index % 26))).join("");
  for (let round = 0; round < 200; round++) {
    const first = random(0xffffffff);
    const stream = new TcpStream();
    stream.take(segment((first - 1) >>> 0, "", 2));
    const segments: Segment[] = [];
    for (let at = 0; at < whole.length; ) {
      const size = 1 + random(30);
      const from = Math.max(0, at - random(5));
      segments.push(segment((first + from) >>> 0, whole.slice(from, at + size)));
      at += size;
    }
    for (let at = segments.length - 1; at > 0; at--) {
      const other = Math.max(0, at - random(5));
      [segments[at], segments[other]] = [segments[other] as Segment, segments[at] as Segment];
    }
    assert.is(read(stream, ...segments, segments[0] as Segment), whole);
  }
});

tcp.run();
