import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readEndpointFlags, readPlace } from "./endpoint-flags.ts";

const flags = suite("endpoint flags");

flags("have MetalLB's defaults", () => {
  const { metricsPort, healthPort, certificates } = readEndpointFlags({});
  assert.equal([metricsPort, healthPort, certificates], [9120, 17472, undefined]);
});

flags("are read", () => {
  const read = readEndpointFlags({
    ...{ port: "0", "health-probe-port": "7473", "metrics-cert-dir": "/tls", "tls-min-version": "VersionTLS12" },
    "tls-cipher-suites": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  });
  assert.equal([read.metricsPort, read.healthPort, read.certificates, read.tls.minVersion], [0, 7473, "/tls", "VersionTLS12"]);
  assert.is(readEndpointFlags({ "metrics-cert-dir": "" }).certificates, undefined, "as a chart gives what is not set");
});

const wrong: readonly (readonly [Parameters<typeof readEndpointFlags>[0], string])[] = [
  [{ port: "http" }, 'Flag --port has the value "http": expected a port from 0 to 65535'],
  [{ port: "-1" }, 'Flag --port has the value "-1": expected a port from 0 to 65535'],
  [{ "health-probe-port": "65536" }, 'Flag --health-probe-port has the value "65536": expected a port from 0 to 65535'],
  [{ "tls-min-version": "1.2" }, 'Flag --tls-min-version has the value "1.2": expected VersionTLS12 or VersionTLS13'],
];
for (const [values, message] of wrong) {
  flags(`${JSON.stringify(values)} is refused`, () => {
    assert.throws(
      () => readEndpointFlags(values),
      (error: Error) => error.name === "UsageError" && error.message === message,
    );
  });
}

flags("readPlace() reads an address and a port", () => {
  assert.equal(readPlace("metrics", "127.0.0.1:9120"), { address: "127.0.0.1", port: 9120 });
  assert.equal(readPlace("metrics", "[::1]:0"), { address: "::1", port: 0 });
});

for (const text of ["9120", ":9120", "127.0.0.1", "::1:9120", "[127.0.0.1]:1", "localhost:1", "127.0.0.1:99999", "127.0.0.1:x", ""]) {
  flags(`readPlace() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => readPlace("metrics", text), /^Flag --metrics has the value /);
  });
}

flags.run();
