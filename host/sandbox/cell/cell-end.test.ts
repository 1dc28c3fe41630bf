import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundleOf } from "../../workbench/testing/cells/bundle-of.ts";
import { classifyExit } from "./cell-end.ts";
import { labelOf, stackReader } from "./guest-stack.ts";

const ends = suite("cell end");

const readStack = stackReader(labelOf("x"), bundleOf("1\n2\n3").map);
const textOf = (stderr: string, how: { code?: number; signal?: NodeJS.Signals } = { code: 1 }) =>
  classifyExit({ code: how.code ?? null, signal: how.signal ?? null, stderr, heapMb: 64, dataMb: 128, readStack }).error.message;

const said: readonly (readonly [stderr: string, text: string])[] = [
  [
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "heap limit: it used more than the 64 MB of its heap",
  ],
  ["FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed", "heap limit: it used more than the 64 MB of its heap"],
  [
    "FATAL ERROR: invalid array length Allocation failed - JavaScript heap out of memory",
    "heap limit: it used more than the 64 MB of its heap",
  ],
  ["FATAL ERROR: Committing semi space failed. Allocation failed", "data limit: it used more than the 128 MB that it may have"],
  ["terminate called after throwing an instance of 'std::bad_alloc'", "data limit: it used more than the 128 MB that it may have"],
  ["# Fatal process out of memory: Zone", "data limit: it used more than the 128 MB that it may have"],
  [
    "setpriv: failed to execute /no/node: Permission denied\n",
    "exit: it ended with exit code 1: setpriv: failed to execute /no/node: Permission denied",
  ],
  ["odd \u001b[2J words", "exit: it ended with exit code 1: odd \\x1b[2J words"],
  ['x\nherald-guard: {"kind":"fault","what":"a frame"}\n', "protocol fault: a frame"],
  [
    'herald-guard: {"kind":"uncaught","what":{"name":"TypeError","message":"m","stack":"at herald-plugin:x:3:1"}}',
    "uncaught error: TypeError: m (at plugin.ts:3:1)",
  ],
  ['herald-guard: {"kind":"uncaught","what":{"name":"TypeError","message":"m"}}', "uncaught error: TypeError: m"],
  ["herald-guard: null", "exit: it ended with exit code 1: herald-guard: null"],
  ['herald-guard: {"kind":"fault","what":{"toString":1,"valueOf":1}}', "protocol fault: it did not say of what kind"],
  ["herald-guard: {", "exit: it ended with exit code 1: herald-guard: {"],
  ["", "exit: it ended with exit code 1"],
];
for (const [stderr, text] of said) ends(`after ${JSON.stringify(stderr)} it is "${text}"`, () => assert.is(textOf(stderr), text));

ends("a signal is told by its name", () => assert.is(textOf("", { signal: "SIGSEGV" }), "killed from outside: it was ended by SIGSEGV"));

ends("a stack keeps the plugin's frames, at the author's lines", () => {
  const stack = [
    "at inner (herald-plugin:x:2:1)",
    "at herald-plugin:x:3:1",
    "at guard (file:///[eval1]:1:1)",
    "at herald-plugin:other:1:1",
  ];
  assert.is(readStack(stack.join("\n")), "at inner (plugin.ts:2:1)\nat plugin.ts:3:1");
  assert.is(stackReader("herald-plugin:x", "no map")("at herald-plugin:x:9:9"), "at herald-plugin:x:9:9");
});

ends("a label has no more than a name's characters", () => assert.is(labelOf("./a b\n\u001bc.ts"), "herald-plugin:./a_b__c.ts"));

ends.run();
