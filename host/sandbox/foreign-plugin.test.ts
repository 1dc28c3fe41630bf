import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Log } from "../announcer.ts";
import { createStage } from "../workbench/conformance/stage.ts";
import { bundleOf } from "../workbench/testing/cells/bundle-of.ts";
import { Cells } from "./cell/cells.ts";
import { openForeignPlugin } from "./foreign-plugin.ts";
import type { PluginBundle } from "./hosted.ts";

const foreign = suite("foreign plugin");

const nothing = (): void => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const opened: Cells[] = [];

function cellsOf(mode: "process" | "cell" = "process"): Cells {
  const cells = new Cells({ log, mode, uids: { first: mode === "cell" ? 52_210 : 52_200, count: 3 } });
  opened.push(cells);
  return cells;
}

/** A definition, with `fields` in place of some of its own. */
function definition(fields = "", pin = "sha256-a"): PluginBundle {
  const code = `({ default: { name: "toy", api: 1, from: "owner", serves: { kind: "Toy", families: [4] },
    config: { type: "object", properties: { port: { type: "integer" } }, required: ["port"], additionalProperties: false }, example: { port: 1 },
    permissions: ({ port }) => [{ kind: "udp", host: "*:" + port }],
    start: async (context, config) => ({ apply: async () => [], stop: async () => {}, inspect: (what) => ({ what, port: config.port, node: context.node }) }),
    ${fields} } })`;
  return { ...bundleOf(code, { "./toy.wasm": new Uint8Array([1, 2, 3]) }), pin };
}

const failure = (bundle: PluginBundle, cells = cellsOf()) =>
  openForeignPlugin(bundle, cells).then(
    () => "opened",
    (error: Error) => error.message,
  );

foreign.after.each(async () => {
  for (const cells of opened.splice(0)) await cells.close();
});

foreign("is what its definition says, and answers from its process", async () => {
  const plugin = await openForeignPlugin(definition(`program: "./toy.wasm"`), cellsOf());
  assert.equal([plugin.name, plugin.from, plugin.serves, plugin.program], ["toy", "owner", { kind: "Toy", families: [4] }, "./toy.wasm"]);
  assert.equal(await plugin.permissions({ port: 53 }), [{ kind: "udp", host: "*:53" }]);
  assert.equal(
    [plugin.foreign?.specifier, plugin.foreign?.pin, plugin.foreign?.process?.isolation.split(",")[0]],
    ["./plugin.ts", "sha256-a", "own uid"],
  );
  assert.equal(plugin.foreign?.program, new Uint8Array([1, 2, 3]));
});

foreign("is lost once, with the reason, but not when it is closed", async () => {
  const cells = cellsOf();
  const [one, two] = [await openForeignPlugin(definition(), cells), await openForeignPlugin(definition(), cells)];
  const lost: string[] = [];
  one.foreign?.onLost((reason) => lost.push(`one: ${reason.message}`));
  two.foreign?.onLost((reason) => lost.push(`two: ${reason.message}`));
  const gone = new Promise((resolve) => two.foreign?.onLost(resolve));
  await one.foreign?.close();
  await one.foreign?.close();
  process.kill(two.foreign?.process?.pid as number, "SIGKILL");
  await gone;
  two.foreign?.onLost((reason) => lost.push(`late: ${reason.message}`));
  const reason = "killed from outside: it was ended by SIGKILL";
  assert.equal(lost, [`two: ${reason}`, `late: ${reason}`]);
});

foreign("a definition that does not do is refused, and no process is left", async () => {
  const refused = 'Cannot load plugin "./plugin.ts": ';
  assert.is(await failure(definition("api: 2")), `${refused}it needs a newer Herald: one with API version 2, this one has 1`);
  assert.is(await failure(definition("api: 0.5")), `${refused}found API version 0.5, expected a whole number from 1 to 1`);
  assert.is(
    await failure(definition(`program: "../other.wasm"`)),
    `${refused}its packet program "../other.wasm" is not in its folder: found "./toy.wasm"`,
  );
  assert.match(await failure(definition("example: {}")), /its example does not do: config port: found nothing, expected a value/);
  assert.match(await failure(definition(`config: { $ref: "#/nowhere" }`)), /its example does not do: /);
  assert.match(await failure(definition(`name: "Not a name", from: 7`)), /The plugin's definition is none: name: .*; from: /);
  assert.match(await failure(definition(`get name() { throw new Error("a trap") }`)), /a trap/);
  assert.match(await failure(bundleOf("({ default: 5 })")), /is no definition/);
});

foreign("a definition that changes from one reading to the next is refused", async () => {
  const cells = cellsOf();
  const changing = (from: string) => definition(`get from() { return ${from}; }`);
  assert.is(await failure(changing(`"owner"`), cells), "opened");
  assert.match(await failure(changing(`"every-node"`), cells), /its definition is not the one that it had before/);
  assert.is(await failure({ ...changing(`"every-node"`), pin: "sha256-b" }, cells), "opened");
});

foreign("each has a process and a user of its own; in a cell they share both, and the last one ends it", async () => {
  const apart = cellsOf();
  const [one, two] = [await openForeignPlugin(definition(), apart), await openForeignPlugin(definition(), apart)];
  assert.is.not(one.foreign?.process?.pid, two.foreign?.process?.pid);
  await openForeignPlugin(definition(), apart);
  assert.match(await failure(definition(), apart), /all 3 users are taken$/);
  await one.foreign?.close();
  assert.is(await failure(definition(), apart), "opened");

  const together = cellsOf("cell");
  const [three, four] = [await openForeignPlugin(definition(), together), await openForeignPlugin(definition(), together)];
  assert.is(three.foreign?.process?.pid, four.foreign?.process?.pid);
  await three.foreign?.close();
  assert.equal(await four.permissions({ port: 1 }), [{ kind: "udp", host: "*:1" }]);
  const lost = new Promise<Error>((resolve) => four.foreign?.onLost(resolve));
  process.kill(four.foreign?.process?.pid as number, "SIGKILL");
  await lost;
  const five = await openForeignPlugin(definition(), together);
  assert.is.not(five.foreign?.process?.pid, four.foreign?.process?.pid);
});

foreign("what a callback of it threw is in the log, with the author's file and line", async () => {
  const code = `start: async (context) => {
      context.clock.after(1, function late() { throw new RangeError("too late"); });
      return { apply: async () => [], stop: async () => {} };
    },`;
  const stage = createStage(["eth0"]);
  await stage.start(await openForeignPlugin(definition(code), cellsOf()), { port: 1 });
  const found = () => stage.lines.find(({ message }) => message === "A callback of the plugin failed");
  for (let at = 0; at < 200 && found() === undefined; at++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(String(found()?.fields?.["stack"]), /^at late \(plugin\.ts:6:1\)/);
  await stage.end();
});

foreign("has the host's codecs, which it cannot deceive", async () => {
  const code = `start: async (context) => {
      const bgp = context.codec("bgp");
      const keepalive = bgp.encode({ type: "keepalive" });
      const framer = bgp.createFramer();
      const { messages } = framer.push(keepalive.subarray(0, 10)); const more = framer.push(keepalive.subarray(10));
      const liar = new Uint8Array(70000); Object.defineProperty(liar, "length", { value: 19 });
      let lie = "taken"; try { bgp.decode(liar); } catch (error) { lie = error.message; }
      const frame = context.codec("router-solicitation").decode(new Uint8Array(3));
      const found = { bytes: keepalive.length, type: bgp.decode(more.messages[0]).message.type, lie, ok: frame.ok, frozen: Object.isFrozen(bgp) };
      return { apply: async () => [], stop: async () => {}, inspect: () => found };
    },`;
  const plugin = await openForeignPlugin(definition(code), cellsOf());
  const stage = createStage(["eth0"]);
  const { announcer } = await stage.start(plugin, { port: 1 });
  const lie = "Cannot send a value: found 70000 bytes, expected at most 65536";
  assert.equal(await announcer.inspect?.(""), { bytes: 19, type: "keepalive", lie, ok: false, frozen: true });
  await stage.end();
});

foreign.run();
