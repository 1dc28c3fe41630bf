import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RouterAdvertisement } from "../../announcer.ts";
import { bgp } from "../../packets/codec/bgp.ts";
import { codecs } from "./codecs.ts";

const suiteOf = suite("codecs");

const advertisement: RouterAdvertisement = {
  destination: "33:33:00:00:00:01",
  source: "02:00:00:00:00:01",
  sourceAddress: "fe80::1",
  destinationAddress: "ff02::1",
  currentHopLimit: 0,
  flags: 0,
  routerLifetime: 0,
  reachableTime: 0,
  retransTimer: 0,
  sourceLinkLayerAddress: "02:00:00:00:00:01",
  otherOptionBytes: 0,
  trailingBytes: 0,
};

suiteOf("a plugin encodes a frame, and decodes it to the same fields", () => {
  const { encode, decode } = codecs("router-advertisement");
  const frame = encode(advertisement);
  assert.is(frame.length, 14 + 40 + 24);
  assert.equal(decode(frame), { ok: true, fields: advertisement });
  const found = codecs("router-solicitation").decode(frame);
  assert.is(found.ok ? "" : found.status, "WrongMessageType");
});

suiteOf("encode() throws where decode() would refuse the frame, or a field is of no use", () => {
  const { encode } = codecs("router-advertisement");
  assert.throws(
    () => encode({ ...advertisement, sourceAddress: "2001:db8::1" }),
    (error: Error) =>
      error instanceof RangeError && error.message === "Cannot encode router-advertisement: The source address is not a link-local one",
  );
  assert.throws(
    () => encode({ ...advertisement, flags: 256 }),
    (error: Error) => error instanceof TypeError && /flags is 256, expected a whole number from 0 to 255/.test(error.message),
  );
});

suiteOf("codec() gives BGP's, and refuses a name that is none", () => {
  assert.is(codecs("bgp"), bgp);
  assert.throws(() => (codecs as (name: string) => unknown)("ospf"), /^Unknown format ospf: expected arp, .*, router-solicitation, bgp$/);
});

suiteOf.run();
