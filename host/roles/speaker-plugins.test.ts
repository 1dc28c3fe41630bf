/** Plugins that come, change and go, by a whole speaker: what resources say, the plan, and what each plugin is told. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { API_GROUP, definePlugin, type PluginDefinition } from "../announcer.ts";
import { memoryWire } from "../packets/memory-wire.ts";
import { openMemoryNetwork } from "../packets/network.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { until } from "../workbench/testing/promises.ts";
import { onManifests } from "./on-manifests.ts";
import { ownSupply } from "./plugin-instance.ts";
import { startSpeaker } from "./speaker.ts";
import type { MorePlugins } from "./speaker-plugins.ts";
import type { WantedPlugin } from "./wanted-plugins.ts";

const PLUGINS = suite("plugins of a speaker");

const WORLD = `
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: p}, spec: {addresses: [192.0.2.240/28]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
`;
const PINS = ["A", "B"].map((letter) => `sha256-${letter.repeat(43)}=`);
const object = (kind: string, name: string, spec: string) =>
  `---\n{apiVersion: ${API_GROUP}/v1alpha1, kind: ${kind}, metadata: {name: ${name}}, spec: ${spec}}\n`;
const advertised = (plugin: string, more = "") => object("Advertisement", plugin, `{plugin: ${plugin}${more}}`);

/** Notes what it is told. `starting`: what happens before it has started. */
function toy(name: string, calls: string[], title = name, starting = async () => {}): PluginDefinition<unknown> {
  return definePlugin<unknown>({
    ...{ name, api: 1, from: "every-node", serves: { kind: `${name}-kind`, families: [4] }, config: { type: "object" }, example: {} },
    attributes: { type: "object", additionalProperties: false, properties: { ttl: { type: "integer" } } },
    permissions: () => [],
    async start(_, config) {
      calls.push(`${title} start ${JSON.stringify(config)}`);
      await starting();
      return {
        async apply({ added, changed, removed }) {
          const text = (sign: string, rows: typeof added) =>
            rows.map(({ vip, attributes }) => `${sign}${vip} ${JSON.stringify(attributes)}`);
          calls.push([title, ...text("+", added), ...text("~", changed), ...text("-", removed)].join(" "));
          return [];
        },
        configure: async (next) => calls.push(`${title} configure ${JSON.stringify(next)}`) > 0,
        stop: async (why) => void calls.push(`${title} stop ${why}`),
      };
    },
  });
}

async function withSpeaker(
  more: (calls: string[]) => MorePlugins,
  use: (stage: Stage) => Promise<void>,
  starting = async (_: Pick<Stage, "write" | "warns">) => {},
): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "herald-plugins-"));
  const calls: string[] = [];
  const { log, lines } = recordedLog();
  const write = (text: string) => writeFileSync(join(path, "plugins.yaml"), text);
  const warns = (words: RegExp) => until(() => lines.some(({ level, message }) => level === "warn" && words.test(message)));
  writeFileSync(join(path, "world.yaml"), WORLD);
  const speaker = await startSpeaker({
    ...{ node: "box", log, surroundings: onManifests({ manifests: path, node: "box", isController: true, log }) },
    openNetwork: async () => openMemoryNetwork(memoryWire(), "box", "02:00:00:00:00:01"),
    plugins: [{ definition: toy("arp", calls, "arp", () => starting({ write, warns })), config: {} }],
    more: more(calls),
    onFatal: (error) => {
      throw error;
    },
  });
  const told = async (...expected: string[]) => {
    await until(() => calls.length >= expected.length);
    assert.equal(calls.splice(0), expected);
  };
  const gauge = async (name: string, plugin: string) =>
    (await speaker.metrics.samples()).find((sample) => sample.name === name && sample.labels["plugin"] === plugin)?.value;
  try {
    await use({ calls, write, told, warns, gauge });
  } finally {
    await speaker.stop("replace");
    rmSync(path, { recursive: true });
  }
}

interface Stage {
  readonly calls: string[];
  /** What resources say of plugins. */
  write(text: string): void;
  /** Exactly these calls, in any time. */
  told(...expected: string[]): Promise<void>;
  warns(words: RegExp): Promise<void>;
  gauge(name: string, plugin: string): Promise<unknown>;
}

PLUGINS("what changes while a plugin starts reaches it", async () => {
  const config = advertised("arp", ", config: {x: 1}");
  await withSpeaker(
    () => ({}),
    ({ told }) => told("arp start {}", "arp +192.0.2.240 {}", 'arp configure {"x":1}'),
    async ({ write, warns }) => {
      write(`${config}${advertised("nobody")}`);
      // Read together with the config.
      await warns(/found "nobody"/);
    },
  );
});

PLUGINS("one that comes with Herald is there as long as a resource names it", async () => {
  const optional = (calls: string[]): MorePlugins => ({ optional: [toy("mdns", calls)] });
  await withSpeaker(optional, async ({ write, told, warns, gauge }) => {
    await told("arp start {}", "arp");
    write(advertised("mdns", ", attributes: {ttl: 7}, config: {x: 1}"));
    await told('mdns start {"x":1}', 'mdns +192.0.2.240 {"ttl":7}');
    assert.is(await gauge("herald_plugin_up", "mdns"), 1);
    write(advertised("mdns", ", attributes: {ttl: 8}, config: {x: 2}"));
    await told('mdns configure {"x":2}', 'mdns ~192.0.2.240 {"ttl":8}');
    write(advertised("mdns", ", attributes: {ttl: often}"));
    await warns(/attributes.ttl: found "often", expected a whole number/);
    write("");
    await told('mdns -192.0.2.240 {"ttl":8}', "mdns stop leave");
    assert.is(await gauge("herald_plugin_up", "mdns"), undefined);
    write(object("Plugin", "mdns", "{}"));
    await told("mdns start {}", "mdns");
  });
});

PLUGINS("one of a flag is there from the start, and configured by an Advertisement", async () => {
  const named = (calls: string[]): MorePlugins => ({
    named: ["./vrrp.ts"],
    load: async () => ({
      ...ownSupply(toy("vrrp", calls), "shipped"),
      origin: { kind: "other", specifier: "./vrrp.ts", pin: PINS[0] ?? "" },
    }),
  });
  await withSpeaker(named, async ({ write, told, warns }) => {
    await told("arp start {}", "arp", "vrrp start {}", "vrrp");
    write(advertised("vrrp", ", config: {x: 1}"));
    await told('vrrp configure {"x":1}', "vrrp +192.0.2.240 {}");
    write(advertised("carp"));
    await warns(/found "carp", which is not there, expected one of arp, vrrp/);
  });
});

PLUGINS("one of a resource is loaded, is replaced by another pin without having been away, and what is wrong with it is told", async () => {
  const seen: WantedPlugin[] = [];
  const load = (calls: string[]): MorePlugins => ({
    async load(wanted) {
      seen.push(wanted);
      if (wanted.specifier === "/none") throw new Error("there is no /none");
      const title = wanted.pin === PINS[0] ? "first" : "second";
      return { ...ownSupply(toy("vrrp", calls, title), "shipped"), origin: { kind: "other", specifier: "/vrrp", pin: wanted.pin ?? "" } };
    },
  });
  await withSpeaker(load, async ({ write, told, warns }) => {
    await told("arp start {}", "arp");
    const plugin = (pin: string | undefined, path = "/vrrp") => object("Plugin", "vrrp", `{source: {path: ${path}}, pin: ${pin}}`);
    write(plugin(PINS[0]) + advertised("vrrp"));
    await told("first start {}", "first +192.0.2.240 {}");
    write(plugin(PINS[1]) + advertised("vrrp"));
    await told("second start {}", "second +192.0.2.240 {}", "first stop replace");
    write(plugin(PINS[1], "/none") + advertised("vrrp"));
    await warns(/Plugin vrrp spec.source: found path "\/none", expected a plugin that runs: there is no \/none$/);
    assert.equal(seen.at(-1), { by: "Plugin vrrp", name: "vrrp", specifier: "/none", pin: PINS[1], grants: [] });
    write("");
    await told("second -192.0.2.240 {}", "second stop leave");
  });
});

PLUGINS("without a loader, what is not Herald's own is said to be not loaded", async () => {
  await withSpeaker(
    () => ({}),
    async ({ write, told, warns }) => {
      await told("arp start {}", "arp");
      write(object("Plugin", "vrrp", `{source: {path: /vrrp}, pin: ${PINS[0]}}`));
      await warns(/expected one of the plugins arp; others are not loaded here/);
    },
  );
});

PLUGINS.run();
