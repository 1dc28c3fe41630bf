/**
 * A stage for one announcer: a host whose network is in memory, with the real packet programs, and what happens on it written down.
 */

import type { Permission, ProgramEvent } from "../../announcer.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { memoryFrames } from "../../packets/frame-socket.ts";
import { GuardedPackets } from "../../packets/guarded/guarded-packets.ts";
import { type MemoryLink, type MemoryLinks, memoryLinks } from "../../packets/links.ts";
import { localGuardedService, localService } from "../../packets/local-service.ts";
import { type MemorySegment, memoryWire } from "../../packets/memory-wire.ts";
import type { PacketService } from "../../packets/service.ts";
import type { HostedPlugin } from "../../sandbox/hosted.ts";
import type { Lists } from "../../sandbox/permissions/decide-grants.ts";
import { type Asking, Operator } from "../../sandbox/permissions/operator.ts";
import { type PluginHost, type RunningPlugin, startPlugin } from "../../sandbox/start-plugin.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { testLink } from "../testing/links.ts";
import { type LogLine, recordedLog } from "../testing/log.ts";
import { pause } from "./turns.ts";

/** How a call to the packet service is lost: before it is made, or its answer. */
export type Loss = "call" | "answer";

export interface Stage {
  readonly host: PluginHost;
  readonly segment: MemorySegment;
  readonly links: MemoryLinks;
  readonly lines: readonly LogLine[];
  /** Permissions that were used, with those that were refused. */
  readonly used: readonly { readonly permission: Permission; readonly isAllowed: boolean }[];
  /** Stations that announced an address of the plugins. */
  readonly conflicts: readonly ProgramEvent[];
  /** Frames that the links of this host have sent; those of stations that a test puts there are not counted. */
  readonly sentFrames: number;
  /** Calls of `put` and `remove` to lose, the next first. */
  readonly losses: Loss[];
  /** It is granted what it asks for, minus `deny`. */
  start<Config>(plugin: HostedPlugin<Config>, config?: Config, deny?: readonly Permission[]): Promise<RunningPlugin>;
  /** A plugin that is only looked at, whose process ends with the stage. */
  keep(plugin: Promise<HostedPlugin>): Promise<HostedPlugin>;
  /** Lets time pass: the stage's, or without a clock of its own everybody's. */
  pass(ms: number): Promise<void>;
  /** Ends whatever still runs. */
  end(): Promise<void>;
}

/** `links`: Ethernet links on the one segment that there is, or their names. `more`: of the host; a clock is not that of packet programs. */
export function createStage(links: readonly (string | MemoryLink)[] = ["eth0", "eth1"], more: Partial<PluginHost> = {}): Stage {
  const segment = memoryWire();
  const { log, lines } = recordedLog();
  const losses: Loss[] = [];
  const used: { permission: Permission; isAllowed: boolean }[] = [];
  const running = new Set<RunningPlugin>();
  const opened = new Set<HostedPlugin>();
  const all = links.map((link) => (typeof link === "string" ? testLink(link) : link));
  const book = memoryLinks(all);
  const packets = lossy(localService(segment), losses);
  const audit = (_: string, permission: Permission, isAllowed: boolean) => void used.push({ permission, isAllowed });
  const conflicts: ProgramEvent[] = [];
  const onEvent = (_: string, event: ProgramEvent) => void (event.kind === "conflict" && conflicts.push(event));
  const guarded = new GuardedPackets(async () => localGuardedService(segment));
  const wire = { packets, guardedPackets: () => guarded.lease(), links: book, frames: memoryFrames(segment) };
  const host: PluginHost = { node: "node-a", ...wire, log, metrics: createMetrics(), onEvent, audit, ...more };
  const clock = more.world?.clock;
  let sentFrames = 0;
  segment.onFrame((_, link) => {
    if (all.some(({ name }) => name === link)) sentFrames += 1;
  });
  return {
    ...{ host, segment, links: book, lines, used, losses, conflicts },
    get sentFrames() {
      return sentFrames;
    },
    async start<Config>(plugin: HostedPlugin<Config>, config = plugin.example as Config, deny: readonly Permission[] = []) {
      opened.add(plugin as HostedPlugin);
      const started = await startPlugin(plugin, config, { operator: granting({ deny }), ...host });
      running.add(started);
      return started;
    },
    async keep(promise) {
      const plugin = await promise;
      opened.add(plugin);
      return plugin;
    },
    pass: (ms) => (clock instanceof FakeClock ? clock.advance(ms) : pause(ms)),
    async end() {
      for (const plugin of running) await plugin.close();
      for (const plugin of opened) await plugin.foreign?.close();
      await packets.stop();
    },
  };
}

/** An operator who grants what is asked for, or only `allow`. */
export function granting({ allow, deny }: Partial<Lists>): Pick<Operator, "decide" | "hint"> {
  const as = ({ name, foreign }: Asking, asked: readonly Permission[]) =>
    new Operator({ flags: { plugins: new Set([foreign?.specifier ?? name]), allow: allow ?? asked, deny: deny ?? [] } });
  return {
    decide: (asking, asked) => as(asking, asked).decide(asking, asked),
    hint: (asking, permission) => as(asking, []).hint(asking, permission),
  };
}

function lossy(service: PacketService, losses: Loss[]): PacketService {
  const lose = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    const loss = losses.shift();
    if (loss === "call") throw new Error("The call was lost");
    const result = await call();
    if (loss === "answer") throw new Error("The answer was lost");
    return result;
  };
  return { ...service, put: (...args) => lose(() => service.put(...args)), remove: (...args) => lose(() => service.remove(...args)) };
}
