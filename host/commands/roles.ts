/** The commands that stay: what a node and the controller run. A bundle of its own, `dist/roles.mjs`, with nothing that they do not need. */

import { builtIns, optional } from "../../plugins/index.ts";
import type { Command } from "../cli/command.ts";
import { controllerCommandFor } from "../cli/controller.ts";
import { runCommandFor } from "../cli/run.ts";
import { speakerCommandFor } from "../cli/speaker.ts";

export { runCommand } from "../cli/command.ts";

/** `version`: which Herald this is, for who asks it while it runs. */
export const commands = (version: string): readonly Command[] => [
  runCommandFor({ builtIns, optional }, version),
  speakerCommandFor({ builtIns, optional }, version),
  controllerCommandFor(version),
];
