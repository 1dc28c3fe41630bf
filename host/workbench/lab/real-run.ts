/** What to run where the lab could only run in memory: the exact command, by what was missing. */

import { relative } from "node:path";

/** `args`: what the user gave to `herald lab`. */
export function realRunCommand(missingTools: readonly string[], args: readonly string[]): string {
  const again = ["lab", ...args].join(" ");
  if (process.platform !== "linux") return `on Linux: npm start -- ${again}`;
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? "" : "sudo ";
  if (missingTools.length > 0) return `${sudo}apt-get install -y iproute2 util-linux && npm start -- ${again}`;
  if (isRoot) return `in a container started with --privileged, or outside of one: npm start -- ${again}`;
  // Node and npm of a user (nvm, fnm) are not on root's path.
  return `sudo ${process.execPath} ${relative(process.cwd(), process.argv[1] ?? "")} ${again}`;
}
