import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { locator } from "./locate.ts";
import { parseDocument } from "./parse-document.ts";
import { parseYaml } from "./yaml.ts";

const document = suite("parse-document");

const SEED = 20_260_103;

const TEXT = `---
# a comment
apiVersion: v1
metadata:
  annotations:
    example.com/a.b: one
    example.com/a.b.c: two
spec:
  addresses:
  - 192.0.2.1/32
  - 10.0.0.9-10.0.0.3
  ports: [{port: 1}, {port: 2,
    protocol: X}]
  selectors:
  - matchLabels: {a: b}
  - matchExpressions:
    - key: q
      operator: Foo
  empty:
`;

document("locator() finds the line of a path", () => {
  const lineOf = locator(TEXT);
  const lines = {
    "": 3,
    apiVersion: 3,
    metadata: 4,
    "metadata.annotations.example.com/a.b": 6,
    "metadata.annotations.example.com/a.b.c": 7,
    "spec.addresses": 9,
    "spec.addresses[0]": 10,
    "spec.addresses[1]": 11,
    "spec.ports[0].port": 12,
    "spec.ports[1].protocol": 13,
    "spec.selectors[0].matchLabels.a": 15,
    "spec.selectors[1].matchExpressions[0].operator": 18,
    "spec.empty": 19,
  };
  for (const [path, line] of Object.entries(lines)) assert.is(lineOf(path), line, path);
});

document("locator() stops at the nearest parent of a path that leads nowhere", () => {
  const lineOf = locator(TEXT);
  assert.is(lineOf("spec.nothing.here"), 8);
  assert.is(lineOf("spec.addresses[7]"), 9);
  assert.is(lineOf("metadata.name"), 4);
  assert.is(locator("")("a.b"), 1);
  assert.is(locator("just text")("a.b"), 1);
  assert.is(locator("{ broken")("a.b"), 1);
});

/** Text, and the line and a part of what is found. */
const BROKEN: readonly (readonly [text: string, line: number, found: RegExp])[] = [
  ["a: 1\nb: [\n", 2, /unexpected end/],
  ["a: 1\n\tb: 2\n", 2, /./],
  ["a: 1\na: 2\n", 2, /duplicated mapping key/],
  ['{"a": 1,\n "a": 2}\n', 2, /duplicated mapping key/],
  ["a: *nothing\n", 1, /alias/],
  ["a: !!js/function x\n", 1, /tag/],
  ["a: \u0000\n", 1, /null byte/],
  ["a: \u0007\n", 1, /non-printable/],
  [`a: ${"[".repeat(5000)}\n`, 1, /nesting/],
  ["a:\n  b: &a {again: *a}\n", 1, /more than 100 levels/],
];

document("parseDocument() says where and why it cannot parse", () => {
  for (const [text, line, found] of BROKEN) {
    const { problems, complete } = parseDocument(text);
    assert.is(problems.length, 1, text.slice(0, 40));
    assert.is(problems[0]?.line, line, text.slice(0, 40));
    assert.match(problems[0]?.found ?? "", found);
    assert.is(complete, false);
  }
});

document("parseYaml() keeps to JSON's types", () => {
  const parsed = parseYaml("date: 2024-01-01\nyes: yes\nnumber: 1\nfloat: 1.5\nnothing: ~\n'null': 'null'\n");
  assert.equal(parsed, {
    ok: true,
    value: { date: "2024-01-01", yes: "yes", number: 1, float: 1.5, nothing: null, null: "null" },
  });
});

document("parseYaml() reads JSON with tabs, escapes and CR LF", () => {
  assert.equal(parseYaml('{\r\n\t"a": [\r\n\t\t"\\u00e9\\/",\r\n\t\t"\\ud83d\\ude00"\r\n\t]\r\n}'), {
    ok: true,
    value: { a: ["é/", "😀"] },
  });
});

document("parseYaml() ends soon for text made to keep it busy", () => {
  const names = "abcdefghijklmnopqrstuvwxyz".split("");
  const bomb = (entry: (name: string) => string) =>
    names.map((name, at) => `${name}: &${name} ${at === 0 ? "{k: v}" : entry(names[at - 1] as string)}\n`).join("");
  const texts = [
    bomb((name) => `[${Array(50).fill(`*${name}`).join(", ")}]`),
    bomb((name) => `{<<: [${Array(50).fill(`*${name}`).join(", ")}]}`),
    `${"- ".repeat(50_000)}x\n`,
    `${"? ".repeat(50_000)}x\n`,
    `a: "${"\\u0041".repeat(200_000)}"\n`,
    `${"a\n".repeat(100_000)}`,
    `${"#\n".repeat(500_000)}`,
    `a: ${"&x ".repeat(50_000)}\n`,
    `{${"a,".repeat(100_000)}}\n`,
  ];
  for (const text of texts) {
    const start = performance.now();
    parseDocument(text);
    const tookMs = performance.now() - start;
    assert.ok(tookMs < 3000, `${tookMs.toFixed(0)} ms for ${text.slice(0, 30)}`);
  }
});

document("parseDocument() tells at most 100 problems of a document", () => {
  const { problems } = parseDocument(`apiVersion: v1\nkind: List\nitems:\n${"- 1\n".repeat(5000)}`);
  assert.is(problems.length, 100);
  assert.is(problems[99]?.line, 103);
});

document("parseDocument() never throws", () => {
  const piece = fc.constantFrom(
    ..."apiVersion: v1|kind: Service|kind: List|items:|- |metadata:|  name: web|  labels: {a: b}|spec:|  ports: [{port: 80}]|*a|&a |<<: |{|}|[|]|'|\"|\n|\n|\n  |: |__proto__: x|toString: x|constructor: |null|~|? |!!map |!!binary aGk=|---|%YAML 1.2|\t|\u0085|\ud800|1e999".split(
      "|",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const { found, problems } = parseDocument(pieces.join(""));
      for (const { object, problems: wrong } of found) assert.is(object === undefined, wrong.length > 0);
      for (const { line } of problems) assert.ok(line >= 1);
    }),
    { seed: SEED, numRuns: 5000 },
  );
});

document("project() never throws, whatever the values", () => {
  const key = fc.constantFrom(
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "status",
    "name",
    "namespace",
    "labels",
    "ports",
    "port",
    "items",
    "endpoints",
    "addresses",
    "conditions",
    "toString",
    "selector",
    "ingress",
    "loadBalancer",
  );
  const leaf = fc.oneof(
    fc.constantFrom(
      "v1",
      "Service",
      "List",
      "web",
      "discovery.k8s.io/v1",
      "EndpointSlice",
      "metallb.io/v1beta1",
      "IPAddressPool",
      "Node",
      "",
    ),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.double(),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "medium" },
      leaf,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 6 }),
    ),
  }));
  const kinds = fc.constantFrom(
    "v1 Service",
    "v1 Node",
    "v1 Namespace",
    "v1 List",
    "discovery.k8s.io/v1 EndpointSlice",
    "metallb.io/v1beta1 IPAddressPool",
    "metallb.io/v1beta1 L2Advertisement",
  );
  const object = fc.tuple(kinds, fc.dictionary(key, value, { maxKeys: 8 })).map(([kind, fields]) => {
    const [apiVersion, name] = kind.split(" ");
    return { ...fields, apiVersion, kind: name };
  });
  fc.assert(
    fc.property(object, (fields) => {
      parseDocument(JSON.stringify(fields));
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

document.run();
