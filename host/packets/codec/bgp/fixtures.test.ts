/** Walks `fixtures/bgp/CASE/`: messages of real peers, with what tshark reads in them. A new capture needs no new test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testWith, tool } from "../../../workbench/testing/requirements.ts";
import { throwsError } from "../../../workbench/testing/throws-error.ts";
import { tsharkMessages } from "../../../workbench/testing/tshark-bgp.ts";
import { bgp, type Message, type MessageFormat } from "../bgp.ts";
import { statuses } from "./statuses.ts";

const walker = suite("bgp fixtures");
const folder = fileURLToPath(new URL("../../../../fixtures/bgp/", import.meta.url));

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly message: Message;
  readonly format: MessageFormat;
  /** Statuses of what is wrong in it: it is read, but not written. */
  readonly errors: readonly string[];
  /** The message encoded is the packet again. */
  readonly canonical: boolean;
  /** False: tshark cannot read it, and what is expected comes from elsewhere. */
  readonly tshark: boolean;
}

const cases: readonly Case[] = readdirSync(folder).map((name) => {
  const read = (file: string) => readFileSync(join(folder, name, file), "utf8");
  assert.ok(read("source.txt").length > 0);
  return {
    format: {},
    errors: [],
    tshark: true,
    ...JSON.parse(read("fields.json")),
    name,
    bytes: Buffer.from(read("packet.hex").trim(), "hex"),
  };
});

for (const { name, bytes, message, format, errors: wrong, canonical } of cases) {
  walker(`decode() gives what ${name} says`, () => {
    const { message: found, errors } = bgp.decode(bytes, format);
    assert.equal([found, errors.map(({ status }) => status)], [message, wrong]);
  });

  walker(`encode() ${canonical ? "gives back" : "differs from, and decodes like,"} ${name}`, () => {
    if (wrong.length > 0)
      return throwsError(() => bgp.encode(message, format), `Cannot encode UPDATE: ${statuses[wrong[0] ?? ""]?.meaning}`);
    const encoded = bgp.encode(message, format);
    assert.is(Buffer.from(encoded).equals(bytes), canonical);
    assert.equal(bgp.decode(encoded, format), { message, errors: [] });
  });

  walker(`decode() has an answer to ${name} cut at every length`, () => {
    for (let length = 0; length < bytes.length; length++) {
      const [error] = bgp.decode(bytes.subarray(0, length), format).errors;
      assert.is(error?.status, "Truncated", `${length} bytes`);
    }
  });

  walker(`decode() has an answer to ${name} cut at every length, where the length says so`, () => {
    for (let length = 19; length < bytes.length; length++) {
      const cut = Buffer.from(bytes.subarray(0, length));
      cut.writeUInt16BE(length, 16);
      const { message: found, errors } = bgp.decode(cut, format);
      assert.ok(found !== undefined || errors.length > 0);
      for (const { status = "none" } of errors) assert.ok(status in statuses, `${length} bytes: ${status}`);
    }
  });
}

walker("there are cases from every peer, and of every type", () => {
  for (const peer of ["bird", "frr", "gobgpd", "openbgpd", "exabgp"]) {
    const types = new Set(cases.filter(({ name }) => name.startsWith(peer)).map(({ message }) => message.type));
    for (const type of ["open", "update", "notification"] as const) assert.ok(types.has(type), `${type} of ${peer}`);
  }
  const all = new Set(cases.map(({ message }) => message.type));
  assert.equal([...all].sort(), ["keepalive", "notification", "open", "routeRefresh", "update"]);
});

for (const asnBytes of [2, 4] as const) {
  testWith(walker, [tool("tshark")], `tshark reads the fixtures as they are written down, AS numbers of ${asnBytes} octets`, () => {
    const some = cases.filter(({ format, tshark }) => tshark && (format.fourOctetAs === false) === (asnBytes === 2));
    const found = tsharkMessages(
      some.map(({ bytes }) => bytes),
      asnBytes,
    );
    assert.equal(
      found,
      some.map(({ message }) => asTsharkTells(message)),
    );
  });
}

/** Without what tshark does not tell: texts and wrapped NOTIFICATIONs, which stand in the data too, and what an AS4_PATH stands for. */
function asTsharkTells(message: Message): Message {
  if (message.type === "notification") {
    const { shutdownCommunication: _, hardReset: __, ...rest } = message;
    return rest;
  }
  if (message.type !== "update" || message.pathAttributes.as4Path === undefined) return message;
  const shorten = (asNumber: number) => (asNumber > 0xffff ? 23456 : asNumber);
  const { asPath = [], aggregator, ...rest } = message.pathAttributes;
  const pathAttributes = {
    ...rest,
    asPath: asPath.map(({ type, asNumbers }) => ({ type, asNumbers: asNumbers.map(shorten) })),
    ...(aggregator === undefined ? {} : { aggregator: { ...aggregator, asNumber: shorten(aggregator.asNumber) } }),
  };
  return { ...message, pathAttributes };
}

walker.run();
