/**
 * The C library calls that Node does not offer, through koffi: the only file that knows the FFI.
 *
 * Pointers travel as plain numbers (user-space addresses are below 2^47, so a number holds them exactly). Every function
 * returns what the C function returns, and `errno()` must be asked straight after a failed one. koffi functions cannot be
 * handed to another thread, so each thread that needs them calls `libc()`.
 */

import { createRequire } from "node:module";

export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: number, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  getsockname(fd: number, address: number, length: number): number;
  recv(fd: number, buffer: number, length: number, flags: number): number;
  send(fd: number, buffer: number, length: number, flags: number): number;
  read(fd: number, buffer: number, length: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  poll(fds: number, count: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  close(fd: number): number;
  errno(): number;
  /** Address of a view's first byte. The view must stay referenced, and its memory must not grow, while C may use it. */
  address(view: Uint8Array | Uint16Array): number;
  /** Calls back in this thread's event loop while `fd` is readable or has an error. The callback must not throw. */
  watch(fd: number, call: () => void): { close(): void };
}

export const Errno = { EINTR: 4, EAGAIN: 11, EPERM: 1, EACCES: 13, ENODEV: 19, ENXIO: 6, ENETDOWN: 100, ENOBUFS: 105 } as const;

const names: Record<number, string> = Object.fromEntries(Object.entries(Errno).map(([name, number]) => [number, name]));

export function errnoName(number: number): string {
  return names[number] ?? `errno ${number}`;
}

let loaded: Libc | undefined;

/** Throws one clear line where this is no Linux or koffi has no binary for this machine. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  if (process.platform !== "linux") throw new Error(`Cannot open packet sockets on ${process.platform}: Herald announces on Linux only`);
  let koffi: typeof import("koffi");
  try {
    koffi = createRequire(import.meta.url)("koffi");
  } catch (cause) {
    throw new Error(`Cannot load the FFI package koffi on ${process.platform}-${process.arch}: run npm ci on this machine`, { cause });
  }
  const library = koffi.load(null);
  const func = (declaration: string) => library.func(declaration) as (...values: number[]) => number;
  return {
    socket: func("int socket(int, int, int)"),
    bind: func("int bind(int, uintptr_t, uint32_t)"),
    setsockopt: func("int setsockopt(int, int, int, uintptr_t, uint32_t)"),
    getsockopt: func("int getsockopt(int, int, int, uintptr_t, uintptr_t)"),
    getsockname: func("int getsockname(int, uintptr_t, uintptr_t)"),
    recv: func("intptr_t recv(int, uintptr_t, size_t, int)"),
    send: func("intptr_t send(int, uintptr_t, size_t, int)"),
    read: func("intptr_t read(int, uintptr_t, size_t)"),
    recvmmsg: func("int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)"),
    sendmmsg: func("int sendmmsg(int, uintptr_t, uint32_t, int)"),
    poll: func("int poll(uintptr_t, unsigned long, int)"),
    eventfd: func("int eventfd(uint32_t, int)"),
    close: func("int close(int)"),
    errno: () => koffi.errno(),
    address: (view) => Number(koffi.address(view)),
    watch: (fd, call) => koffi.node.poll(fd, { readable: true }, call),
  };
}
