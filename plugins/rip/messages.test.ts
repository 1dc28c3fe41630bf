/** Messages of both versions as bytes, and what is read of requests, good and bad. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAddress } from "../../host/announcer.ts";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";
import { rip2 } from "./rip2.ts";
import { ripng } from "./ripng.ts";
import { prefixOf, type Route } from "./route.ts";

const messages = suite("rip messages");

function route(text: string, parts: Partial<Route> & { hop?: string } = {}): Route {
  const [address = "", length] = text.split("/");
  const { hop, ...rest } = parts;
  const nextHop = hop === undefined ? {} : { nextHop: parseAddress(hop)!.value };
  return { ...prefixOf(parseAddress(address)!, Number(length)), metric: 1, tag: 0, ...nextHop, ...rest };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

messages("rip2 writes family, tag, prefix, mask, next hop and metric", () => {
  const routes = [route("198.51.100.1/32"), route("203.0.113.9/24", { metric: 16, tag: 513, hop: "192.0.2.5" })];
  assert.equal(rip2.writeResponses(routes, 25).map(hex), [
    ["02020000", "00020000c6336401ffffffff0000000000000001", "00020201cb007100ffffff00c000020500000010"].join(""),
  ]);
});

messages("ripng writes a next hop before the routes that have it, and those without first", () => {
  const routes = [
    route("2001:db8::1/128", { hop: "fe80::5", tag: 7 }),
    route("2001:db8:0:1::9/64", { metric: 3 }),
    route("2001:db8::2/128", { hop: "fe80::5" }),
  ];
  assert.equal(ripng.writeResponses(routes, 70).map(hex), [
    [
      "02010000",
      "20010db8000000010000000000000000" + "00004003",
      "fe800000000000000000000000000005" + "000000ff",
      "20010db8000000000000000000000001" + "00078001",
      "20010db8000000000000000000000002" + "00008001",
    ].join(""),
  ]);
});

messages("more routes than fit are told in several messages, each of which stands by itself", () => {
  const many = Array.from({ length: 60 }, (_, at) => route(`198.51.100.${at}/32`));
  assert.equal(
    rip2.writeResponses(many, 25).map(({ length }) => (length - 4) / 20),
    [25, 25, 10],
  );
  const hops = Array.from({ length: 5 }, (_, at) => route(`2001:db8::${at}/128`, { hop: "fe80::5" }));
  const parts = ripng.writeResponses(hops, 3).map(hex);
  assert.is(parts.length, 3);
  for (const part of parts) assert.is(part.slice(8, 48), "fe800000000000000000000000000005000000ff");
  assert.is(ripng.mostEntries(1500), 72);
  assert.equal(rip2.writeResponses([], 25), []);
});

messages("requests: for all, and for some", () => {
  assert.is(rip2.readRequest(bytesOf(`01020000 0000 0000 ${"00".repeat(12)} 00000010`)), "all");
  assert.is(ripng.readRequest(bytesOf(`01010000 ${"00".repeat(16)} 0000 00 10`)), "all");
  const some = "01020000 0002 0000 c6336401 ffffffff 00000000 00000000 0002 0000 cb007109 ffffff00 00000000 00000000";
  assert.equal(rip2.readRequest(bytesOf(some)), [
    { family: 4, value: 0xc6336401n, length: 32 },
    { family: 4, value: 0xcb007100n, length: 24 },
  ]);
  assert.equal(rip2.readRequest(bytesOf(`01020000 0002 0000 ${"00".repeat(16)}`)), [{ family: 4, value: 0n, length: 0 }]);
  assert.equal(ripng.readRequest(bytesOf("01010000 20010db8000000000000000000000001 0000 40 00")), [
    { family: 6, value: 0x20010db8n << 96n, length: 64 },
  ]);
});

const bad: Readonly<Record<string, string>> = {
  "a response": `02020000 0000 0000 ${"00".repeat(12)} 00000010`,
  "version 1": `01010000 0000 0000 ${"00".repeat(12)} 00000010`,
  "another family": `01020000 0003 0000 ${"00".repeat(12)} 00000010`,
  "a mask with gaps": "01020000 0002 0000 c6336401 ff00ff00 00000000 00000000",
  "a header alone": "01020000",
  "half an entry": "01020000 0002 0000 c6336401",
  "26 entries": `01020000 ${`0002 0000 c6336401 ffffffff 00000000 00000000`.repeat(26)}`,
  nothing: "",
};

for (const [what, text] of Object.entries(bad)) {
  messages(`rip2 takes no request of ${what}`, () => assert.is(rip2.readRequest(bytesOf(text)), undefined));
}

messages("ripng takes no request for a prefix of 129 bits, and none of version 2", () => {
  assert.is(ripng.readRequest(bytesOf("01010000 20010db8000000000000000000000001 0000 81 00")), undefined);
  assert.is(ripng.readRequest(bytesOf("01020000 20010db8000000000000000000000001 0000 40 00")), undefined);
});

messages("whatever comes is a request or is not, and never an error", () => {
  const seed = testSeed();
  const random = randomFrom(seed);
  for (let round = 0; round < 20_000; round++) {
    const message = Uint8Array.from({ length: random(130) }, () => random(256));
    message.set([1, 1 + random(2)].slice(0, message.length));
    for (const wire of [rip2, ripng]) {
      const request = wire.readRequest(message);
      assert.ok(request === undefined || request === "all" || request.length > 0, `SEED=${seed}`);
    }
  }
});

messages.run();
