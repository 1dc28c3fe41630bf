/**
 * What a plugin may try, on every Node version that HERALD_NODES has: each is contained. The plugin is started as any stranger's is, with a real context, and
 * the host stays as it is: alive, with its prototypes, and without having grown. An attack is a method of the plugin; what is expected is what it gives,
 * or how its process ends. Fences of the process alone are in `cell/fences.test.ts`.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Log } from "../announcer.ts";
import { createStage } from "../workbench/conformance/stage.ts";
import { otherNodes, testedNodes } from "../workbench/testing/cells/nodes.ts";
import { pluginOf } from "../workbench/testing/cells/plugin-of.ts";
import { testWith } from "../workbench/testing/requirements.ts";
import { Cells } from "./cell/cells.ts";
import { openForeignPlugin } from "./foreign-plugin.ts";

const attacks = suite("attacks");

const nothing = (): void => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
testWith(attacks, [otherNodes], "each version of Node is attacked", () => undefined);

/** In one process, one after the other: nothing of it ends the process. */
const values: readonly (readonly [what: string, code: string, expected: RegExp])[] = [
  ["a getter that throws", "({ get a() { throw new Error('a trap'); } })", /^error: a trap$/],
  ["a getter that gives something else each time", "(() => { let n = 0; return { get a() { return n++; } }; })()", /^\{"a":0\}$/],
  ["a proxy of an object", "new Proxy({ a: 1 }, { getPrototypeOf: () => { throw new Error('a trap'); } })", /^error: a trap$/],
  ["a list that says that it is endless", "new Proxy([], { get: (list, name) => (name === 'length' ? 2 ** 53 : list[name]) })", /^\{\}$/],
  ["a thenable", "({ then: (resolve) => resolve({ then: (next) => next('done') }) })", /^"done"$/],
  ["what contains itself", "(() => { const a = {}; a.a = a; return a; })()", /^error: .*no cycles$/],
  ["what contains itself in breadth", "(() => { let a = [1]; for (let n = 0; n < 60; n++) a = [a, a, a]; return a; })()", /^error: /],
  ["a function", "() => 1", /^error: .*found a function/],
  ["a number that is none", "({ a: Number.NaN })", /^error: .*found NaN/],
  ["a big integer", "10n ** 1000n", /^error: .*found a bigint/],
  ["a method for JSON", "({ toJSON: () => 'x' })", /^error: .*found a function/],
  ["long text", "'x'.repeat(2 ** 20)", /^error: .*262144/],
  [
    "a name of the prototype",
    'JSON.parse(\'{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1}\')',
    /^\{"a":1\}$/,
  ],
  [
    "an error with a trap for a name",
    "(() => { throw { get name() { throw 1; }, get message() { throw 2; } }; })()",
    /^error: unknown error$/,
  ],
  ["nothing, thrown", "(() => { throw null; })()", /^error: unknown error$/],
  ["a proxy, thrown", "(() => { throw new Proxy({}, { get() { throw 1; } }); })()", /^error: unknown error$/],
  ["an error with a long message", "(() => { throw new Error('x'.repeat(100000)); })()", /^error: x{4096}$/],
  [
    "an error that says what it may",
    "(() => { throw Object.assign(new Error('x'), { name: 'NotCapable', permission: { kind: 'net', host: '*' } }); })()",
    /^error: x$/,
  ],
  ["a stack without an end", "(() => { const f = () => f(); f(); })()", /^error: Maximum call stack size exceeded$/],
  ["a secret of another name", "methods.context.secrets.hmac('other', new Uint8Array(1))", /^error: /],
  ["a connection that was not granted", "methods.context.net.connect('127.0.0.1', 1)", /^error: /],
  ["calls with wrong arguments", "methods.context.net.connect({ toString: () => '127.0.0.1' }, -1, { ttl: 'x' })", /^error: /],
  [
    "more timers than there are",
    "(() => { for (;;) methods.context.clock.after(1e6, () => 1); })()",
    /^error: .*found 256, expected fewer$/,
  ],
  ["a host's object in place of its own", "(() => { methods.context.log.info = 1; })()", /^error: Cannot assign to read only property/],
];

/** In a process of its own each, whose silence is not borne for long. */
const loops: readonly (readonly [what: string, code: string, expected: RegExp])[] = [
  ["an endless loop", "for (;;) ;", /^watchdog: /],
  ["microtasks without an end", "(function again() { Promise.resolve().then(again); })(); return new Promise(() => 1)", /^watchdog: /],
  ["a pattern that never ends", "/^(a+)+$/.test('a'.repeat(50) + 'b')", /^watchdog: /],
  ["one long builtin", "[].includes.call({ length: 2 ** 53 - 1 }, 1)", /^watchdog: /],
];

/** In a process of its own each, that may take its time. */
const bombs: typeof loops = [
  ["a very big integer", "7n ** (7n ** 12n)", /^(heap limit|data limit): |^error: Maximum BigInt size exceeded$/],
  ["a doubled string", "let s = 'x'; for (;;) s = (s + s).replace('x', 'y')", /^(heap limit|data limit): |^error: Invalid string length$/],
  [
    "a growing map",
    "const all = new Map(); for (let n = 0; ; n++) all.set(n, [n])",
    /^(heap limit|data limit): |^error: Map maximum size exceeded$/,
  ],
  ["a huge list", "new Array(4e8).fill(1)", /^(heap limit|data limit): |^error: /],
  [
    "buffers without an end",
    "const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1))",
    /^(heap limit|data limit): |^error: Array buffer allocation failed$/,
  ],
  [
    "a flood of words",
    "for (let n = 0; ; n++) methods.context.report('key ' + n, 'x'.repeat(1000))",
    /^(protocol fault: more than 16 MB|heap limit|data limit)/,
  ],
  [
    "a flood of calls",
    "for (;;) methods.context.net.connect('127.0.0.1', 1).catch(() => 1)",
    /^(protocol fault: more than 16 MB|heap limit|data limit)/,
  ],
  [
    "a rejection that nobody hears",
    "Promise.reject(new Error('unheard')); return new Promise(() => 1)",
    /^uncaught error: Error: unheard \(at plugin\.ts:\d+:1\)$/,
  ],
];

interface Attacked {
  /** What the attack of that name gave: JSON, an error's message, or how the process ended. */
  run(name: string): Promise<string>;
}

/** What a channel says that has ended. */
const ENDS = /^(watchdog|heap limit|data limit|memory limit|protocol fault|uncaught error|killed from outside|exit): /;
const ends: (() => Promise<unknown>)[] = [];
attacks.after.each(async () => {
  for (const end of ends.splice(0)) await end();
});

async function attacked(nodePath: string, methods: string, silenceMs = 20_000): Promise<Attacked> {
  const limits = { beatMs: 50, silenceMs, heapMb: 48, dataMb: 96 };
  const cells = new Cells({ log, nodePath, limits, uids: { first: 52_400, count: 50 } });
  const plugin = await openForeignPlugin(pluginOf(methods), cells);
  const stage = createStage(["eth0"]);
  ends.push(
    () => cells.close(),
    () => stage.end(),
  );
  const { announcer } = await stage.start(plugin, {});
  let lost: string | undefined;
  const ended = new Promise<string>((resolve) =>
    plugin.foreign?.onLost(({ message }) => {
      lost = message;
      resolve(message);
    }),
  );
  return {
    async run(name) {
      try {
        const given: unknown = await Promise.race([ended, Promise.resolve(announcer.inspect?.(name))]);
        return lost ?? JSON.stringify(given) ?? "undefined";
      } catch (error) {
        const { message } = error as Error;
        return lost ?? (ENDS.test(message) || message.includes("took longer") ? await ended : `error: ${message}`);
      }
    },
  };
}

for (const { nodePath, nodeMajor } of testedNodes) {
  attacks(`values that are none stay in the plugin (Node ${nodeMajor})`, async () => {
    const plugin = await attacked(nodePath, values.map(([, code], at) => `a${at}: () => ${code}`).join(",\n"));
    for (const [at, [what, , expected]] of values.entries()) matches(await plugin.run(`a${at}`), expected, what);
    assert.is(({} as Record<string, unknown>)["polluted"], undefined);
  });

  for (const [what, code, expected] of [...loops, ...bombs]) {
    attacks(`${what} hurts the plugin's process alone (Node ${nodeMajor})`, async () => {
      const plugin = await attacked(nodePath, `bomb: () => { ${code} }`, expected.source.startsWith("^watchdog") ? 300 : undefined);
      const before = process.memoryUsage().rss;
      matches(await plugin.run("bomb"), expected, what);
      assert.ok(process.memoryUsage().rss - before < 100 << 20, "the host has grown");
    });
  }
}

function matches(found: string, expected: RegExp, what: string): void {
  assert.ok(expected.test(found), `${what}: found ${found.slice(0, 300)}, expected ${expected}`);
}

attacks.run();
