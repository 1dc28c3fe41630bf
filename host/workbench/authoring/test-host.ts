/** `createTestHost` of the test kit: a stage of the conformance suite, with a world in memory, and what its users see of it. */

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Announcement, Changes, Permission, PluginDefinition, Refusal, ServiceInfo } from "../../announcer.ts";
import type { MemoryLink } from "../../packets/links.ts";
import type { HostedPlugin } from "../../sandbox/hosted.ts";
import { Grants } from "../../sandbox/permissions/grants.ts";
import type { SecretSource } from "../../sandbox/powers/secrets.ts";
import { noChanges, row } from "../conformance/play.ts";
import { createStage, granting, type Stage } from "../conformance/stage.ts";
import { turns } from "../conformance/turns.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { memoryServices } from "../testing/memory-services.ts";
import type { FrameSegment, TestHost, TestHostOptions, TestLink } from "./kit.ts";
import { memoryWorld } from "./memory-world.ts";

const LINK: TestLink = { name: "eth0", mac: "02:00:00:00:00:00", addresses: ["192.0.2.100/24", "2001:db8::100/64"] };
const WEB: ServiceInfo = { key: "default/web", namespace: "default", name: "web", annotations: {}, ports: [{ protocol: "TCP", port: 80 }] };
const PATIENCE_MS = 1000;

/** Starts a plugin on a host made for a test. Rejects as a speaker's start would, with what it could not do. */
export async function createTestHost<Config>(plugin: PluginDefinition<Config>, options: TestHostOptions<Config> = {}): Promise<TestHost> {
  const { config = plugin.example, links = [LINK], node = "node-a", secrets = {}, answer } = options;
  const all = links.map(toMemoryLink);
  let there: readonly MemoryLink[] = all;
  const own = () => there.flatMap(({ addresses = [] }) => addresses.map(({ address }) => address));
  const clock = new FakeClock();
  const time = plugin.program === undefined ? { clock } : {};
  const world = memoryWorld({ ...time, own, ...(answer === undefined ? {} : { answer }) });
  const operator = granting(options);
  const services = memoryServices(options.services ?? [WEB]);
  const stage = createStage(all, { node, world, operator, secrets: secretsOf(secrets), services });
  const frames = watchFrames(
    stage,
    links.map(({ name }) => name),
  );
  options.before?.({ frames, udp: world.udp, tcp: world.tcp });
  const asked = plugin.permissions(config);
  const running = await stage.start(hosted(plugin, options.program), config).catch(async (error: Error) => {
    await stage.end();
    throw error;
  });
  const apply = async (changes: Partial<Changes>): Promise<readonly Refusal[]> => {
    const refused = await running.announcer.apply({ ...noChanges, ...changes });
    await turns();
    return refused;
  };
  return {
    announcer: running.announcer,
    announce: (...rows) => apply({ added: rows.map(toRow) }),
    withdraw: (...vips) => apply({ removed: vips.map((vip) => row(vip)) }),
    pass: (ms) => stage.pass(ms),
    frames,
    udp: world.udp,
    tcp: world.tcp,
    requests: world.requests,
    async setServices(...all) {
      services.set(all);
      await turns();
    },
    async setLinks(...names) {
      there = all.filter(({ name }) => names.includes(name));
      stage.links.set(there);
      await turns();
    },
    log: stage.lines,
    metrics: async () =>
      (await stage.host.metrics.samples()).map(({ name, labels, value }) => `${name}${labelText(labels)} ${JSON.stringify(value)}`),
    reports: running.reports,
    used: stage.used,
    get unused() {
      return asked.filter((permission) => !isUsed(plugin.name, stage, permission));
    },
    get open() {
      return running.open;
    },
    async close(why = "leave") {
      await running.announcer.stop(why);
      await stage.end();
      await turns();
    },
  };
}

/** As a stranger's is run, though here. Its program is where the definition says, from the working directory. */
function hosted<Config>(plugin: PluginDefinition<Config>, given: Uint8Array | undefined): HostedPlugin<Config> {
  const file = plugin.program === undefined ? undefined : resolve(plugin.program);
  const program = given ?? (file !== undefined && existsSync(file) ? readFileSync(file) : undefined);
  const part = { specifier: plugin.name, pin: "", onLost: () => () => {}, close: async () => {} };
  return { ...plugin, foreign: { ...part, ...(program === undefined ? {} : { program }) } };
}

export function isUsed(name: string, { used }: Pick<Stage, "used">, permission: Permission): boolean {
  const grant = new Grants(name, [permission]);
  return used.some((use) => use.isAllowed && grant.allows(use.permission));
}

function watchFrames({ segment }: Stage, links: readonly string[]): FrameSegment {
  const sent: { link: string; hex: string }[] = [];
  const waiting: (() => void)[] = [];
  let given = 0;
  segment.onFrame((frame, link) => {
    if (!links.includes(link)) return;
    sent.push({ link, hex: Buffer.from(frame).toString("hex") });
    waiting.shift()?.();
  });
  return {
    sent,
    async send(frame) {
      segment.transmit(typeof frame === "string" ? Uint8Array.from(Buffer.from(frame.replace(/[\s:]/g, ""), "hex")) : frame);
      await turns();
    },
    async next() {
      if (sent.length <= given) await arrived(waiting);
      return sent[given++]?.hex ?? "";
    },
  };
}

async function arrived(waiting: (() => void)[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The plugin sent no frame within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    waiting.push(resolve);
  }).finally(() => clearTimeout(timer));
}

function toMemoryLink({ name, mac, addresses = [] }: TestLink, at: number): MemoryLink {
  const is = { index: at + 1, up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false };
  const prefixes = addresses.map((text) => text.split("/")).map(([address = "", length]) => ({ address, prefixLength: Number(length) }));
  return { ...is, name, mac, addresses: prefixes };
}

function toRow(given: string | Announcement): Announcement {
  return typeof given === "string" ? row(given) : given;
}

function secretsOf(passwords: Readonly<Record<string, string>>): SecretSource {
  return {
    get(name) {
      const password = passwords[name];
      return password === undefined ? undefined : { password, revision: "1" };
    },
    watch: () => () => {},
  };
}

function labelText(labels: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(String(value))}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
