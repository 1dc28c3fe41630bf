/**
 * From a definition to a running announcer, and back to nothing.
 *
 * In come a plugin's definition, its config, and the host's powers. First what can be checked without running any of the plugin's code is
 * checked: name, API version, config against its schema. Then the permissions that it asks for and was given become its grants
 * (`permissions/`), its packet program is loaded (`program/`), and it is started with a context (`context.ts`) through which every power goes:
 * each of them (`powers/`) demands the grant at the moment of use, and enters what it opens in one register (`opened.ts`). Out comes the
 * announcer, shown only rows that its definition understands (`checked-announcer.ts`).
 *
 * `close` ends everything in the register, in whatever state it is, and unloads the program; so does a start that fails. A plugin that
 * has ended can open nothing more: what it still tries rejects, and its timers never come.
 *
 * Built-ins run in the host's process: their code is trusted, what they may do is not assumed. Any other plugin is loaded from its files (`source/`) into
 * a process of its own (`cell/`), and becomes a definition whose `start` lends the context over a channel (`bridge/`,
 * `foreign-plugin.ts`); what it sends is looked at once more (`program/`, the guard). The path is the same.
 */

import {
  type Announcer,
  API_VERSION,
  type Liveness,
  type Log,
  type Permission,
  type PluginDefinition,
  type ProgramEvent,
} from "../announcer.ts";
import type { Members } from "../liveness/members.ts";
import { withFields } from "../observe/log.ts";
import type { MetricsRegistry } from "../observe/metrics.ts";
import type { RawFrames } from "../packets/frame-socket.ts";
import type { GuardedLease } from "../packets/guarded/guarded-packets.ts";
import type { LinkSource } from "../packets/links.ts";
import type { MulticastGroups } from "../packets/multicast-groups.ts";
import type { PacketService } from "../packets/service.ts";
import { loadModule } from "../packets/wasm.ts";
import type { AnnouncerFact } from "../rules/vocabulary.ts";
import { checkedAnnouncer } from "./checked-announcer.ts";
import { createContext, type World } from "./context.ts";
import type { HostedPlugin } from "./hosted.ts";
import { NeedsChange } from "./needs-change.ts";
import { Opened } from "./opened.ts";
import type { Grants } from "./permissions/grants.ts";
import { type GrantsHost, openGrants } from "./permissions/plugin-grants.ts";
import { PLUGIN_NAME } from "./plugin-name.ts";
import { noLiveness } from "./powers/liveness.ts";
import { noSecrets, type SecretSource } from "./powers/secrets.ts";
import { NamedServices, noServices, type ServiceSource } from "./powers/services.ts";
import { AssignedAddresses } from "./program/assigned-addresses.ts";
import { guardFrames, openForeignProgram } from "./program/foreign-guards.ts";
import { openProgram, type ProgramPort } from "./program/program-port.ts";
import { withinTime } from "./within-time.ts";

export interface PluginHost extends GrantsHost {
  readonly node: string;
  readonly packets: PacketService;
  /** For packet programs of plugins that are not built in. Default: these cannot be loaded. */
  readonly guardedPackets?: (() => Promise<GuardedLease>) | undefined;
  readonly links: LinkSource;
  readonly frames: RawFrames;
  /** Opens a set of IPv6 groups. Default: nobody needs to join any. */
  readonly groups?: () => MulticastGroups;
  /** Whether a link is wireless. Default: none is. */
  readonly isWireless?: (link: string) => boolean;
  /** Default: there are none. */
  readonly secrets?: SecretSource;
  /** Default: there are none. */
  readonly services?: ServiceSource;
  /** Default: it keeps no sessions. */
  readonly liveness?: Liveness;
  /** Hears of every row of a packet program that has a succession. Default: nobody follows who owns what. */
  readonly members?: Pick<Members, "follow" | "forget">;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly world?: World;
  /** What its packet program is called, since another instance of the plugin may still have its own. Default: as the plugin is. */
  readonly programName?: string;
  /** Hears every event of a plugin's packet program. */
  readonly onEvent?: (plugin: string, event: ProgramEvent) => void;
}

export interface RunningPlugin {
  readonly name: string;
  readonly announcer: Announcer;
  readonly program: ProgramPort | undefined;
  /** What packet services know its program by. */
  readonly programName: string;
  /** What the plugin reported and did not take back, by key. */
  readonly reports: ReadonlyMap<string, string>;
  /** How many sockets, timers and watches it has open. */
  readonly open: number;
  /**
   * Calls back where its packet program failed too often, or went with its worker: it answers for nothing until the plugin is started again. Also
   * where that has happened already.
   */
  onLost(call: (reason: Error) => void): void;
  /** Closes everything that the plugin opened. After `announcer.stop`; harmless twice. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 10_000;

/** What `plan` reads of a definition. */
export function announcerFact(definition: Pick<HostedPlugin, "name" | "from" | "serves" | "program" | "foreign">): AnnouncerFact {
  const { name, from, serves, program, foreign } = definition;
  // Who owns what is decided in the worker of the built-ins.
  return { name, from, serves, hasHeirs: from === "owner" && program !== undefined && foreign === undefined };
}

/** Asks for grants at the start, and again for a new config. Rejects with one line that names the plugin. */
export async function startPlugin<Config>(definition: HostedPlugin<Config>, config: Config, host: PluginHost): Promise<RunningPlugin> {
  const { name } = definition;
  const { programName = name } = host;
  const closes: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const call of closes.splice(0).reverse()) await call();
  };
  try {
    demandKnownShape(definition);
    const opened = new Opened(name);
    closes.push(() => opened.end());
    const log = withFields(host.log, { plugin: name });
    const { asked, grants, renew } = await openGrants(definition, config, host, log);
    const assigned = definition.foreign && new AssignedAddresses();
    const losses: Error[] = [];
    let onLost = (reason: Error): void => void losses.push(reason);
    const program = await loadProgram(definition, programName, asked, host, {
      ...{ grants, log, assigned },
      onLost(reason) {
        log.error("Packet program was put out", { reason });
        onLost(new Error(`Its packet program was put out: ${reason}`));
      },
    });
    if (program !== undefined) closes.push(() => program.close());
    const reports = new Map<string, string>();
    const metrics = host.metrics.forPlugin(name, definition.foreign === undefined ? "built-in" : "third-party");
    closes.push(() => metrics.close());
    const { node, links, frames, secrets = noSecrets, services = noServices, liveness = noLiveness } = host;
    const named = new NamedServices();
    const context = createContext({
      ...{
        node,
        plugin: name,
        grants,
        opened,
        log,
        metrics,
        links,
        frames,
        secrets,
        services,
        named,
        liveness,
        program,
        world: host.world,
      },
      frameGuard: assigned && guardFrames(assigned),
      report: (key, state) => void (state === undefined ? reports.delete(key) : reports.set(key, state)),
    });
    const announcer = await withinTime("start", START_TIMEOUT_MS, () => definition.start(context, config));
    const checked = checkedAnnouncer(announcer, definition, renew, assigned);
    return {
      name,
      announcer: {
        ...checked,
        apply(changes) {
          named.take(changes);
          return checked.apply(changes);
        },
      },
      program,
      programName,
      reports,
      close,
      get open() {
        return opened.size;
      },
      onLost(call) {
        onLost = call;
        for (const reason of losses.splice(0)) call(reason);
      },
    };
  } catch (error) {
    await close();
    throw new Error(`Cannot start plugin ${JSON.stringify(name)}: ${(error as Error).message}`, { cause: error });
  }
}

function demandKnownShape({ name, api }: Pick<PluginDefinition, "name" | "api">): void {
  if (!PLUGIN_NAME.test(name))
    throw new NeedsChange("expected a name of lower-case letters, digits and dashes, at most 63, a letter first");
  const isKnown = Number.isInteger(api) && api >= 1 && api <= API_VERSION;
  if (!isKnown) throw new NeedsChange(`it needs API version ${api}, this Herald has ${API_VERSION}`);
}

interface ProgramParts {
  readonly grants: Grants;
  readonly log: Log;
  /** Of a plugin that is not built in. */
  readonly assigned: AssignedAddresses | undefined;
  readonly onLost: (reason: string) => void;
}

/** The program's frames are those of the first frame permission; datagrams it binds later. */
async function loadProgram(
  definition: Pick<HostedPlugin, "program" | "foreign">,
  name: string,
  permissions: readonly Permission[],
  host: PluginHost,
  { assigned, onLost, ...parts }: ProgramParts,
): Promise<ProgramPort | undefined> {
  const { program } = definition;
  if (program === undefined) return undefined;
  const frame = permissions.find((permission) => permission.kind === "frame");
  const hasDatagrams = permissions.some(({ kind }) => kind === "udp");
  if (frame === undefined && !hasDatagrams) throw new Error("it has a packet program and asks for no frame and no udp permission");
  const match = frame && { etherType: frame.etherType, ...(frame.ipProtocol === undefined ? {} : { ipProtocol: frame.ipProtocol }) };
  const { node, links, groups, isWireless, members, packets: service, guardedPackets } = host;
  const onEvent = (event: ProgramEvent): void => host.onEvent?.(name, event);
  const all = { ...parts, node, links, groups, isWireless, onEvent };
  if (assigned === undefined) return openProgram(name, loadModule(program), match, { ...all, service, members });
  return openForeignProgram(definition, name, match, { ...all, guardedPackets, assigned, onLost });
}
