/** The commands that answer a question, measure or show, and then end. A bundle of its own, `dist/tools.mjs`. */

import { benchSubjects, commands as pluginCommands } from "../../plugins/commands.ts";
import { builtIns, optional } from "../../plugins/index.ts";
import { benchCommandFor } from "../cli/bench.ts";
import type { Command } from "../cli/command.ts";
import { decode } from "../cli/decode.ts";
import { explainCommandFor } from "../cli/explain.ts";
import { labCommandFor } from "../cli/lab.ts";
import { migrateCommandFor } from "../cli/migrate.ts";
import { planCommandFor } from "../cli/plan.ts";
import { plugin } from "../cli/plugin.ts";
import { hostCommand } from "../cli/plugin-command.ts";

export { runCommand } from "../cli/command.ts";

export const commands = (version: string): readonly Command[] => [
  labCommandFor(builtIns),
  planCommandFor({ builtIns, optional }),
  explainCommandFor({ builtIns, optional }),
  migrateCommandFor(builtIns),
  plugin,
  ...pluginCommands.map(hostCommand),
  decode,
  benchCommandFor(benchSubjects, version),
];
