import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Announcer, type Changes, type Context, definePlugin, NotCapable, type PluginDefinition } from "../announcer.ts";
import { createMetrics } from "../observe/metrics.ts";
import { memoryFrames } from "../packets/frame-socket.ts";
import { memoryLinks } from "../packets/links.ts";
import { localService } from "../packets/local-service.ts";
import { memoryWire } from "../packets/memory-wire.ts";
import type { Announcement } from "../rules/vocabulary.ts";
import { testLink } from "../workbench/testing/links.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { rejects } from "../workbench/testing/promises.ts";
import type { HostedPlugin } from "./hosted.ts";
import { Operator } from "./permissions/operator.ts";
import { announcerFact, type PluginHost, startPlugin } from "./start-plugin.ts";

const start = suite("start plugin");

function stage() {
  const segment = memoryWire();
  const packets = localService(segment);
  const { log, lines } = recordedLog();
  const host: PluginHost = {
    node: "a",
    packets,
    links: memoryLinks([testLink("eth0")]),
    frames: memoryFrames(segment),
    log,
    metrics: createMetrics(),
  };
  return { host, segment, lines, packets };
}

const idle: Announcer = { apply: async () => [], stop: async () => {} };

interface Config {
  readonly link?: string;
}

function plugin(parts: Partial<PluginDefinition<Config>> = {}): PluginDefinition<Config> {
  return definePlugin<Config>({
    name: "example",
    api: 1,
    from: "owner",
    serves: { kind: "L2Advertisement", families: [4] },
    config: { type: "object", additionalProperties: false, properties: { link: { type: "string" } } },
    example: { link: "eth0" },
    permissions: ({ link = "*" }) => [{ kind: "frame", link, etherType: 0x0806 }],
    start: async () => idle,
    ...parts,
  });
}

const never = (): never => {
  throw new Error("the plugin's code ran");
};

const refused: Readonly<Record<string, readonly [definition: PluginDefinition<Config>, config: Config, says: string]>> = {
  "a name that could be mistaken in a flag": [
    plugin({ name: "Bad Name", permissions: never }),
    {},
    'Cannot start plugin "Bad Name": expected a name of lower-case letters, digits and dashes, at most 63, a letter first',
  ],
  "a newer API": [plugin({ api: 2, permissions: never }), {}, 'Cannot start plugin "example": it needs API version 2, this Herald has 1'],
  "no API": [plugin({ api: 0.5, permissions: never }), {}, 'Cannot start plugin "example": it needs API version 0.5, this Herald has 1'],
  "a wrong config, with everything that is wrong": [
    plugin({ permissions: never, start: never }),
    { link: 7, lnik: "eth0" } as unknown as Config,
    'Cannot start plugin "example": config link: found 7, expected a string; config lnik: found "eth0", expected nothing of this name',
  ],
  "a packet program without frame permission": [
    plugin({ program: "arp", permissions: () => [{ kind: "net", host: "*" }], start: never }),
    {},
    'Cannot start plugin "example": it has a packet program and asks for no frame and no udp permission',
  ],
  "a scope that cannot be read": [
    plugin({ permissions: () => [{ kind: "net", host: "router" }], start: never }),
    {},
    'Cannot start plugin "example": Cannot read the net scope "router": expected an address, a CIDR or *, and a port: 192.0.2.1:179, 10.0.0.0/8:*, [2001:db8::1]:179',
  ],
};

for (const [what, [definition, config, says]] of Object.entries(refused)) {
  start(`startPlugin() refuses ${what}`, async () => {
    const { host } = stage();
    const error = await startPlugin(definition, config, host).catch((thrown: Error) => thrown);
    assert.is((error as Error).message, says);
    await rejects(host.packets.attach("example", []), /it is not loaded/);
  });
}

start("startPlugin() names the module that it cannot find", async () => {
  await rejects(
    startPlugin(plugin({ program: "nowhere" }), {}, stage().host),
    /^Error: Cannot start plugin "example": Cannot find WebAssembly module nowhere/,
  );
});

/** Opens one of each, and then does what a test wants. */
function opener(then: (context: Context) => Promise<Announcer>): PluginDefinition<Config> {
  return plugin({
    program: "arp",
    permissions: () => [
      { kind: "frame", link: "eth0", etherType: 0x0806 },
      { kind: "listen", host: "127.0.0.1:0" },
      { kind: "udp", host: "127.0.0.1:0" },
    ],
    async start(context) {
      await context.program.attach(["eth0"]);
      await context.frames.open({ link: "eth0", etherType: 0x0806 });
      await context.net.listen({ address: "127.0.0.1", port: 0 }, () => {});
      await context.udp.open({ address: "127.0.0.1", port: 0 });
      context.links.watch(() => {});
      context.clock.every(1000, () => {});
      return then(context);
    },
  });
}

start("a start that throws leaves nothing open", async () => {
  const { host, segment } = stage();
  let seen: Context | undefined;
  const fails = opener(async (context) => {
    seen = context;
    throw new Error("no such router");
  });
  await rejects(startPlugin(fails, {}, host), /^Error: Cannot start plugin "example": no such router$/);
  assert.is(segment.openPorts, 0);
  await rejects(host.packets.attach("example", []), /it is not loaded/);
  await rejects(seen?.udp.open({ address: "127.0.0.1", port: 0 }) as Promise<unknown>, /it has stopped/);
});

start("close() closes everything that was opened, and twice is harmless; then it can be started again", async () => {
  const { host, segment } = stage();
  for (let round = 0; round < 3; round++) {
    const running = await startPlugin(
      opener(async () => idle),
      {},
      host,
    );
    assert.is(segment.openPorts, 2);
    assert.is(running.open, 5);
    await running.close();
    await running.close();
    assert.is(running.open, 0);
    assert.is(segment.openPorts, 0);
  }
});

start("close() in the middle of what a plugin does ends it quietly", async () => {
  const { host, segment } = stage();
  let context: Context | undefined;
  const running = await startPlugin(
    opener(async (given) => {
      context = given;
      return idle;
    }),
    {},
    host,
  );
  const attaching = context?.program.attach([]) as Promise<void>;
  await Promise.all([attaching, running.close()]);
  assert.is(segment.openPorts, 0);
  context?.clock.after(1, never);
  context?.links.watch(never);
  await rejects(context?.program.attach(["eth0"]) as Promise<void>, /it has stopped/);
  assert.is(segment.openPorts, 0);
});

start("the context is that of the node and of the plugin", async () => {
  const { host, lines } = stage();
  let context: Context | undefined;
  const start = async (given: Context) => {
    context = given;
    return idle;
  };
  const running = await startPlugin(plugin({ start }), { link: "eth0" }, host);
  if (context === undefined) throw new Error("start() was not called");
  context.log.info("Started", { link: "eth0" });
  assert.equal(lines, [{ level: "info", message: "Started", fields: { plugin: "example", link: "eth0" } }]);
  assert.is(context.node, "a");
  const { permissions } = context;
  const frames = (link: string) => ({ kind: "frame", link, etherType: 0x0806 }) as const;
  assert.is(await permissions.query(frames("eth0")), "granted");
  assert.is(await permissions.query(frames("eth1")), "prompt");
  assert.is(await permissions.request(frames("eth0")), "granted");
  assert.is(await permissions.request(frames("eth1")), "denied");
  assert.is(await permissions.revoke(frames("eth0")), "prompt");
  assert.is(await permissions.request(frames("eth0")), "denied");
  await rejects(context.frames.open(frames("eth0")), /^NotCapable: .*; the plugin has revoked it$/);
  assert.is(context.links.id("eth0"), context.links.all()[0]?.id);
  assert.throws(() => context?.program.put([]), /Plugin example has no packet program: name one in definePlugin\({ program }\)/);
  context.report("192.0.2.1", "probing");
  context.report("192.0.2.2", "probing");
  context.report("192.0.2.1", undefined);
  assert.equal([...running.reports], [["192.0.2.2", "probing"]]);
  await running.close();
});

const row = (vip: string, attributes = {}): Announcement => ({
  vip,
  family: 4,
  links: null,
  services: ["default/web"],
  attributes,
});

start("rows with attributes that the definition does not know never reach the plugin", async () => {
  const seen: Changes[] = [];
  const apply = async (changes: Changes) => {
    seen.push(changes);
    return [{ vip: "192.0.2.2", reason: "full" }];
  };
  const definition = plugin({
    attributes: { type: "object", additionalProperties: false, properties: { metric: { type: "integer" } } },
    start: async () => ({ ...idle, apply }),
  });
  const { announcer } = await startPlugin(definition, {}, stage().host);
  const bad = row("192.0.2.3", { metric: "high" });
  const added = [row("192.0.2.1", { metric: 5 }), row("192.0.2.2"), bad];
  const refusals = await announcer.apply({ added, changed: [row("192.0.2.4", { color: "red" })], removed: [bad] });
  assert.equal(refusals, [
    { vip: "192.0.2.2", reason: "full" },
    { vip: "192.0.2.3", reason: 'attributes metric: found "high", expected a whole number' },
    { vip: "192.0.2.4", reason: 'attributes color: found "red", expected nothing of this name' },
  ]);
  assert.equal(seen, [{ added: added.slice(0, 2), changed: [], removed: [bad] }]);
});

start("without a schema no attributes are allowed", async () => {
  const { announcer } = await startPlugin(plugin(), {}, stage().host);
  const refusals = await announcer.apply({ added: [row("192.0.2.1"), row("192.0.2.2", { any: 1 })], changed: [], removed: [] });
  assert.equal(
    refusals.map(({ vip }) => vip),
    ["192.0.2.2"],
  );
});

start("configure() takes what fits the schema, and is granted what the new config asks for", async () => {
  const taken: unknown[] = [];
  const answers = [true, true, false];
  let context: Context | undefined;
  const begin = async (given: Context) => {
    context = given;
    return { ...idle, configure: async (config: unknown) => taken.push(config, await granted()) > 0 && (answers.shift() ?? never()) };
  };
  const granted = async () => {
    const links: string[] = [];
    for (const link of ["eth0", "eth1", "eth2"]) {
      if ((await context?.permissions.query({ kind: "frame", link, etherType: 0x0806 })) === "granted") links.push(link);
    }
    return links.join();
  };
  const { announcer } = await startPlugin(plugin({ start: begin }), { link: "eth0" }, stage().host);
  const configure = (config: unknown) => announcer.configure?.(config) as Promise<boolean>;
  assert.is(await configure({ link: "eth0" }), true);
  assert.is(await configure({ link: "eth1" }), true);
  assert.is(await granted(), "eth1");
  await rejects(configure({ link: 1 }), /config link: found 1, expected a string/);
  assert.is(await configure({ link: "eth2" }), false);
  assert.is(await granted(), "eth1", "the config that is in force");
  await rejects(configure({ link: "eth2" }), /the plugin's code ran/);
  assert.is(await granted(), "eth1");
  assert.equal(taken, [{ link: "eth0" }, "eth0", { link: "eth1" }, "eth1", { link: "eth2" }, "eth2", { link: "eth2" }, "eth2"]);
  const other = await startPlugin(plugin(), {}, stage().host);
  assert.is(await other.announcer.configure?.({}), false);
});

const PIN = `sha256-${"a".repeat(43)}=`;

function foreign(parts: Partial<PluginDefinition<Config>> = {}): HostedPlugin<Config> {
  const { permissions, ...definition } = plugin(parts);
  const part = { specifier: "./example.ts", pin: PIN, onLost: () => () => {}, close: async () => {} };
  return { ...definition, permissions: async (config) => permissions(config), foreign: part };
}

function granting(...links: readonly string[]): Operator {
  const allow = links.map((link) => ({ kind: "frame", link, etherType: 0x0806 }) as const);
  const deny = [{ kind: "frame", link: "wlan0", etherType: 0x0806 }] as const;
  return new Operator({ flags: { allow, deny, plugins: new Set(["./example.ts"]) } });
}

start("what is not Herald's own starts with what was granted to it, and not without", async () => {
  const { host } = stage();
  const error = await startPlugin(foreign({ start: never }), { link: "eth0" }, host).catch((thrown: Error) => thrown);
  assert.ok(error instanceof Error && error.cause instanceof NotCapable);
  assert.is(
    error.message,
    'Cannot start plugin "example": not granted: frame "eth0/0x0806"; run again with --allow-frame=eth0/0x0806, ' +
      `or grant { plugin: example, pin: ${PIN}, allow: { frame: ["eth0/0x0806"] } }`,
  );
  const running = await startPlugin(foreign(), { link: "eth0" }, { ...host, operator: granting("eth0") });
  await running.close();
});

start("it gets no more than it asked for, however much was granted; the use is heard with the pin and the grant", async () => {
  const { host, lines } = stage();
  const uses: unknown[] = [];
  const audit: PluginHost["audit"] = (name, { kind }, isAllowed, origin) => uses.push([name, kind, isAllowed, origin]);
  let context: Context | undefined;
  const begin = async (given: Context) => {
    context = given;
    return { ...idle, configure: async () => true };
  };
  const { announcer } = await startPlugin(
    foreign({ start: begin }),
    { link: "eth0" },
    { ...host, audit, operator: granting("eth*", "wlan0") },
  );
  const open = (link: string) => context?.frames.open({ link, etherType: 0x0806 }) as Promise<unknown>;
  await open("eth0");
  await rejects(
    open("eth1"),
    /; it did not ask for that: add { kind: frame, link: "eth1", etherType: 2054 } to its permissions, and run again/,
  );
  await rejects(open("wlan0"), /; it was denied by --deny-frame$/);
  assert.equal(uses, [
    ["example", "frame", true, { pin: PIN, via: "--allow-frame" }],
    ["example", "frame", false, { pin: PIN, via: "" }],
    ["example", "frame", false, { pin: PIN, via: "--deny-frame" }],
  ]);
  await rejects(announcer.configure?.({ link: "br0" }) as Promise<unknown>, /^NotCapable: not granted: frame "br0\/0x0806"/);
  await open("eth0");
  await announcer.configure?.({ link: "wlan0" });
  await rejects(open("eth0"), /it did not ask for that/);
  await rejects(open("wlan0"), /it was denied by --deny-frame$/);
  assert.is(lines.length, 1);
});

start("it runs without what was denied, and that is said", async () => {
  const { host, lines } = stage();
  await startPlugin(foreign(), { link: "wlan0" }, { ...host, operator: granting() });
  assert.equal(
    lines.map(({ message, fields }) => [message, fields?.["denied"]]),
    [["Plugin runs without what was denied", ['frame "wlan0/0x0806"']]],
  );
});

start("held() is nothing where a plugin has none", async () => {
  const { announcer } = await startPlugin(plugin(), {}, stage().host);
  assert.equal(await announcer.held?.(), []);
});

start("announcerFact() is what a plan needs: heirs only where a packet program can stand by, and one node owns", () => {
  const fact = { name: "example", from: "owner", serves: { kind: "L2Advertisement", families: [4] } };
  assert.equal(announcerFact(plugin()), { ...fact, hasHeirs: false });
  assert.equal(announcerFact(plugin({ program: "arp" })), { ...fact, hasHeirs: true });
  assert.is(announcerFact(plugin({ program: "arp", from: "every-node" })).hasHeirs, false);
});

start.run();
