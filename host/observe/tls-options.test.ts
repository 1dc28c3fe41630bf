import { createSecureContext } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readTlsFlags, type TlsFlags } from "./tls-options.ts";

const options = suite("TLS options");

options("without flags it is TLS 1.3", () => {
  for (const none of [{}, { minVersion: "", cipherSuites: "", curvePreferences: "" }])
    assert.equal(readTlsFlags(none), { minVersion: "TLSv1.3" });
});

options("suites and curves have OpenSSL's names, and OpenSSL takes them", () => {
  const found = readTlsFlags({
    minVersion: "VersionTLS12",
    cipherSuites: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    curvePreferences: "29,23,24,25",
  });
  assert.equal(found, {
    minVersion: "TLSv1.2",
    ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305",
    ecdhCurve: "X25519:P-256:P-384:P-521",
  });
  createSecureContext(found);
});

const wrong: readonly (readonly [TlsFlags, RegExp])[] = [
  [{ minVersion: "constructor" }, /^Flag --tls-min-version has the value "constructor"/],
  [{ minVersion: "VersionTLS12,VersionTLS13" }, /^Flag --tls-min-version has the value "VersionTLS12,VersionTLS13"/],
  [{ minVersion: "VersionTLS10" }, /^Flag --tls-min-version has the value "VersionTLS10": expected VersionTLS12 or VersionTLS13$/],
  [
    { minVersion: "VersionTLS12", cipherSuites: "TLS_RSA_WITH_RC4_128_SHA" },
    /^Flag --tls-cipher-suites has the value "TLS_RSA_WITH_RC4_128_SHA"/,
  ],
  [{ cipherSuites: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }, /^Flag --tls-cipher-suites has an effect up to TLS 1\.2 only/],
  [{ curvePreferences: "toString" }, /^Flag --tls-curve-preferences has the value "toString": expected 23, 24, 25 or 29$/],
];
for (const [flags, message] of wrong) {
  options(`${JSON.stringify(flags)} is refused`, () => {
    assert.throws(() => readTlsFlags(flags), message);
  });
}

options.run();
