/** What to run where the lab could only run in memory: the exact command, by what was missing. */

import { basename, relative } from "node:path";

/** `args`: what the user gave to `herald lab`. */
export function realRunCommand(missingTools: readonly string[], args: readonly string[]): string {
  const lab = ["lab", ...args].map(quote).join(" ");
  const again = `${herald()} ${lab}`;
  if (process.platform !== "linux") return `on Linux: ${again}`;
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? "" : "sudo ";
  if (missingTools.length > 0) return `${sudo}apt-get install -y iproute2 util-linux && ${again}`;
  if (isRoot) return `in a container started with --privileged, or outside of one: ${again}`;
  // Node and npm of a user (nvm, fnm) are not on root's path.
  return `sudo ${process.execPath} ${program()} ${lab}`;
}

/** As this process was started: from a checkout, or as a command on the path. */
function herald(): string {
  if (process.env["npm_lifecycle_event"] === "start") return "npm start --";
  return basename(program()) === "herald" ? "herald" : `node ${program()}`;
}

function program(): string {
  return relative(process.cwd(), process.argv[1] ?? "");
}

function quote(arg: string): string {
  return /^[\w./:=@%+,-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
