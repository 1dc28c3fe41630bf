/** A node's speaker as a command: the same whether it reads a directory or a cluster. */

import type { Log, PluginDefinition } from "../announcer.ts";
import type { Network } from "../packets/network.ts";
import type { SpeakerOptions } from "../roles/speaker.ts";
import type { CommandIo } from "./command.ts";
import { openPlugins, type PluginFlagChoice } from "./plugin-flags.ts";
import { type RunningRole, runRole } from "./role.ts";

/** Those that are always there, and those that are for who names them. */
export interface Plugins {
  readonly builtIns: readonly PluginDefinition[];
  readonly optional: readonly PluginDefinition[];
}

export interface SpeakerChoice {
  readonly node: string;
  readonly plugins: Plugins;
  /** What flags say of other plugins. */
  readonly choice: PluginFlagChoice;
  /** Announced on; none: on those that are fit. */
  readonly interfaces: readonly string[];
  /** As the flag says. */
  readonly control: string | undefined;
  readonly mayDepose: boolean;
  /** Which Herald this is, for who asks it while it runs. */
  readonly version: string;
  readonly log: Log;
  /** What is told when it runs. */
  readonly place: Readonly<Record<string, string>>;
  /** Opens where it lives; the network comes up meanwhile. */
  surround(signal: AbortSignal): Promise<Pick<SpeakerOptions, "surroundings" | "endpoints">>;
}

/** Gives the exit code. */
export function runSpeaker(name: string, io: CommandIo, wanted: SpeakerChoice): Promise<number> {
  return runRole(name, io, (onFatal, signal) =>
    withNetworkEarly(onFatal, (openNetwork) => start(wanted, { openNetwork, onFatal, signal })),
  );
}

interface Means extends Pick<SpeakerOptions, "openNetwork" | "onFatal"> {
  readonly signal: AbortSignal;
}

async function start(wanted: SpeakerChoice, { signal, ...means }: Means): Promise<RunningRole> {
  const { node, choice, interfaces, control, mayDepose, version, log, place } = wanted;
  const { builtIns, optional } = wanted.plugins;
  const { startSpeaker } = await import("../roles/speaker.ts");
  const { controlPlace } = await import("../observe/control-place.ts");
  const plugins = await openPlugins(choice, optional, { log, signal });
  const speaker = await startSpeaker({
    ...{ node, mayDepose, version, log, ...means },
    ...(await wanted.surround(signal)),
    control: controlPlace(control, node),
    plugins: builtIns.map((definition) => ({ definition, config: interfaces.length > 0 ? { interfaces } : {} })),
    more: plugins,
  });
  log.info("Speaker runs", place);
  return endingWith(speaker, plugins);
}

/**
 * Starts a role with the kernel's network, which a thread of its own opens while this one loads and reads the rest. What cannot be opened is
 * told where it is awaited; where the start fails before that, it is closed again.
 */
async function withNetworkEarly<Role>(
  onLost: (error: Error) => void,
  start: (openNetwork: () => Promise<Network>) => Promise<Role>,
): Promise<Role> {
  const { openKernelNetwork } = await import("../packets/network.ts");
  const opening = openKernelNetwork(onLost);
  opening.catch(() => {}); // not before it is awaited
  const close = ({ links, packets }: Network): Promise<void> => {
    links.close();
    return packets.stop();
  };
  let isTaken = false;
  try {
    return await start(() => {
      isTaken = true;
      return opening;
    });
  } catch (error) {
    if (!isTaken) await opening.then(close, () => {});
    throw error;
  }
}

/** A role, and what ends after it. */
function endingWith(role: RunningRole, after: { close(): Promise<void> }): RunningRole {
  return {
    watched: () => role.watched(),
    async stop(why) {
      try {
        await role.stop(why);
      } finally {
        await after.close();
      }
    },
  };
}
