/** Where the control sockets of this machine are: `/run/herald/NODE.sock`, or `$XDG_RUNTIME_DIR/herald/NODE.sock` where `/run` is not ours. */

import { accessSync, constants } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

const EXTENSION = ".sock";
/** One name in a directory, whatever node it comes from: no separator, nothing hidden, no way up. */
const NODE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/;

/** In the order in which they are tried. */
export function controlDirectories(environment: Environment = process.env): string[] {
  const runtime = environment["XDG_RUNTIME_DIR"];
  return ["/run/herald", ...(runtime !== undefined && isAbsolute(runtime) ? [join(runtime, "herald")] : [])];
}

export interface ControlPlace {
  readonly path: string;
  /** The user named it: without it Herald does not start. */
  readonly isDemanded: boolean;
}

/** `flag`: a path, `none`, or undefined for the first directory that can be written or made. Throws where no file can have the node's name. */
export function controlPlace(flag: string | undefined, node: string, directories = controlDirectories()): ControlPlace | undefined {
  if (flag !== undefined) return flag === "none" ? undefined : { path: flag, isDemanded: true };
  if (!isNodeName(node)) {
    const name = JSON.stringify(node.slice(0, 64));
    throw new Error(
      `Cannot name a control socket after node ${name}: expected letters, digits, dots and dashes; name its path with --control`,
    );
  }
  const directory = directories.find((candidate) => canWrite(candidate) ?? canWrite(dirname(candidate)) ?? false);
  return { path: controlPathIn(directory ?? directories[0] ?? "", node), isDemanded: false };
}

export function controlPathIn(directory: string, node: string): string {
  return join(directory, `${node}${EXTENSION}`);
}

/** The node that a file in such a directory is of; undefined: it is not a control socket's name. */
export function nodeOfControlFile(name: string): string | undefined {
  const node = name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : "";
  return NODE_NAME.test(node) ? node : undefined;
}

/** Whether a file can be named after this node. */
export function isNodeName(node: string): boolean {
  return NODE_NAME.test(node);
}

/** Undefined where it does not exist. */
function canWrite(directory: string): boolean | undefined {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : false;
  }
}
