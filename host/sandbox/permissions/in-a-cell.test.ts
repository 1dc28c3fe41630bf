/** The whole way: a stranger's file, its process, and an operator who denies it, grants it, and meets it again after an update. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createStage } from "../../workbench/conformance/stage.ts";
import { recordedLog } from "../../workbench/testing/log.ts";
import { rejects } from "../../workbench/testing/promises.ts";
import { Cells } from "../cell/cells.ts";
import { openForeignPlugin } from "../foreign-plugin.ts";
import { loadBundle } from "../source/load-bundle.ts";
import { type PluginHost, type RunningPlugin, startPlugin } from "../start-plugin.ts";
import { Operator } from "./operator.ts";

const cell = suite("permissions in a cell");

const SOURCE = `import { definePlugin, type Context } from "herald";

const udp = (host: string) => ({ kind: "udp", host }) as const;

/** What came of it, in words. */
async function attempt(call: () => unknown): Promise<string> {
  try {
    await call();
    return "done";
  } catch (error) {
    return \`\${(error as Error).name}: \${(error as Error).message}\`;
  }
}

async function tryAll({ udp: net, permissions }: Context): Promise<string[]> {
  return [
    await permissions.query(udp("127.0.0.1:0")),
    await permissions.query(udp("127.0.0.2:0")),
    await permissions.query(udp("127.0.0.3:0")),
    await attempt(() => net.open({ address: "127.0.0.1", port: 0 })),
    await attempt(() => net.open({ address: "127.0.0.2", port: 0 })),
    await attempt(() => net.open({ address: "127.0.0.3", port: 0 })),
    await permissions.revoke(udp("127.0.0.1:0")),
    await attempt(() => net.open({ address: "127.0.0.1", port: 0 })),
  ];
}

export default definePlugin({
  name: "beacon",
  api: 1,
  from: "owner",
  serves: { kind: "Beacon", families: [4] },
  config: { type: "object", additionalProperties: false },
  example: {},
  permissions: () => [udp("127.0.0.1:0"), udp("127.0.0.2:0")],
  async start(context) {
    const seen = await tryAll(context);
    return { apply: async () => [], stop: async () => {}, inspect: () => ({ seen }) };
  },
});
`;

const stage = createStage(["eth0"]);
const folder = mkdtempSync(join(tmpdir(), "herald-in-a-cell-"));
const source = join(folder, "beacon.ts");
const grantsFile = join(folder, "grants.yaml");
const options = { folder, cache: join(folder, "cache"), warn: () => {} };
const cells = new Cells({ log: recordedLog().log, uids: { first: 52_300, count: 8 } });
const audited: string[] = [];

cell.before(() => chmodSync(folder, 0o755));
cell.after(async () => {
  await cells.close();
  await stage.end();
  rmSync(folder, { recursive: true });
});

async function start(operator: Operator): Promise<RunningPlugin> {
  const plugin = await openForeignPlugin(await loadBundle("./beacon.ts", options), cells);
  const audit: PluginHost["audit"] = (name, permission, isAllowed, { pin, via }) =>
    void audited.push(`${name} ${"host" in permission ? permission.host : ""} ${isAllowed} ${pin === plugin.foreign?.pin} ${via}`);
  try {
    return await startPlugin(plugin, {}, { ...stage.host, operator, audit });
  } catch (error) {
    await plugin.foreign?.close();
    throw error;
  }
}

cell("a stranger's plugin is denied, then granted what it asked for, and an update is not", async () => {
  writeFileSync(source, SOURCE);
  const operator = new Operator({ grantsFile });
  const { pin } = await loadBundle("./beacon.ts", options);
  const line = `{ plugin: beacon, pin: ${pin}, allow: { udp: ["127.0.0.1:0", "127.0.0.2:0"] } }`;
  await rejects(
    start(operator),
    /Cannot start plugin "beacon": not granted: udp "127.0.0.1:0", udp "127.0.0.2:0"; run again with --allow-udp/,
  );
  const { message } = (await start(operator).catch((error: Error) => error)) as Error;
  assert.ok(message.endsWith(`, or grant ${line}`), message);

  writeFileSync(grantsFile, `- ${line}\n- { plugin: beacon, deny: { udp: ["127.0.0.2:*"] } }\n`, { mode: 0o600 });
  const running = await start(operator);
  const { seen = [] } = ((await running.announcer.inspect?.("all")) ?? {}) as { seen?: string[] };
  assert.equal(seen.slice(0, 3), ["granted", "denied", "prompt"]);
  assert.is(seen[3], "done");
  assert.is(seen[4], `NotCapable: Plugin beacon may not use udp "127.0.0.2:0"; it was denied by ${grantsFile}:2`);
  assert.match(
    seen[5] ?? "",
    /^NotCapable: .*; it did not ask for that: add { kind: udp, host: "127.0.0.3:0" } to its permissions, and run again/,
  );
  assert.is(seen[6], "prompt");
  assert.match(seen[7] ?? "", /^NotCapable: .*; the plugin has revoked it$/);
  assert.equal(audited, [
    `beacon 127.0.0.1:0 true true ${grantsFile}:1`,
    `beacon 127.0.0.2:0 false true ${grantsFile}:2`,
    "beacon 127.0.0.3:0 false true ",
    "beacon 127.0.0.1:0 false true revoke",
  ]);
  await running.close();

  writeFileSync(source, `${readFileSync(source, "utf8")}// An update.\n`);
  await rejects(start(operator), new RegExp(`udp "127.0.0.1:0" was granted by ${grantsFile}:1 to sha256-[^ ]+, and this is sha256-`));
});

cell.run();
