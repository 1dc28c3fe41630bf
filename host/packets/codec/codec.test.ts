import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { throwsError } from "../../workbench/testing/throws-error.ts";
import { loadModule } from "../wasm.ts";
import { codec, type Fields, formats } from "./codec.ts";

const codecs = suite("codec");

const request: Fields = {
  destination: "ff:ff:ff:ff:ff:ff",
  source: "02:00:00:00:00:01",
  operation: 1,
  senderMac: "02:00:00:00:00:01",
  senderAddress: "192.0.2.1",
  targetMac: "00:00:00:00:00:00",
  targetAddress: "192.0.2.10",
  trailingBytes: 0,
};

codecs("codec() refuses a format that is none", () => {
  assert.throws(
    () => codec("ospf"),
    (error: Error) =>
      error instanceof RangeError &&
      error.message ===
        "Unknown format ospf: expected arp, bfd, ethernet, neighbor-advertisement, neighbor-solicitation, router-advertisement, router-solicitation",
  );
});

codecs("decode() calls a packet oversized that does not fit its region", () => {
  const { decode } = codec("ethernet");
  assert.is(decode(new Uint8Array(65536)).ok, true);
  const decoded = decode(new Uint8Array(65537));
  assert.equal(decoded.ok ? "" : decoded.status, "Oversized");
  assert.match(decoded.ok ? "" : decoded.meaning, "65,536");
});

codecs("encode() refuses what decode() would refuse", () => {
  const { encode } = codec("arp");
  const fromGroup = encode({ ...request, senderMac: "01:00:5e:00:00:01" });
  assert.is(fromGroup.ok ? "" : fromGroup.status, "BadSender");
  const tooLong = encode({ ...request, trailingBytes: 65536 - 41 });
  assert.is(tooLong.ok ? "" : tooLong.status, "Oversized");
  const longest = encode({ ...request, trailingBytes: 65536 - 42 });
  assert.is(longest.ok && longest.bytes.length, 65536);
});

const wrongFields: readonly (readonly [change: Record<string, string | number>, says: string])[] = [
  [{ senderMac: "02:00:00:00:00" }, "Cannot encode arp: senderMac is 02:00:00:00:00, expected a MAC such as 02:00:00:00:00:01"],
  [{ senderAddress: "192.0.2.256" }, "Cannot encode arp: senderAddress is 192.0.2.256, expected an IPv4 address"],
  [{ senderAddress: "192.0.02.1" }, "Cannot encode arp: senderAddress is 192.0.02.1, expected an IPv4 address"],
  [{ operation: 65536 }, "Cannot encode arp: operation is 65536, expected a whole number from 0 to 65535"],
  [{ operation: "1" }, "Cannot encode arp: operation is 1, expected a whole number from 0 to 65535"],
  [{ trailingBytes: -1 }, "Cannot encode arp: trailingBytes is -1, expected a whole number from 0 to 4294967295"],
];

for (const [change, says] of wrongFields) {
  codecs(`encode() throws "${says}"`, () => {
    assert.throws(
      () => codec("arp").encode({ ...request, ...change }),
      (error: Error) => error instanceof TypeError && error.message === says,
    );
  });
}

codecs("encode() names a field that is missing, and a format that has no encoder", () => {
  const { targetAddress: _, ...rest } = request;
  throwsError(() => codec("arp").encode(rest), "Cannot encode arp: targetAddress is undefined, expected an IPv4 address");
  throwsError(() => codec("ethernet").encode({}), "Cannot encode ethernet: its record does not hold the whole packet");
});

codecs("module wire imports nothing, so it has no object and cannot abort", () => {
  assert.equal(WebAssembly.Module.imports(loadModule("wire")), []);
});

const fixtures = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
const IPV6 = 14;
const ICMP = 54;

/** Bytes that look like a format's as often as not: each byte of a good packet may be any other, and the end may lie anywhere. */
function packetLike(format: string): fc.Arbitrary<Uint8Array> {
  const folders = readdirSync(`${fixtures}${format}`).filter((name) => existsSync(`${fixtures}${format}/${name}/fields.json`));
  const packets = folders.map((name) => Buffer.from(readFileSync(`${fixtures}${format}/${name}/packet.hex`, "utf8").trim(), "hex"));
  const changes = fc.array(fc.tuple(fc.nat(150), fc.oneof(fc.nat(255), fc.nat(4))), { maxLength: 6 });
  return fc.tuple(fc.constantFrom(...packets), changes, fc.oneof(fc.constant(150), fc.nat(150))).map(([packet, changed, length]) => {
    const copy = Buffer.from(packet);
    for (const [at, byte] of changed) if (at < copy.length) copy[at] = byte;
    repairChecksum(copy);
    return copy.subarray(0, length);
  });
}

/** Of ICMPv6 (RFC 4443 §2.3), so that what was changed is looked at. */
function repairChecksum(frame: Buffer): void {
  const length = frame.length > ICMP ? frame.readUInt16BE(IPV6 + 4) : 0;
  if (frame.readUInt16BE(12) !== 0x86dd || length < 8 || ICMP + length > frame.length) return;
  frame.writeUInt16BE(0, ICMP + 2);
  const words = Buffer.concat([frame.subarray(IPV6 + 8, ICMP + length), Buffer.from([0, 0])]);
  let sum = length + 58;
  for (let at = 0; at + 1 < words.length; at += 2) sum += words.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  frame.writeUInt16BE(0xffff - sum, ICMP + 2);
}

for (const format of formats) {
  codecs(`decode() of ${format.name} answers any bytes, and decode, encode, decode is a fixed point`, () => {
    const { decode, encode } = codec(format.name);
    const results = { decoded: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), packetLike(format.name)), (bytes) => {
        const decoded = decode(bytes);
        results[decoded.ok ? "decoded" : "refused"]++;
        if (!decoded.ok) return assert.ok(decoded.status in format.statuses);
        if (format.encode === undefined) return;
        const encoded = encode(decoded.fields);
        if (!encoded.ok) return assert.ok(encoded.status === "UnwritableOptions" && decoded.fields["otherOptionBytes"] !== 0);
        // What follows a BFD packet in its datagram is no part of it.
        assert.is(encoded.bytes.length, format.name === "bfd" ? 24 : bytes.length);
        assert.equal(decode(encoded.bytes), decoded);
      }),
      { numRuns: 20_000, interruptAfterTimeLimit: 20_000 }, // a failure prints its seed
    );
    assert.ok(results.decoded > 1000 && results.refused > 1000, JSON.stringify(results));
  });
}

codecs.run();
