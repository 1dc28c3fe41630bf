/** A context lent over the bridge, as a plugin in a process of its own has it, without the process: both halves are in the test's hands. */

import type { Announcer, Context, Liveness, Permission, PluginDefinition } from "../../announcer.ts";
import { createMetrics, type MetricsRegistry } from "../../observe/metrics.ts";
import { memoryFrames } from "../../packets/frame-socket.ts";
import { type MemoryLinks, memoryLinks } from "../../packets/links.ts";
import { type MemorySegment, memoryWire } from "../../packets/memory-wire.ts";
import { startOver } from "../../sandbox/bridge/bridge.ts";
import { servePlugin } from "../../sandbox/bridge/serve-plugin.ts";
import { type MemoryChannels, memoryChannels } from "../../sandbox/cell/memory-channels.ts";
import { createContext } from "../../sandbox/context.ts";
import { Opened } from "../../sandbox/opened.ts";
import { Grants } from "../../sandbox/permissions/grants.ts";
import { noLiveness } from "../../sandbox/powers/liveness.ts";
import { NamedServices, noServices } from "../../sandbox/powers/services.ts";
import { guardPowers } from "./bridged.ts";
import { testLink } from "./links.ts";
import { type LogLine, recordedLog } from "./log.ts";
import { type MemorySecrets, memorySecrets } from "./secrets.ts";

export interface Lending {
  /** As the host has it. */
  readonly own: Context;
  readonly channels: MemoryChannels;
  readonly opened: Opened;
  readonly grants: Grants;
  readonly lines: readonly LogLine[];
  readonly segment: MemorySegment;
  readonly links: MemoryLinks;
  readonly secrets: MemorySecrets;
  readonly metrics: MetricsRegistry;
  readonly reports: ReadonlyMap<string, string | undefined>;
}

export interface Borrowing extends Lending {
  /** As the plugin has it. */
  readonly context: Context;
  readonly announcer: Announcer;
}

export interface LendingOptions {
  readonly liveness?: Liveness;
  readonly links?: readonly string[];
  readonly deny?: readonly Permission[];
}

/** What a host has to lend, with these grants. */
export function lending(permissions: readonly Permission[] = [], options: LendingOptions = {}): Lending {
  const segment = memoryWire();
  const { log, lines } = recordedLog();
  const links = memoryLinks((options.links ?? ["eth0"]).map((name) => testLink(name)));
  const opened = new Opened("example");
  const grants = new Grants("example", permissions, options.deny);
  const secrets = memorySecrets({ token: "s3cret" });
  const metrics = createMetrics();
  const reports = new Map<string, string | undefined>();
  const own = createContext({
    ...{ node: "node-a", plugin: "example", grants, opened, log, links, secrets, program: undefined },
    services: noServices,
    named: new NamedServices(),
    frames: memoryFrames(segment),
    liveness: options.liveness ?? noLiveness,
    metrics: metrics.forPlugin("example", "third-party"),
    report: (key, state) => void reports.set(key, state),
  });
  return { own, channels: memoryChannels(), opened, grants, lines, segment, links, secrets, metrics, reports };
}

export type Parts = Partial<PluginDefinition>;

/** A definition that takes what it is given. */
export function definitionOf(parts: Parts = {}): PluginDefinition {
  return {
    ...{ name: "example", api: 1, from: "owner", config: {}, example: {}, serves: { kind: "L2Advertisement", families: [4] } },
    permissions: () => [],
    start: async () => ({ apply: async () => [], stop: async () => {} }),
    ...parts,
  };
}

/** Starts a plugin over the bridge, and gives what it was given. */
export async function borrow(permissions: readonly Permission[] = [], parts: Parts = {}, options: LendingOptions = {}): Promise<Borrowing> {
  const lent = lending(permissions, options);
  let context: Context | undefined;
  const definition = definitionOf(parts);
  servePlugin(
    lent.channels.plugin,
    {
      ...definition,
      start: (given: Context, config: unknown) => {
        context = given;
        return definition.start(given, config);
      },
    },
    guardPowers,
  );
  const announcer = await startOver(lent.channels.host, lent.own, definition.example);
  return { ...lent, context: context as Context, announcer };
}

/** Ends the channel and the plugin's reach, as the end of its process does. */
export function giveBack({ channels, opened }: Lending): void {
  channels.end(new Error("The process has ended"));
  opened.end();
}
