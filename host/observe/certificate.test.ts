/** OpenSSL, which Node stands on, is the judge of what we make. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeCertificate } from "./certificate.ts";

const certificate = suite("certificate");

const NOW = new Date("2026-03-04T05:06:07.890Z");

certificate("makeCertificate() makes one that OpenSSL reads and that its own key signed", () => {
  const { cert, key } = makeCertificate("herald", ["herald.svc", "127.0.0.1"], NOW);
  const read = new X509Certificate(cert);
  assert.is(read.subject, "CN=herald");
  assert.is(read.issuer, "CN=herald");
  assert.is(read.subjectAltName, "DNS:herald.svc, IP Address:127.0.0.1");
  assert.equal(read.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
  assert.is(new Date(read.validFrom).toISOString(), "2026-03-03T05:06:07.000Z");
  assert.is(new Date(read.validTo).toISOString(), "2036-03-01T05:06:07.000Z");
  assert.ok(read.verify(read.publicKey));
  assert.ok(read.checkPrivateKey(createPrivateKey(key)));
  assert.is(read.ca, false);
});

certificate("no two have the same key or number, and each is well formed", () => {
  const made = Array.from({ length: 50 }, () => new X509Certificate(makeCertificate("herald", ["a"]).cert));
  assert.is(new Set(made.map(({ serialNumber }) => serialNumber)).size, 50);
  assert.is(new Set(made.map(({ fingerprint256 }) => fingerprint256)).size, 50);
  for (const each of made) assert.ok(each.verify(each.publicKey));
});

certificate("one that is valid beyond 2049, or has a long name, is well formed too", () => {
  const read = new X509Certificate(
    makeCertificate("n".repeat(64), ["d".repeat(60), "e".repeat(63)], new Date("2045-01-01T00:00:00Z")).cert,
  );
  assert.is(new Date(read.validTo).getUTCFullYear(), 2054);
  assert.is(read.subject, `CN=${"n".repeat(64)}`);
});

certificate("a client that trusts it connects by its names, over TLS 1.3", async () => {
  const { cert, key } = makeCertificate("herald", ["127.0.0.1"]);
  const server = createServer({ cert, key }, (socket) => socket.end("hello"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  try {
    const [text, protocol] = await new Promise<[string, string | null]>((done, reject) => {
      const socket = connect({ port, host: "127.0.0.1", ca: cert }, () =>
        socket.on("data", (bytes: Buffer) => done([bytes.toString(), socket.getProtocol()])),
      );
      socket.on("error", reject);
    });
    assert.equal([text, protocol], ["hello", "TLSv1.3"]);
  } finally {
    server.close();
  }
});

certificate.run();
