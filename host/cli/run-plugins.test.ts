/** A plugin from a folder outside of Herald, by a running Herald: denied, granted, killed, upgraded. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { API_GROUP } from "../announcer.ts";
import { loadBundle } from "../sandbox/source/load-bundle.ts";
import { Daemon } from "../workbench/api-server/daemon.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { arpFrame, readArp } from "../workbench/testing/program-station.ts";
import { VethPair } from "../workbench/testing/veth-pair.ts";
import { askControl } from "./ask-control.ts";

const plugins = suite("plugins of herald run, in a private network");
const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const LIMIT_MS = 20_000;
const VIP = "192.0.2.240";
const folder = mkdtempSync(join(tmpdir(), "herald-run-plugins-"));
const socket = join(folder, "herald.sock");
const inside = insideTests(plugins, import.meta.url, {
  async end() {
    await herald?.end("SIGKILL");
    pair?.end();
    rmSync(folder, { recursive: true });
  },
});
let herald: Daemon | undefined;
let pair: VethPair | undefined;

const WORLD = `
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: p}, spec: {addresses: [${VIP}/32]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: LoadBalancer, ports: [{port: 80}]}}
---
{apiVersion: ${API_GROUP}/v1alpha1, kind: Advertisement, metadata: {name: web}, spec: {plugin: answer}}
`;

/** Answers ARP in TypeScript, with its version behind the packet. */
const source = (version: number) => `
import { definePlugin } from "herald";

const bytes = (text: string, base: number) => text.split(base === 16 ? ":" : ".").map((part) => Number.parseInt(part, base));

export default definePlugin({
  name: "answer", api: 1, from: "every-node", serves: { kind: "AnswerAdvertisement", families: [4] },
  config: { type: "object", additionalProperties: false }, example: {},
  permissions: () => [{ kind: "frame", link: "near", etherType: 0x0806 }],
  async start(context) {
    const rows = new Map<string, readonly number[]>();
    const mac = bytes(context.links.all().find(({ name }) => name === "near")?.mac ?? "", 16);
    const socket = await context.frames.open({ link: "near", etherType: 0x0806 });
    socket.onFrame((frame) => {
      const wanted = [...rows.values()].find((row) => row.every((byte, at) => frame[38 + at] === byte));
      if (wanted === undefined || frame[21] !== 1) return;
      const sender = frame.subarray(22, 32);
      const head = [...sender.subarray(0, 6), ...mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2];
      socket.send(Uint8Array.from([...head, ...mac, ...wanted, ...sender, ${version}]));
    });
    return {
      async apply({ added, removed }) {
        for (const { vip } of removed) rows.delete(vip);
        for (const { vip } of added) rows.set(vip, bytes(vip, 10));
        return [];
      },
      async stop() {
        socket.close();
      },
    };
  },
});
`;

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function running(args: readonly string[], use: (daemon: Daemon) => Promise<void>): Promise<void> {
  const run = ["run", "--manifests", join(folder, "manifests"), "--node", "box", "--controller", "--interface", "lo"];
  const more = ["--lock", join(folder, "herald.lock"), "--cache", join(folder, "cache"), "--log-format", "json", "--control", socket];
  herald = new Daemon([process.execPath, "--import", "tsx", MAIN, ...run, ...more, ...args]);
  herald.start();
  try {
    await use(herald);
  } finally {
    await herald.end("SIGTERM");
  }
}

/** The version that answers, within the time; 0: none does. */
function ask(waitMs = 500): number {
  pair?.send(arpFrame({ targetAddress: VIP }));
  for (const deadline = performance.now() + waitMs; performance.now() < deadline; ) {
    const frame = pair?.receive(Math.max(0, Math.ceil(deadline - performance.now())));
    const { operation } = frame === undefined ? {} : readArp(frame);
    if (operation === 2) return frame?.[42] ?? 0;
  }
  return 0;
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (performance.now() > deadline) throw new Error(`Not so within ${LIMIT_MS / 1000} s: ${what}\n${herald?.log().slice(-4000)}`);
  }
}

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly restarts: number;
  readonly trouble?: string;
  readonly pin?: string;
}

/** As herald status shows it. */
async function shown(): Promise<Shown | undefined> {
  for await (const status of askControl({ control: socket }, { ask: "status" })) {
    return (status as { plugins: Shown[] }).plugins.find(({ name }) => name === "answer");
  }
  return undefined;
}

/** The processes that Herald has started. */
function children(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return Number(parent) === pid ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

inside("what was not granted is told with the flag that would, and nothing else is held up", [], async () => {
  pair = new VethPair("near");
  write("manifests/world.yaml", WORLD);
  const path = write("answer/plugin.ts", source(1));
  await running(["--plugin", join(path, ".."), "--no-prompt"], async (daemon) => {
    await until("it is refused", () => daemon.log().includes("not granted"));
    assert.match(daemon.log(), /not granted: frame \\"near\/0x0806\\".*--allow-frame=near\/0x0806/);
    const { state, trouble = "" } = (await shown()) ?? {};
    assert.equal([state, ask(100)], ["refused", 0]);
    assert.match(trouble, /--allow-frame=near\/0x0806/);
  });
});

inside("granted, it answers for the VIP; its process killed, it answers again", [], async () => {
  const audit = join(folder, "audit.jsonl");
  await running(["--plugin", join(folder, "answer"), "--allow-frame=near/0x0806", "--audit", audit], async (daemon) => {
    await until("it answers", () => ask() === 1);
    const plugin = await shown();
    assert.equal([plugin?.state, plugin?.restarts], ["running", 0]);
    const [process_ = 0] = children(daemon.pid ?? 0).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("max-old-space-size"),
    );
    process.kill(process_, "SIGKILL");
    await until("it is silent", () => ask(100) === 0);
    await until("it answers again", () => ask() === 1);
    assert.equal([(await shown())?.state, (await shown())?.restarts], ["running", 1]);
    assert.match(daemon.log(), /SIGKILL/);
    assert.match(
      readFileSync(audit, "utf8"),
      /"plugin":"answer".*"permission":"frame","value":"near\/0x0806","result":"granted","via":"--allow-frame"/,
    );
  });
});

inside("by a resource, another pin takes over while the VIP is asked for, and no answer is lost", [], async () => {
  const resource = async (version: number) => {
    const path = join(write(`v${version}/plugin.ts`, source(version)), "..");
    const { pin } = await loadBundle(path, { cache: join(folder, "cache") });
    const spec = `{source: {path: ${path}}, pin: ${pin}, grants: [{kind: frame, link: near, etherType: 2054}]}`;
    write("manifests/plugin.yaml", `{apiVersion: ${API_GROUP}/v1alpha1, kind: Plugin, metadata: {name: answer}, spec: ${spec}}\n`);
    return pin;
  };
  await resource(1);
  await running(["--frozen"], async () => {
    await until("version 1 answers", () => ask() === 1);
    const pin = await resource(2);
    const answers: number[] = [];
    await until("version 2 answers alone", () => {
      for (let count = 0; count < 5; count++) answers.push(ask());
      return answers.at(-1) === 2 && answers.filter((version) => version === 2).length > 50;
    });
    assert.not(answers.includes(0), `lost: ${answers.join("")}`);
    await until("the other is gone", async () => (await shown())?.pin === pin);
    write("manifests/plugin.yaml", "");
    await until("nobody answers", () => ask(100) === 0);
    assert.is(await shown(), undefined);
  });
});

plugins.run();
