/**
 * Starts Node with a program that it reads from its standard input, behind every fence that a process can have without help: a user of its own, no groups, no
 * capabilities and none to be had, resource limits, the lowest priority, first to go when memory is short, gone with its parent, Node's permission model with
 * nothing granted, an empty environment, pipes alone, and no network where that can be had.
 *
 * Each fence is a program of util-linux or coreutils that runs the next. Where one is missing, its fence is missing too, and that is said once.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import type { Duplex, Readable, Writable } from "node:stream";
import type { Log } from "../../announcer.ts";
import type { UserPowers } from "./isolation.ts";

export interface Launch {
  /** Default: the Node that runs this. */
  readonly nodePath: string;
  /** Of that Node. */
  readonly nodeMajor: number;
  /** The process's own, as uid and gid; undefined: ours. */
  readonly uid: number | undefined;
  /** A network namespace of its own, with nothing in it. Default: it has the host's network. */
  readonly ownNetwork?: boolean;
  readonly powers: UserPowers;
  readonly heapMb: number;
  /** RLIMIT_DATA; undefined: none. */
  readonly dataBytes: number | undefined;
  readonly log: Log;
}

export interface Launched {
  readonly child: ChildProcess;
  readonly pipe: Duplex;
  readonly stderr: Readable;
}

const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
/** Threads count as processes of their user; Node has about a dozen, and another Herald may use the same uid. */
const MAX_PROCESSES = 256;
const MAX_FDS = 32;
/** Since this version V8 knows `import source`, and the flag that takes it away. */
const SOURCE_PHASE_SINCE = 24;
const warned = new Set<string>();

/** Starts `program`, a module's text. Throws where there is no process; what the process cannot run it says on its standard error. */
export function launch(program: string, options: Launch): Launched {
  const [file = "", ...args] = [...fences(options), ...nodeCommand(options)];
  const hasSetpriv = toolPath("setpriv") !== undefined;
  const child = spawn(file, args, {
    ...{ cwd: "/", env: {}, stdio: ["pipe", "pipe", "pipe", "pipe"], windowsHide: true },
    ...(options.uid === undefined || hasSetpriv ? {} : { uid: options.uid, gid: options.uid }),
  });
  child.on("error", () => undefined); // there is no pid then
  if (child.pid === undefined) throw new Error(`Cannot start ${file}`);
  const [stdin, stdout, stderr, pipe] = child.stdio as unknown as [Writable, Readable, Readable, Duplex];
  // A process that ends early leaves its pipes behind, which is told by its end.
  for (const stream of [stdin, stdout, stderr, pipe]) stream.on("error", () => undefined);
  stdout.resume();
  stdin.end(program);
  return { child, pipe, stderr };
}

function fences({ uid, ownNetwork = false, powers, dataBytes, log }: Launch): string[] {
  const rlimits = [
    ...["--core=0", "--fsize=0", `--nofile=${MAX_FDS}`, `--memlock=0`],
    ...(uid === undefined ? [] : [`--nproc=${MAX_PROCESSES}`]),
    ...(dataBytes === undefined ? [] : [`--data=${dataBytes}`]),
  ];
  const user = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const bound = powers.canBound ? ["--bounding-set=-all"] : [];
  return [
    ...(ownNetwork ? wrapped("unshare", ["--net", "--"], log) : []),
    ...wrapped("choom", ["-n", "1000", "--"], log),
    ...wrapped("nice", ["-n", "19"], log),
    ...wrapped("prlimit", [...rlimits, "--"], log),
    ...wrapped(
      "setpriv",
      [...user, ...bound, "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--pdeathsig", "KILL", "--"],
      log,
    ),
  ];
}

function wrapped(tool: string, args: readonly string[], log: Log): string[] {
  const path = toolPath(tool);
  if (path !== undefined) return [path, ...args];
  if (process.platform === "linux" && !warned.has(tool)) log.warn("A fence of plugins is missing", { tool, remedy: "install util-linux" });
  warned.add(tool);
  return [];
}

/** `-` for a program on standard input: without it, Node takes the folder that it is in for the program, and grants it to be read. */
function nodeCommand({ nodePath, nodeMajor, heapMb }: Launch): string[] {
  return [
    nodePath,
    nodeMajor >= 22 ? "--permission" : "--experimental-permission",
    "--no-warnings",
    `--max-old-space-size=${heapMb}`,
    "--max-semi-space-size=2",
    ...(nodeMajor >= SOURCE_PHASE_SINCE ? ["--no-js-source-phase-imports"] : []),
    ...["--input-type=module", "-"],
  ];
}

export function toolPath(tool: string): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${tool}`).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
