/** What a plugin's end may say that is no half of ours: any arguments to any method, any number, any rate. The host bears it, and stays small. */

import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcer, Permission } from "../../announcer.ts";
import { type Lending, lending } from "../../workbench/testing/lent-context.ts";
import { rejects } from "../../workbench/testing/promises.ts";
import { testSeed } from "../../workbench/testing/random.ts";
import type { Methods, Plain } from "../cell/channel.ts";
import { methodsOf, startOver } from "./bridge.ts";
import { costOf, Flow } from "./flow.ts";
import { MOST_HANDLES } from "./handles.ts";
import { Lender } from "./lender.ts";

const hostile = suite("bridge hostile");

/** Those that are answered. */
const CALLED =
  /^(program\.(attach|bind|unbind|put|remove)|\w+\.open|net\.(connect|listen)|secrets\.hmac|fetch(\.piece)?|permissions\.\w+)$/;
const ALLOWED: readonly Permission[] = [
  { kind: "secret", name: "*" },
  { kind: "frame", link: "*", etherType: 0x88b5 },
  { kind: "udp", host: "127.0.0.1:*" },
];

function lent(): { lending: Lending; lender: Lender; methods: Methods } {
  const stage = lending(ALLOWED);
  const lender = new Lender(stage.own, stage.channels.host);
  return { lending: stage, lender, methods: methodsOf(lender) };
}

/** Plain data of any shape, now and then such as a method wants. */
const plain: fc.Arbitrary<Plain> = fc.letrec<{ any: Plain }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Plain>(null, undefined, true, 0, -1, 1, 2 ** 53, 0.5, "", "eth0", "192.0.2.1", "127.0.0.1", "__proto__", "token"),
    fc.string({ maxLength: 20 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("any"), { maxLength: 5 }),
    fc.dictionary(
      fc.constantFrom("kind", "link", "etherType", "address", "port", "host", "secret", "state", "links", "__proto__"),
      tie("any"),
    ),
  ),
})).any;

hostile("no argument of any method does harm: told ones never throw, called ones answer or reject", async () => {
  const { lending: stage, lender, methods } = lent();
  const names = Object.keys(methods).filter((name) => name !== "fetch");
  const property = fc.asyncProperty(fc.constantFrom(...names), fc.array(plain, { maxLength: 4 }), async (name, args) => {
    if (CALLED.test(name)) {
      const answer = (async () => methods[name]?.(...args))();
      await answer.catch((error: unknown) => assert.instance(error, Error, name));
    } else assert.is(methods[name]?.(...args), undefined, name);
    assert.ok(lender.handles.size <= MOST_HANDLES);
  });
  await fc.assert(property, { numRuns: 3000, seed: testSeed() });
  lender.handles.end();
  stage.opened.end();
  assert.is(Object.keys({}).length, 0);
});

hostile("there are only so many handles, and none twice", async () => {
  const { lender, methods } = lent();
  for (let id = 1; id <= 2000; id++) methods["secrets.watch"]?.(id, "token");
  assert.is(lender.handles.size, MOST_HANDLES);
  const open = async (id: Plain) => methods["frames.open"]?.(id, { link: "eth0", etherType: 0x88b5 });
  const failure = (id: Plain) =>
    open(id).then(
      () => "opened",
      (error: Error) => error.message,
    );
  assert.match(await failure(5000), /more than 1024/);
  assert.match(await failure(1), /in use/);
  assert.match(await failure(-1), /found -1, expected a whole number from 1/);
  for (let id = 1; id <= 2000; id++) methods["close"]?.(id);
  assert.is(lender.handles.size, 0);
  assert.is(await failure(1), "opened");
  lender.handles.end();
  assert.match(await failure(2), /the plugin has ended/);
});

hostile("what is closed while it is being opened is closed when it is open", async () => {
  const { lending: stage, lender, methods } = lent();
  const opening = methods["udp.open"]?.(1, { address: "127.0.0.1", port: 0 });
  methods["close"]?.(1);
  await opening;
  assert.equal([lender.handles.size, stage.opened.size], [0, 0]);
});

hostile("pieces that nobody asks for are few", () => {
  const { lending: stage, methods } = lent();
  const piece = new Uint8Array(64 * 1024);
  for (let id = 1; id < 1000; id++) methods["piece"]?.(id, piece);
  assert.match(String(stage.lines[0]?.fields["error"]), /^more than 4194304 bytes wait$/);
  assert.is(stage.lines[0]?.message, "Refused a piece of a body");
});

hostile("tiny and empty pieces are few, too: each costs more than its bytes", () => {
  const { lending: stage, methods } = lent();
  for (let id = 1; id < 20_000; id++) methods["piece"]?.(id, new Uint8Array(0));
  assert.match(String(stage.lines[0]?.fields["error"]), /^more than 4194304 bytes wait$/);
});

hostile("pieces that were taken leave their room", async () => {
  const { methods } = lent();
  for (let id = 1; id < 500; id++) {
    methods["piece"]?.(id, new Uint8Array(48 * 1024));
    await methods["secrets.hmac"]?.("token", id);
  }
});

/** What the host's half starts on the other end, where each method answers as it likes. */
async function startedOn(
  methods: Methods,
): Promise<{ stage: Lending; announcer: Announcer; tell: (method: string, args: readonly Plain[]) => void }> {
  const stage = lending();
  const { host, plugin } = stage.channels;
  plugin.serve({ start: () => ["held", "inspect"], hear: () => undefined, rows: () => undefined, ...methods });
  const announcer = await startOver(host, stage.own, {});
  return { stage, announcer, tell: (method, args) => plugin.tell(method, args) };
}

hostile("answers that go on without a row end with an error", async () => {
  const more = { rows: [], page: 1 };
  const { announcer } = await startedOn({ apply: () => more, held: () => more, ask: () => ({ page: more }), page: () => more });
  await rejects(announcer.apply({ added: [], changed: [], removed: [] }), /found a page without rows, and more behind it/);
  await rejects(announcer.held?.() ?? Promise.resolve(), /found a page without rows/);
  await rejects(Promise.resolve(announcer.inspect?.("x")), /found a page without rows/);
});

hostile("metrics without an end are asked for as far as they may go", async () => {
  let asked = 0;
  const rows = Array.from({ length: 500 }, () => ({ name: "a", value: 1 }));
  const page = (): Plain => {
    asked += 1;
    return { rows, page: 1 };
  };
  const { stage, tell } = await startedOn({ collect: page, page });
  tell("metrics.collect", [1]);
  await new Promise((resolve) => setImmediate(resolve));
  await stage.metrics.samples();
  assert.ok(asked > 1 && asked <= 25, `${asked} pages`);
});

hostile("credits: so much is out of a stream and of all, whatever the plugin says that it took", () => {
  const flow = new Flow();
  const bytes = new Uint8Array(1024);
  const fill = (id: number): number => {
    let sent = 0;
    while (flow.take(id, costOf(bytes))) sent += costOf(bytes);
    return sent;
  };
  const first = fill(1);
  assert.ok(first >= 256 * 1024 && first < 258 * 1024);
  flow.taken(1, Number.MAX_SAFE_INTEGER);
  flow.taken(1, -5);
  flow.taken(99, 5);
  assert.is(fill(1), first);
  let all = first;
  for (let id = 2; id < 100; id++) all += fill(id);
  assert.ok(all >= 2 * 1024 * 1024 && all < 2.1 * 1024 * 1024, `${all} bytes`);
  flow.end(1);
  assert.ok(fill(200) > 0);
});

hostile("a stream that waits goes on when its bytes, or another's, are taken", async () => {
  const flow = new Flow();
  let isFree = false;
  while (flow.pour(1, 10_000) === undefined);
  void flow.pour(1, 10_000)?.then(() => (isFree = true));
  flow.taken(1, 1000);
  await Promise.resolve();
  assert.is(isFree, false);
  flow.taken(1, 100_000);
  await Promise.resolve();
  assert.is(isFree, true);
});

hostile.run();
