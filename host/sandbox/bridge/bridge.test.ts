/** Definitions and announcers over the bridge: what the host gets of a good one, of a broken one, and of one that lies. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Announcer, Changes } from "../../announcer.ts";
import { guardPowers } from "../../workbench/testing/bridged.ts";
import { borrow, definitionOf, giveBack, lending, type Parts } from "../../workbench/testing/lent-context.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import type { Channel } from "../cell/channel.ts";
import { memoryChannels } from "../cell/memory-channels.ts";
import { askPermissions, inspect, startOver } from "./bridge.ts";
import { servePlugin } from "./serve-plugin.ts";

const bridge = suite("bridge");

const row = (vip: string, attributes: Announcement["attributes"] = {}): Announcement => ({
  ...{ vip, family: 4, links: null, services: ["default/web"], attributes },
});
const changes = (parts: Partial<Changes>): Changes => ({ added: [], changed: [], removed: [], ...parts });
const vips = (count: number): string[] => Array.from({ length: count }, (_, at) => `10.0.${at >> 8}.${at & 255}`);

function served(definition: unknown): Channel {
  const { host, plugin } = memoryChannels();
  servePlugin(plugin, definition, guardPowers);
  return host;
}

async function announcerOf(parts: Partial<Record<keyof Announcer, unknown>>, definition: Parts = {}) {
  const idle = { apply: async () => [], stop: async () => {} };
  const borrowed = await borrow([], { ...definition, start: async () => ({ ...idle, ...parts }) as Announcer });
  return { ...borrowed, end: () => giveBack(borrowed) };
}

bridge("inspect() gives what is plain of a definition", async () => {
  const definition = definitionOf({ attributes: { type: "object" }, program: "./x.wasm", example: { list: [1, "two", null] } });
  const manifest = await inspect(served(definition));
  const { permissions: _, start: __, ...data } = definition;
  assert.equal(manifest, data);
});

bridge("inspect() names everything that is wrong with a definition", async () => {
  const wrong = { ...definitionOf(), name: "No Name", from: "anywhere", serves: { kind: "x", families: [5] }, config: 7 };
  const problems = [
    'name: found "No Name", expected lower-case letters, digits and dashes, a letter first',
    'from: found "anywhere", expected one of owner, every-node, cluster',
    "serves.families[0]: found 5, expected one of 4, 6",
    "config: found 7, expected an object",
  ];
  const error = await inspect(served(wrong)).catch((thrown: Error) => thrown);
  assert.is((error as Error).message, `The plugin's definition is none: ${problems.join("; ")}`);
  for (const none of [undefined, null, 7, () => {}]) await rejects(inspect(served(none)), /^TypeError: The plugin's default export is no/);
});

const traps: Readonly<Record<string, () => unknown>> = {
  "a getter that throws": () => ({
    ...definitionOf(),
    get example() {
      throw new Error("caught");
    },
  }),
  "a proxy that throws": () =>
    new Proxy(definitionOf(), {
      get: () => {
        throw new Error("caught");
      },
    }),
  "a cycle": () => {
    const example: Record<string, unknown> = {};
    example["me"] = example;
    return { ...definitionOf(), example };
  },
  "a function in its data": () => ({ ...definitionOf(), config: { check: () => true } }),
  "a list without an end": () => ({ ...definitionOf(), example: new Proxy([], { get: (_, name) => (name === "length" ? 2 ** 32 : 1) }) }),
  "more data than a message holds": () => ({ ...definitionOf(), example: "x".repeat(1 << 20) }),
};

for (const [what, make] of Object.entries(traps)) {
  bridge(`a definition with ${what} is refused, and the channel lives on`, async () => {
    const channel = served(make());
    await rejects(inspect(channel), /caught|Cannot send|Error/);
    await rejects(channel.call("ask", ["x"]), /has not been started|Error/);
  });
}

bridge("permissions are asked with a config that fits the schema, and are read", async () => {
  const config = { type: "object", required: ["link"], properties: { link: { type: "string" } } };
  const permissions = (given: unknown) => [{ kind: "frame", link: (given as { link: string }).link, etherType: 2048 }] as const;
  const channel = served(definitionOf({ config, permissions }));
  assert.equal(await askPermissions(channel, { link: "eth0" }), [{ kind: "frame", link: "eth0", etherType: 2048 }]);
  await rejects(askPermissions(channel, { link: 7 }), /^Error: config link: found 7, expected a string$/);
  for (const [answer, says] of [
    [[{ kind: "run", command: "sh" }], /permissions\[0\].kind: found "run", expected one of frame, net/],
    [[{ kind: "net" }], /permissions\[0\].host: found nothing, expected a text/],
    [7, /permissions: found 7, expected a list/],
    [Array.from({ length: 65 }, () => ({ kind: "net", host: "*" })), /found a list of 65, expected a list of at most 64/],
  ] as const) {
    const lying = served(definitionOf({ permissions: () => answer as never }));
    await rejects(askPermissions(lying, {}), says);
  }
});

bridge("a schema that keeps a validator busy does so on the plugin's side", async () => {
  const definition = definitionOf({ config: { properties: { x: { $ref: "#/properties/x" } } } });
  await rejects(askPermissions(served(definition), { x: 1 }), /RangeError|call stack/);
});

bridge("a start that fails leaves nothing open, and says why", async () => {
  const lent = lending();
  const start = async (context: import("../../announcer.ts").Context): Promise<never> => {
    context.metrics.collect(() => {});
    await context.permissions.query({ kind: "sys", fact: "x" });
    throw new TypeError("no such day");
  };
  servePlugin(lent.channels.plugin, definitionOf({ start }), guardPowers);
  await rejects(startOver(lent.channels.host, lent.own, {}), /^TypeError: no such day$/);
  assert.is(lent.opened.size, 0);
  for (const [announcer, says] of [
    [7, /expected an announcer/],
    [{ stop() {} }, /The announcer's apply: found undefined, expected a function/],
    [{ apply() {} }, /The announcer's stop/],
  ] as const) {
    await rejects(borrow([], { start: async () => announcer as never }), says);
  }
});

bridge("apply() brings thousands of rows, and of its refusals those of this batch", async () => {
  let told: Changes | undefined;
  const added = vips(3000).map((vip) => row(vip));
  const refused = added.filter((_, at) => at % 2 === 0).map(({ vip }) => ({ vip, reason: "y".repeat(1000) }));
  const { announcer, lines, end } = await announcerOf({
    apply: async (given: Changes) => {
      told = given;
      return [...refused, refused[0], { vip: "192.0.2.1", reason: "not mine" }];
    },
  });
  const removed = [row("10.9.0.1"), row("10.9.0.2")];
  const answer = await announcer.apply(changes({ added, removed, moved: new Set(["10.9.0.2", "10.9.0.3"]) }));
  assert.equal(told?.added, added);
  assert.equal([told?.removed.length, told?.changed.length, [...(told?.moved ?? [])]], [2, 0, ["10.9.0.2"]]);
  assert.is(answer.length, 1500);
  assert.is(answer[0]?.reason.length, 500);
  assert.is(lines[0]?.message, "The plugin refused a row that it was not given");
  end();
});

bridge("a row with wrong attributes, or too long for a message, is refused by itself", async () => {
  const told: string[] = [];
  const { announcer, end } = await announcerOf(
    {
      apply: async ({ added }: Changes) => {
        told.push(...added.map(({ vip }) => vip));
        return [];
      },
    },
    { attributes: { type: "object", properties: { n: { type: "integer" } } } },
  );
  const added = [row("10.0.0.1", { n: 1 }), row("10.0.0.2", { n: "x" }), row("10.0.0.3", { text: "x".repeat(1 << 19) })];
  const answer = await announcer.apply(changes({ added }));
  assert.equal(told, ["10.0.0.1"]);
  assert.equal(answer.map(({ vip }) => vip).sort(), ["10.0.0.2", "10.0.0.3"]);
  assert.match(answer.map(({ reason }) => reason).join(), /attributes n: found "x", expected a whole number/);
  end();
});

const lies: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  "a number": 7,
  "rows that are none": [7, null],
  "a reason that is none": [{ vip: "10.0.0.1", reason: {} }],
  "a getter that throws": [
    {
      get vip() {
        throw new Error("caught");
      },
    },
  ],
  // biome-ignore lint/suspicious/noThenProperty: that is the trap
  "a thenable that rejects": { then: (_: unknown, reject: (error: unknown) => void) => reject("caught") },
  "a proxy": new Proxy(
    {},
    {
      get: () => {
        throw new Error("caught");
      },
    },
  ),
  "an iterator that throws": {
    [Symbol.iterator]: () => ({
      next: () => {
        throw new Error("caught");
      },
    }),
  },
};

for (const [what, lie] of Object.entries(lies)) {
  bridge(`an apply that gives ${what} makes its rows unsure, and the next may do better`, async () => {
    let isLying = true;
    const { announcer, end } = await announcerOf({ apply: () => (isLying ? lie : []) });
    await rejects(announcer.apply(changes({ added: [row("10.0.0.1")] })), /Error/);
    isLying = false;
    assert.equal(await announcer.apply(changes({ added: [row("10.0.0.1")] })), []);
    end();
  });
}

bridge("refusals without an end are read as far as this batch goes", async () => {
  const endless = function* (): Generator<unknown> {
    for (;;) yield { vip: "10.0.0.1", reason: "no" };
  };
  const { announcer, end } = await announcerOf({ apply: async () => endless() });
  await rejects(announcer.apply(changes({ added: [row("10.0.0.1")] })), /more refusals than rows/);
  end();
});

bridge("what else an announcer can do is there if the plugin has it", async () => {
  const calls: unknown[] = [];
  const { announcer, end } = await announcerOf({
    held: async () => [row("10.0.0.1")],
    configure: async (config: unknown) => calls.push(config) > 0,
    drain: async () => void calls.push("drain"),
    undrain: async () => void calls.push("undrain"),
    stop: async (why: string) => void calls.push(why),
  });
  assert.equal(await announcer.held?.(), [row("10.0.0.1")]);
  assert.is(await announcer.configure?.({ x: 1 }), true);
  await announcer.drain?.();
  await announcer.undrain?.();
  await announcer.stop("replace");
  assert.equal(calls, [{ x: 1 }, "drain", "undrain", "replace"]);
  assert.is(announcer.inspect, undefined);
  assert.is(announcer.audience, undefined);
  end();
  const { announcer: bare, end: endBare } = await announcerOf({});
  assert.equal([bare.held, bare.configure, bare.drain, bare.undrain], [undefined, undefined, undefined, undefined]);
  endBare();
});

bridge("inspect() of an announcer goes row by row, as slowly as somebody reads", async () => {
  let made = 0;
  let isEnded = false;
  const answers: Readonly<Record<string, () => unknown>> = {
    value: () => ({ state: "up" }),
    text: () => "up",
    list: () => [1, 2, 3],
    endless: async function* () {
      try {
        for (;;) yield { number: made++ };
      } finally {
        isEnded = true;
      }
    },
  };
  const { announcer, end } = await announcerOf({ inspect: (what: string) => answers[what]?.() });
  const all = async (what: string): Promise<unknown[]> => {
    const rows: unknown[] = [];
    const given = (await announcer.inspect?.(what)) as AsyncIterable<unknown>;
    for await (const one of given) {
      rows.push(one);
      if (rows.length === 700) break;
    }
    return rows;
  };
  assert.is(await announcer.inspect?.("nothing"), undefined);
  assert.equal(await announcer.inspect?.("value"), { state: "up" });
  assert.is(await announcer.inspect?.("text"), "up");
  assert.equal(await all("list"), [1, 2, 3]);
  assert.is((await all("endless")).length, 700);
  await until(() => isEnded);
  assert.ok(made <= 1001, `${made} rows made`);
  end();
});

bridge("of a channel that ends everything is closed, and calls reject", async () => {
  const borrowed = await borrow([
    { kind: "udp", host: "127.0.0.1:*" },
    { kind: "secret", name: "*" },
  ]);
  const { context, announcer, opened, secrets, channels } = borrowed;
  await context.udp.open({ address: "127.0.0.1", port: 0 });
  context.secrets.watch("token", () => {});
  context.metrics.collect(() => {});
  await until(() => secrets.watchers === 1);
  let ticks = 0;
  context.clock.every(1, () => (ticks += 1));
  channels.end(new Error("The process has ended"));
  assert.equal([opened.size, secrets.watchers], [0, 0]);
  await rejects(announcer.apply(changes({})), /The process has ended/);
  const before = ticks;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(ticks, before);
});

bridge.run();
