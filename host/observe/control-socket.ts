/**
 * A Unix socket that only this user can reach, at a path that nobody else can take.
 *
 * The socket has mode 0600 and its directory, where it is made here, 0700. A directory that others may write is refused, because they could put
 * something else in the socket's place. What a killed process left is replaced; a socket that somebody listens on is not.
 */

import { lstatSync, mkdirSync, type Stats, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, resolve } from "node:path";

/** unix(7): `sun_path` has 108 bytes, the last of which is zero. What is longer would be cut. */
const MOST_PATH_BYTES = 107;
const DIRECTORY_MODE = 0o700;
/** Of the mode that a new socket would have: all but reading and writing by its owner. */
const SOCKET_UMASK = 0o177;
const WRITABLE_BY_OTHERS = 0o022;

/** Rejects with one line where it cannot be had, or with ControlInUse. Connections are half open: who asks may end its side first. */
export async function listenAt(path: string, accept: (socket: Socket) => void): Promise<Server> {
  if (Buffer.byteLength(path) > MOST_PATH_BYTES) {
    throw new Error(`Cannot listen at ${path}: a socket's path has at most ${MOST_PATH_BYTES} bytes; name another with --control`);
  }
  prepareDirectory(dirname(resolve(path)));
  await removeStale(path);
  const server = createServer({ allowHalfOpen: true }, accept);
  await new Promise<void>((done, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new ControlInUse(path) : new Error(`Cannot listen at ${path}: ${error.code}`, { cause: error }));
    });
    // Node binds a path before `listen` returns.
    const before = process.umask(SOCKET_UMASK);
    try {
      server.listen(path, done);
    } finally {
      process.umask(before);
    }
  });
  server.removeAllListeners("error");
  server.on("error", () => {}); // a connection that could not be taken, for want of descriptors
  return server;
}

/** A living process has the socket. */
export class ControlInUse extends Error {
  override readonly name = "ControlInUse";
  constructor(path: string) {
    super(`Cannot listen at ${path}: another Herald does; stop it, or give each one its own --node, or its own path with --control`);
  }
}

function prepareDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: DIRECTORY_MODE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST") throw new Error(`Cannot make the directory ${directory} for the control socket: ${code}`, { cause: error });
  }
  const found = lstatSync(directory);
  const wrong = wrongWith(found);
  if (wrong !== undefined) {
    throw new Error(`Cannot put the control socket into ${directory}: it ${wrong}, expected a directory that only its owner can write`);
  }
}

function wrongWith(found: Stats): string | undefined {
  if (found.isSymbolicLink()) return "is a symbolic link";
  if (!found.isDirectory()) return "is no directory";
  const self = process.geteuid?.();
  if (found.uid !== self && found.uid !== 0) return `belongs to user ${found.uid}`;
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) return `has the mode 0${(found.mode & 0o7777).toString(8)}`;
  return undefined;
}

/** Throws where a living process, or something that is no socket, is at that path. */
async function removeStale(path: string): Promise<void> {
  const found = lookAt(path);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new Error(`Cannot listen at ${path}: something that is no socket is there; name another path with --control`);
  if (await isListenedOn(path)) throw new ControlInUse(path);
  // Another that starts in this moment may have replaced it already; then `listen` says that it is in use.
  if (lookAt(path)?.ino === found.ino) unlinkSync(path);
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new Error(`Cannot listen at ${path}: ${code}`, { cause: error });
  }
}

/** Where the kernel does not refuse, somebody has it, also one who is too busy or whom we may not ask. */
export function isListenedOn(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => done(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
