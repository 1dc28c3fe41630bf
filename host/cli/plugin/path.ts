/** The argument that all these commands have: where the plugin lies. */

import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "../command.ts";

/** A file or a folder that is there; throws UsageError. */
export function readPath(positionals: readonly string[]): string {
  const [path = ".", ...more] = positionals;
  if (more.length > 0) throw new UsageError(`Unknown argument "${more[0]}": expected one PATH`);
  if (!existsSync(path)) throw new UsageError(`There is nothing at "${path}": expected a plugin's file or folder`);
  return path;
}

/** The folder that the plugin is, or is in. */
export function folderOf(path: string): string {
  return statSync(path).isDirectory() ? resolve(path) : dirname(resolve(path));
}
