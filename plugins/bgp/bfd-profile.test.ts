import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readBfdProfile } from "./bfd-profile.ts";

const profile = suite("bgp bfd-profile");

const read = (spec?: unknown) => readBfdProfile({ metadata: { name: "fast" }, spec });

profile("readBfdProfile() takes FRR's defaults", () => {
  const value = {
    name: "fast",
    receiveIntervalMs: 300,
    transmitIntervalMs: 300,
    detectMultiplier: 3,
    echoIntervalMs: 50,
    echoMode: false,
    passiveMode: false,
    minimumTtl: 254,
  };
  assert.equal(read(), { ok: true, value, problems: [] });
  assert.equal(read({ receiveInterval: null }), { ok: true, value, problems: [] });
});

profile("readBfdProfile() reads every field", () => {
  const spec = {
    receiveInterval: 10,
    transmitInterval: 60_000,
    detectMultiplier: 255,
    echoInterval: 11,
    echoMode: true,
    passiveMode: true,
    minimumTtl: 1,
  };
  assert.equal(read(spec), {
    ok: true,
    value: {
      name: "fast",
      receiveIntervalMs: 10,
      transmitIntervalMs: 60_000,
      detectMultiplier: 255,
      echoIntervalMs: 11,
      echoMode: true,
      passiveMode: true,
      minimumTtl: 1,
    },
    problems: [],
  });
});

profile("readBfdProfile() says everything that is out of range", () => {
  const { ok, problems } = read({
    receiveInterval: 9,
    transmitInterval: 60_001,
    detectMultiplier: 1,
    echoInterval: "50",
    echoMode: "yes",
    passiveMode: 1,
    minimumTtl: 255,
  });
  assert.is(ok, false);
  assert.equal(
    problems.map(({ object, path, found, expected }) => `${object} ${path} ${found}: ${expected}`),
    [
      "BFDProfile fast spec.receiveInterval 9: a whole number from 10 to 60000",
      "BFDProfile fast spec.transmitInterval 60001: a whole number from 10 to 60000",
      "BFDProfile fast spec.detectMultiplier 1: a whole number from 2 to 255",
      'BFDProfile fast spec.echoInterval "50": a whole number from 10 to 60000',
      'BFDProfile fast spec.echoMode "yes": true or false',
      "BFDProfile fast spec.passiveMode 1: true or false",
      "BFDProfile fast spec.minimumTtl 255: a whole number from 1 to 254",
    ],
  );
});

profile.run();
