/** A plugin's command as one of the host's. */

import type { CommandTools, PluginCommand } from "../announcer.ts";
import { askControl } from "./ask-control.ts";
import { type Command, parseFlags, suggest } from "./command.ts";
import { openCommandNetwork } from "./command-network.ts";

const tools: CommandTools = {
  parseFlags: (args, options) => parseFlags(args, options) as never,
  suggest: (found, known) => suggest(found, known),
  ask: (request, target) => askControl(target, request),
  network: openCommandNetwork,
  readManifests: async (path, translation) => (await import("./read-manifests.ts")).readManifests(path, translation),
};

export function hostCommand(command: PluginCommand): Command {
  return { ...command, run: (args, io) => command.run(args, io, tools) };
}
