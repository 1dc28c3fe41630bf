/** The optional plugins are what strangers could have written: their folders, copied elsewhere, load as a stranger's do, and run in a process without rights. */

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement } from "../host/announcer.ts";
import { Cells } from "../host/sandbox/cell/cells.ts";
import { openForeignPlugin } from "../host/sandbox/foreign-plugin.ts";
import { loadBundle } from "../host/sandbox/source/load-bundle.ts";
import { type MemoryWorld, memoryWorld } from "../host/workbench/authoring/memory-world.ts";
import { createStage } from "../host/workbench/conformance/stage.ts";
import { testLink } from "../host/workbench/testing/links.ts";
import { recordedLog } from "../host/workbench/testing/log.ts";
import { memoryServices } from "../host/workbench/testing/memory-services.ts";
import { until } from "../host/workbench/testing/promises.ts";
import { memorySecrets } from "../host/workbench/testing/secrets.ts";
import { optional } from "./index.ts";

const strangers = suite("optional plugins as strangers");

const OWN = ["192.0.2.100", "fe80::100"];
const LINK = testLink("eth0", {
  addresses: [
    { address: "192.0.2.100", prefixLength: 24 },
    { address: "fe80::100", prefixLength: 64 },
  ],
});
const ROW: Announcement = { vip: "198.51.100.1", family: 4, links: null, services: ["default/web"], attributes: {} };
const PATIENCE_MS = 20_000;

const sentTo = ({ udp }: MemoryWorld, address: string) =>
  udp.sent.filter(({ to }) => to.address === address).map(({ bytes }) => Buffer.from(bytes).toString("latin1"));

/** What its config is, and what shows that it works, with a Secret or a Service's annotation in it. */
const cases: Readonly<Record<string, { readonly config: unknown; works(world: MemoryWorld): boolean }>> = {
  rip: {
    config: { authentication: { type: "hmac-sha-256", keyId: 1, secret: "key" } },
    works: (world) => sentTo(world, "224.0.0.9").some((message) => message.startsWith("\x02\x02") && message.includes("\xc6\x33\x64\x01")),
  },
  mdns: {
    config: {},
    works: (world) => sentTo(world, "224.0.0.251").some((message) => message[2] === "\x84" && message.includes("\x04shop\x05local")),
  },
  webhook: {
    config: { announce: { url: "https://api.example.com/{vip}" }, sign: { secret: "key" } },
    works: ({ requests }) =>
      requests.some(({ url, headers }) => url.endsWith(ROW.vip) && /^sha256=/.test(headers["x-herald-signature"] ?? "")),
  },
};

strangers("there is a case for each", () => {
  assert.equal(Object.keys(cases).sort(), optional.map(({ name }) => name).sort());
});

for (const [name, { config, works }] of Object.entries(cases)) {
  strangers(`${name}: its folder, copied elsewhere, does what it is for`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "herald-stranger-"));
    const { log, lines } = recordedLog();
    const cells = new Cells({ log, uids: { first: 52_300, count: 1 } });
    const world = memoryWorld({ own: () => OWN });
    const annotations = { "herald.dev/hostname": "shop" };
    const services = memoryServices([{ key: "default/web", namespace: "default", name: "web", annotations, ports: [] }]);
    const stage = createStage([LINK], { world, services, secrets: memorySecrets({ key: "night-and-day" }) });
    try {
      cpSync(fileURLToPath(new URL(`./${name}`, import.meta.url)), join(folder, name), { recursive: true });
      const bundle = await loadBundle(join(folder, name), { cache: join(folder, "cache") });
      const plugin = await openForeignPlugin(bundle, cells);
      assert.is(plugin.name, name);
      const { announcer } = await stage.start(plugin, config);
      assert.equal(await announcer.apply({ added: [ROW], changed: [], removed: [] }), []);
      await until(() => works(world), PATIENCE_MS).catch((error: Error) => {
        throw new Error(`${error.message}; ${JSON.stringify([...lines, ...stage.lines])}`);
      });
      await announcer.stop("leave");
    } finally {
      await stage.end();
      await cells.close();
      rmSync(folder, { recursive: true });
    }
  });
}

strangers.run();
