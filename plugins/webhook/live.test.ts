/** Calls as a server on loopback has them, and their signatures, checked as the README says. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Announcer } from "../../host/announcer.ts";
import { createMetrics } from "../../host/observe/metrics.ts";
import { memoryFrames } from "../../host/packets/frame-socket.ts";
import { memoryLinks } from "../../host/packets/links.ts";
import { localService } from "../../host/packets/local-service.ts";
import { memoryWire } from "../../host/packets/memory-wire.ts";
import { startPlugin } from "../../host/sandbox/start-plugin.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import { testWith, tool } from "../../host/workbench/testing/requirements.ts";
import { memorySecrets } from "../../host/workbench/testing/secrets.ts";
import plugin from "./plugin.ts";

const live = suite("webhook, live");

const KEY = "night-and-day";
const README = readFileSync(new URL("./README.md", import.meta.url), "utf8");
const [, shell = ""] = /^```sh\n([\s\S]*?)^```$/m.exec(README) ?? [];
const [, script = ""] = /^```js\n([\s\S]*?)^```$/m.exec(README) ?? [];
const ROWS = ["198.51.100.1", "2001:db8::1"].map(
  (vip): Announcement => ({ vip, family: vip.includes(":") ? 6 : 4, links: null, services: ["default/web"], attributes: {} }),
);

interface Call {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Answers the first two calls by 503. */
async function openServer(): Promise<{ server: Server; origin: string; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    calls.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(parts) });
    response.writeHead(calls.length > 2 ? 204 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

async function startNode(origin: string): Promise<{ announcer: Announcer; close(): Promise<void> }> {
  const wire = memoryWire();
  const { log } = recordedLog();
  const host = {
    node: "node-a",
    packets: localService(wire),
    links: memoryLinks(),
    frames: memoryFrames(wire),
    log,
    metrics: createMetrics(),
  };
  const config = {
    announce: { method: "PUT", url: `${origin}/{vip}`, body: { node: "{node}", note: "grüße" } },
    withdraw: { url: `${origin}/{vip}` },
    sign: { secret: "key" },
  };
  return await startPlugin(plugin, config, { ...host, secrets: memorySecrets({ key: KEY }) });
}

/** What a server hears of two addresses that come and go. */
async function record(): Promise<readonly Call[]> {
  const { server, origin, calls } = await openServer();
  const { announcer, close } = await startNode(origin);
  await announcer.apply({ added: ROWS, changed: [], removed: [] });
  await until(() => calls.length >= 4, 20_000);
  await announcer.apply({ added: [], changed: [], removed: ROWS });
  await announcer.stop("leave");
  await close();
  await new Promise((resolve) => server.close(resolve));
  return calls;
}

live("calls arrive, are tried again, and are signed so that the README's function believes them", async () => {
  const calls = await record();
  const lines = calls.map(({ line }) => line);
  assert.equal(
    [...new Set(lines)].sort(),
    ROWS.flatMap(({ vip }) => ["DELETE", "PUT"].map((method) => `${method} /${encodeURIComponent(vip)}`)).sort(),
  );
  assert.equal(
    lines.slice(-2).map((line) => line.split(" ")[0]),
    ["DELETE", "DELETE"],
  );
  const folder = mkdtempSync(join(tmpdir(), "herald-webhook-"));
  try {
    writeFileSync(join(folder, "check.mjs"), script);
    const { isGenuine } = await import(pathToFileURL(join(folder, "check.mjs")).href);
    for (const { headers, body } of calls) {
      const call = { timestamp: headers["x-herald-timestamp"], signature: headers["x-herald-signature"], body, key: KEY };
      assert.is(isGenuine(call), true);
      assert.is(isGenuine({ ...call, key: "day-and-night" }), false);
      assert.is(isGenuine({ ...call, body: Buffer.concat([body, Buffer.from(" ")]) }), false);
      assert.is(isGenuine({ ...call, timestamp: String(Number(call.timestamp) - 1) }), false);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

testWith(live, [tool("openssl")], "and so do the README's lines for the shell", async () => {
  const [call] = await record();
  const folder = mkdtempSync(join(tmpdir(), "herald-webhook-"));
  try {
    writeFileSync(join(folder, "body"), call?.body ?? "");
    const check = (key: string): Promise<boolean> => {
      const env = {
        ...process.env,
        key,
        timestamp: String(call?.headers["x-herald-timestamp"]),
        signature: String(call?.headers["x-herald-signature"]),
      };
      return new Promise((resolve) => execFile("sh", ["-c", shell], { cwd: folder, env }, (error) => resolve(error === null)));
    };
    assert.is(await check(KEY), true);
    assert.is(await check("day-and-night"), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

live.run();
