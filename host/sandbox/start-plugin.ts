/**
 * From a definition to a running announcer: checks what is plain data, loads the packet program, cuts the context to the grants,
 * and calls `start`. What was opened on the way is closed again where a step fails.
 */

import { type Announcer, API_VERSION, type Log, type PluginDefinition } from "../announcer.ts";
import type { MetricsRegistry } from "../observe/metrics.ts";
import type { RawFrames } from "../packets/frame-socket.ts";
import type { LinkSource } from "../packets/links.ts";
import type { PacketService } from "../packets/service.ts";
import { loadModule } from "../packets/wasm.ts";
import type { AnnouncerFact } from "../rules/vocabulary.ts";
import { createContext } from "./context.ts";
import { Grants } from "./grants.ts";
import { openProgram, type ProgramPort } from "./program-port.ts";

export interface PluginHost {
  readonly node: string;
  readonly packets: PacketService;
  readonly links: LinkSource;
  readonly frames: RawFrames;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
}

export interface RunningPlugin {
  readonly name: string;
  readonly announcer: Announcer;
  readonly program: ProgramPort | undefined;
  /** What the plugin reported, by key. */
  readonly reports: ReadonlyMap<string, string>;
  /** Closes everything that the plugin opened. After `announcer.stop`. */
  close(): void;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** What `plan` reads of a definition. */
export function announcerFact({ name, from, serves }: Pick<PluginDefinition, "name" | "from" | "serves">): AnnouncerFact {
  return { name, from, serves };
}

/** A built-in is granted what it asks for. */
export async function startPlugin<Config>(definition: PluginDefinition<Config>, config: Config, host: PluginHost): Promise<RunningPlugin> {
  const { name, api } = definition;
  if (!NAME.test(name)) throw new Error(`Cannot start plugin "${name}": expected a name of lower-case letters, digits and dashes`);
  if (!(Number.isInteger(api) && api >= 1 && api <= API_VERSION)) throw new Error(`Cannot start plugin ${name}: it needs API version ${api}, this Herald has ${API_VERSION}`);
  const permissions = definition.permissions(config);
  const grants = new Grants(name, permissions);
  const reports = new Map<string, string>();
  let program: ProgramPort | undefined;
  if (definition.program !== undefined) {
    const frame = permissions.find((permission) => permission.kind === "frame");
    if (frame === undefined) throw new Error(`Cannot start plugin ${name}: it has a packet program and asks for no frame permission`);
    const match = { etherType: frame.etherType, ...(frame.ipProtocol === undefined ? {} : { ipProtocol: frame.ipProtocol }) };
    program = await openProgram(definition.program, loadModule(definition.program), match, { service: host.packets, links: host.links, grants, log: host.log });
  }
  const parts = { node: host.node, plugin: name, grants, log: host.log, metrics: host.metrics, links: host.links, frames: host.frames, program };
  const { context, close } = createContext({ ...parts, onReport: (key, state) => void reports.set(key, state) });
  const closeAll = (): void => {
    close();
    program?.close();
  };
  try {
    const announcer = await definition.start(context, config);
    return { name, announcer, program, reports, close: closeAll };
  } catch (error) {
    closeAll();
    throw new Error(`Cannot start plugin ${name}: ${(error as Error).message}`, { cause: error });
  }
}
