import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeFrame, FrameReader, type Message, TYPES } from "./frames.ts";

const frames = suite("frames");

const read = (...chunks: Uint8Array[]): Message[] => {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => [...reader.read(chunk)]);
};
const crossed = (value: unknown): unknown => read(encodeFrame(TYPES.tell, 3, value))[0]?.value;

const values: readonly unknown[] = [
  ...[null, true, 0, -1.5, "", "é\u2028\ud800", [], {}],
  { list: [1, [2]], named: { a: null } },
  { $: 1, $$: "two", $a: 3 },
  [undefined, 1],
  [new Uint8Array([1, 2, 3]), { deep: new Uint8Array(0) }],
];
for (const value of values) {
  frames(`${JSON.stringify(value)} arrives as it was sent`, () => assert.equal(crossed(value), value));
}

frames("undefined properties and names of prototypes are left out, at both ends", () => {
  assert.equal(crossed({ a: undefined, b: 1, constructor: 2, prototype: 3, ["__proto__"]: 4 }), { b: 1 });
  const json = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"a":1}';
  const [message] = read(frameOf(TYPES.tell, new TextEncoder().encode(json)));
  assert.equal(Object.keys(message?.value as object), ["a"]);
  assert.is(Object.getPrototypeOf(message?.value), Object.prototype);
  assert.is(({} as Record<string, unknown>)["isAdmin"], undefined);
});

const cyclic: Record<string, unknown> = { a: {} };
cyclic["a"] = { b: cyclic };
let deep: unknown = 1;
for (let at = 0; at < 70; at++) deep = [deep];
const refused: readonly (readonly [what: string, value: unknown, message: RegExp])[] = [
  ["NaN", { a: [1, Number.NaN] }, /^Cannot send \.a\[1\]: found NaN, expected a finite number$/],
  ["Infinity", Number.POSITIVE_INFINITY, /^Cannot send a value: found Infinity/],
  ["a cycle", cyclic, /^Cannot send \.a\.b: found what it is in itself, expected no cycles$/],
  ["a function", [() => 1], /^Cannot send \[0\]: found a function, expected plain data$/],
  ["a big integer", { a: 1n }, /found a bigint/],
  ["an instance of a class", { a: new Map() }, /^Cannot send \.a: found an object of a class, expected plain data$/],
  ["a deep list", deep, /expected at most 64 levels$/],
  ["long text", ["x".repeat(300_000)], /expected at most 262144 bytes of JSON in one message$/],
  ["text that is long as JSON", "\u0001".repeat(100_000), /^Cannot send a message of 600002 bytes of JSON/],
  ["a long Uint8Array", new Uint8Array(65_537), /^Cannot send a value: found 65537 bytes, expected at most 65536$/],
  ["long bytes together", Array.from({ length: 5 }, () => new Uint8Array(65_000)), /expected at most 262144 in one message$/],
  ["many Uint8Arrays", Array.from({ length: 1025 }, () => new Uint8Array(1)), /expected at most 1024 in one message$/],
  [
    "an endless list",
    new Proxy([], { get: (target, name) => (name === "length" ? 1e9 : Reflect.get(target, name)) }),
    /expected at most 262144/,
  ],
];
for (const [what, value, message] of refused) {
  frames(`refuses to send ${what}`, () =>
    assert.throws(
      () => encodeFrame(TYPES.tell, 0, value),
      (error: Error) => message.test(error.message),
    ),
  );
}

frames("a Uint8Array that lies about its length is sent as it is", () => {
  const liar = new Uint8Array([1, 2, 3, 4]);
  for (const name of ["length", "byteLength"]) Object.defineProperty(liar, name, { value: 1 });
  assert.equal(crossed([liar, new Uint8Array([5])]), [new Uint8Array([1, 2, 3, 4]), new Uint8Array([5])]);
});

frames("messages are read in whatever pieces they come", () => {
  const bytes = Buffer.concat([encodeFrame(TYPES.call, 1, [1, "m", [new Uint8Array([9])]]), encodeFrame(TYPES.tell, 2, ["n", []])]);
  const expected = [
    [TYPES.call, 1, [1, "m", [new Uint8Array([9])]]],
    [TYPES.tell, 2, ["n", []]],
  ];
  for (const size of [1, 2, 3, 7, 64, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, at * size + size));
    assert.equal(
      read(...chunks).map(({ type, line, value }) => [type, line, value]),
      expected,
    );
  }
});

/** A frame of a type and of what comes after the JSON's length, made by hand. */
function frameOf(type: number, json: Uint8Array, more: readonly number[] = [], jsonLength = json.length): Uint8Array {
  const frame = Buffer.alloc(11 + json.length + more.length);
  frame.writeUInt32LE(frame.length - 4, 0);
  frame.writeUInt8(type, 4);
  frame.writeUInt32LE(jsonLength, 7);
  frame.set(json, 11);
  frame.set(more, 11 + json.length);
  return frame;
}

const text = (json: string) => new TextEncoder().encode(json);
const broken: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
  ["a frame over the limit", Uint8Array.of(255, 255, 255, 255), /^a frame of 4294967295 bytes, expected at most/],
  ["a frame too short for its head", Uint8Array.of(3, 0, 0, 0), /^a frame of 3 bytes, expected at least 7$/],
  ["an unknown type", frameOf(77, text("[]")), /^a frame of the unknown type 77$/],
  ["bad JSON", frameOf(4, text("[1")), /^a frame whose JSON cannot be read$/],
  ["text that is not UTF-8", frameOf(4, Uint8Array.of(34, 255, 34)), /^a frame whose JSON cannot be read$/],
  ["a number that is not finite", frameOf(4, text("[1e999]")), /^a frame whose JSON cannot be read$/],
  ["very deep JSON", frameOf(4, text(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)), /^a frame whose JSON cannot be read$/],
  ["bytes that are not there", frameOf(4, text('[{"$":0}]')), /^a frame whose JSON cannot be read$/],
  ["bytes that come twice", frameOf(4, text('[{"$":0},{"$":0}]'), [1, 0, 0, 0, 9]), /^a frame whose JSON cannot be read$/],
  ["a mark that is no number", frameOf(4, text('[{"$":"length"}]')), /^a frame whose JSON cannot be read$/],
  ["JSON longer than its frame", frameOf(4, text("[]"), [], 3), /^JSON of 3 bytes in a frame of 9$/],
  ["bytes longer than their frame", frameOf(4, text("[]"), [9, 0, 0, 0, 1]), /^bytes that do not fit into their frame$/],
  ["bytes without a length", frameOf(4, text("[]"), [9, 0]), /^bytes that do not fit into their frame$/],
];
for (const [what, bytes, message] of broken) {
  frames(`refuses to read ${what}`, () =>
    assert.throws(
      () => read(bytes),
      (error: Error) => message.test(error.message),
    ),
  );
}

frames.run();
