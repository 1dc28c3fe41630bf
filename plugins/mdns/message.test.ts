/** DNS messages: what is written is read again, and whatever comes is read to an end. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomFrom, testSeed } from "../../host/workbench/testing/random.ts";
import { type DnsRecord, type Message, readMessage, writeMessage } from "./message.ts";
import { addressRecords, answersTo, compareSets } from "./records.ts";

const messages = suite("mdns messages");

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const nothing = { id: 0, isResponse: false, isTruncated: false, questions: [], answers: [], authorities: [], additionals: [] };

messages("a response has its names compressed, the flush bit and the life of its records", () => {
  const answers = addressRecords("web.local", ["198.51.100.1", "2001:db8::1"]);
  assert.is(
    hex(writeMessage({ ...nothing, isResponse: true, answers })),
    [
      "0000840000000002" + "00000000",
      "03776562056c6f63616c00" + "00018001" + "00000078" + "0004" + "c6336401",
      "c00c" + "001c8001" + "00000078" + "0010" + "20010db8000000000000000000000001",
    ].join(""),
  );
});

messages("a probe asks by unicast for all there is, and says what is wanted", () => {
  const authorities = addressRecords("web.local", ["198.51.100.1"]).map((record) => ({ ...record, isFlush: false }));
  const questions = [{ name: "web.local", type: 255, class: 1, isUnicast: true }];
  assert.is(
    hex(writeMessage({ ...nothing, questions, authorities })),
    `000000000001000000010000${"03776562056c6f63616c00"}00ff8001${"c00c"}00010001000000780004c6336401`,
  );
});

messages("what there is not is said by NSEC with the types that there are", () => {
  const bitmap = (...vips: readonly string[]) => hex(answersTo(16, addressRecords("a.local", vips))[0]?.data ?? new Uint8Array()).slice(18);
  assert.is(bitmap("198.51.100.1"), "000140");
  assert.is(bitmap("2001:db8::1"), "000400000008");
  assert.is(bitmap("198.51.100.1", "2001:db8::1"), "000440000008");
  assert.equal(answersTo(1, []), []);
});

messages("of two sets of records the one with the first lower byte is the lesser (RFC 6762 §8.2)", () => {
  const set = (...vips: readonly string[]): readonly DnsRecord[] => addressRecords("a.local", vips);
  assert.ok(compareSets(set("169.254.99.200"), set("169.254.200.50")) < 0);
  assert.ok(compareSets(set("198.51.100.1"), set("198.51.100.1", "2001:db8::1")) < 0);
  assert.ok(compareSets(set("2001:db8::1"), set("198.51.100.1")) > 0);
  assert.is(compareSets(set("2001:db8::1", "198.51.100.1"), set("198.51.100.1", "2001:db8::1")), 0);
});

messages("what is written is read again, whatever it holds", () => {
  const seed = testSeed();
  const random = randomFrom(seed);
  const name = () => Array.from({ length: 1 + random(3) }, () => "abcdefgh".slice(0, 1 + random(8))).join(".");
  const record = (): DnsRecord => ({
    ...{ name: name(), type: random(0x10000), class: random(0x8000), isFlush: random(2) === 0, ttlSeconds: random(0x7fffffff) },
    data: Uint8Array.from({ length: random(20) }, () => random(256)),
  });
  const some = <Item>(make: () => Item): Item[] => Array.from({ length: random(4) }, make);
  for (let round = 0; round < 500; round++) {
    const message: Message = {
      ...{ id: random(0x10000), isResponse: random(2) === 0, isTruncated: random(2) === 0 },
      questions: some(() => ({ name: name(), type: random(0x10000), class: random(0x8000), isUnicast: random(2) === 0 })),
      ...{ answers: some(record), authorities: some(record), additionals: some(record) },
    };
    const written = writeMessage(message);
    assert.equal(readMessage(written), message, `SEED=${seed}`);
    assert.is(readMessage(written.subarray(0, written.length - 1)), undefined, `SEED=${seed}`);
  }
});

const HEADER = "0000 0000 0001 0000 0000 0000";
const bad: Readonly<Record<string, string>> = {
  nothing: "",
  "half a header": "0000 0000 0001",
  "a name that leads to itself": `${HEADER} c00c 0001 0001`,
  "a name that leads forward": `${HEADER} c010 0001 0001 00`,
  "two names that lead to each other": `${HEADER} 0161 c010 c00c 0001 0001`,
  "a label that ends behind the message": `${HEADER} 3f61`,
  "a label of a kind that there is not": `${HEADER} 4161 00 0001 0001`,
  "a name of 256 bytes": `${HEADER} ${`3f${"61".repeat(63)}`.repeat(4)} 00 0001 0001`,
  "fewer questions than it says": "0000 0000 0002 0000 0000 0000 0161 00 0001 0001",
  "a record that ends behind the message": "0000 0000 0000 0001 0000 0000 0161 00 0001 0001 00000078 0005 c6336401",
  "another opcode": "0000 2800 0000 0000 0000 0000",
  "an error": "0000 8003 0000 0000 0000 0000",
};

for (const [what, text] of Object.entries(bad)) {
  messages(`readMessage() refuses ${what}`, () => assert.is(readMessage(bytesOf(text)), undefined));
}

messages("readMessage() refuses a chain of many pointers, and a message longer than any", () => {
  const chain = Array.from({ length: 40 }, (_, at) => 0xc000 | (at === 0 ? 12 : 13 + 2 * (at - 1))).map((word) => word.toString(16));
  const message = `0000 0000 0001 0000 0000 0000 00 ${chain.join("")} 0001 0001`;
  assert.is(readMessage(bytesOf(message.replace("0001 0000 0000 0000 00", "0000 0001 0000 0000 00"))), undefined);
  assert.is(readMessage(new Uint8Array(9001)), undefined);
});

messages("a dot in a label is not an end of it", () => {
  assert.is(readMessage(bytesOf(`${HEADER} 03612e62 00 0001 0001`))?.questions[0]?.name, "a\\.b");
});

messages("whatever comes is read in short time, or refused", () => {
  const seed = testSeed();
  const random = randomFrom(seed);
  const good = writeMessage({
    ...nothing,
    questions: [{ name: "web.local", type: 1, class: 1, isUnicast: false }],
    answers: addressRecords("web.local", ["198.51.100.1"]),
  });
  const startedMs = performance.now();
  for (let round = 0; round < 20_000; round++) {
    const bytes = random(2) === 0 ? Uint8Array.from({ length: random(120) }, () => random(256)) : good.slice(0, random(good.length + 1));
    for (let changes = random(6); changes > 0 && bytes.length > 0; changes--)
      bytes[random(bytes.length)] = random(4) === 0 ? 0xc0 : random(256);
    bytes.set([0, 0].slice(0, bytes.length), Math.min(2, bytes.length > 3 ? 2 : 0));
    readMessage(bytes);
  }
  // Pointers as far as they go, in as many names as fit.
  const worst = new Uint8Array(9000).fill(0xc0);
  worst.set([0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0]);
  for (let at = 13; at < worst.length; at += 2) worst[at] = 12;
  readMessage(worst);
  assert.ok(performance.now() - startedMs < 10_000, `SEED=${seed}`);
});

messages.run();
