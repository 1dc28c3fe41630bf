/**
 * The C library calls that Node does not offer, through koffi: the only file that knows the FFI.
 *
 * Every function returns what the C function returns, and `errno()` must be asked straight after a failed one. Calls that the hot
 * path makes take addresses as plain numbers (user-space addresses are below 2^47, so a number holds them exactly); whoever asked
 * for the address keeps the memory alive. All others take the view itself, which lives as long as the call. koffi functions
 * cannot be handed to another thread, so each thread that needs them calls `libc()`.
 */

import { createRequire } from "node:module";
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";

/** Memory that the kernel writes, too; gone once it is unmapped. */
export interface Mapped {
  readonly address: number;
  readonly memory: ArrayBuffer;
}

export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  send(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  sendto(fd: number, buffer: Uint8Array, length: number, flags: number, address: Uint8Array, addressLength: number): number;
  read(fd: number, buffer: Uint8Array, length: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  /** The first bytes of what `fd` shares with the kernel, to be read and written; undefined where it shares nothing. */
  map(fd: number, length: number): Mapped | undefined;
  /** Nobody may touch the memory from then on. */
  unmap(address: number, length: number): void;
  poll(fds: number, count: number, timeoutMs: number): number;
  close(fd: number): number;
  /**
   * The epoll descriptor that this thread's event loop sleeps on: readable while that has something to do, timers apart. Undefined where this
   * Node does not say; its functions for addons are asked by the names that the ABI gives them, so one of another shape is not found.
   */
  loopFd(): number | undefined;
  /** Gives the allocator's free pages back to the system; nothing where the C library (musl) cannot. */
  trim(): void;
  errno(): number;
  /** Address of a view's first byte. The view must stay referenced, and its memory must not grow, while C may use it. */
  address(view: Uint8Array | Uint16Array): number;
  /**
   * Calls back in this thread's event loop while `fd` is readable or in an error state; the call must read, so that the state
   * ends. What it throws ends the thread like any uncaught error. To be closed before the fd.
   */
  watch(fd: number, call: () => void): { close(): void };
}

/** sys/mman.h. */
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = -1;

export const { errno: Errno } = constants;

export function errnoName(number: number): string {
  return getSystemErrorName(-number);
}

let loaded: Libc | undefined;

/** Throws one clear line where this is no Linux or koffi has no binary for this machine. */
export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

/**
 * Loads the FFI that a thread running `entry` will use, and keeps it: Node unloads it with the last thread that has it, while koffi still has
 * callbacks of it to end, and the process would die of that. Throws as `libc`.
 */
export function holdLibrary(entry: URL): void {
  loadKoffi(entry);
}

type Koffi = typeof import("koffi");

function loadKoffi(from: string | URL): Koffi {
  if (process.platform !== "linux")
    throw new Error(
      `Cannot open packet sockets on ${process.platform}: Herald announces on Linux only, also in a container or a virtual machine`,
    );
  try {
    return createRequire(from)("koffi");
  } catch (cause) {
    throw new Error(`Cannot load the FFI package koffi on ${process.platform}-${process.arch}: run npm ci on this machine`, { cause });
  }
}

function load(): Libc {
  const koffi = loadKoffi(import.meta.url);
  const library = koffi.load(null);
  const func: Declare = (declaration) => library.func(declaration) as (...values: unknown[]) => number;
  return {
    socket: func("int socket(int, int, int)"),
    bind: func("int bind(int, void *, uint32_t)"),
    setsockopt: func("int setsockopt(int, int, int, void *, uint32_t)"),
    getsockopt: func("int getsockopt(int, int, int, void *, void *)"),
    getsockname: func("int getsockname(int, void *, void *)"),
    recv: func("intptr_t recv(int, void *, size_t, int)"),
    send: func("intptr_t send(int, void *, size_t, int)"),
    sendto: func("intptr_t sendto(int, void *, size_t, int, void *, uint32_t)"),
    read: func("intptr_t read(int, void *, size_t)"),
    recvmmsg: func("int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)"),
    sendmmsg: func("int sendmmsg(int, uintptr_t, uint32_t, int)"),
    ...mapping(koffi, func),
    poll: func("int poll(uintptr_t, unsigned long, int)"),
    close: func("int close(int)"),
    loopFd: () => findLoopFd(func),
    trim: trimOf(func),
    errno: () => koffi.errno(),
    address: (view) => Number(koffi.address(view)),
    watch: (fd, call) => watch(koffi, fd, call),
  };
}

type Declare = (declaration: string) => (...values: unknown[]) => number;

/** v8-isolate.h `Isolate::GetCurrent`, node.h `GetCurrentEventLoop`, uv.h `uv_backend_fd`. */
function findLoopFd(func: Declare): number | undefined {
  try {
    const isolate = func("uintptr_t _ZN2v87Isolate10GetCurrentEv()")();
    const loop = func("uintptr_t _ZN4node19GetCurrentEventLoopEPN2v87IsolateE(uintptr_t)")(isolate);
    const fd = loop === 0 ? -1 : func("int uv_backend_fd(uintptr_t)")(loop);
    return fd < 0 ? undefined : fd;
  } catch {
    return undefined;
  }
}

function mapping(koffi: Koffi, func: Declare): Pick<Libc, "map" | "unmap"> {
  const mmap = func("intptr_t mmap(uintptr_t, size_t, int, int, int, intptr_t)");
  const munmap = func("int munmap(uintptr_t, size_t)");
  return {
    map(fd, length) {
      const signed = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (signed === MAP_FAILED) return undefined;
      const address = signed < 0 ? signed + 2 ** 32 : signed; // the upper half of what 32 bits reach
      return { address, memory: koffi.view(BigInt(address), length) };
    },
    unmap: (address, length) => void munmap(address, length),
  };
}

function trimOf(func: Declare): () => void {
  try {
    const trim = func("int malloc_trim(size_t)");
    return () => void trim(0);
  } catch {
    return () => {};
  }
}

function watch(koffi: Koffi, fd: number, call: () => void): { close(): void } {
  let isOpen = true;
  // koffi's type says that the events come first; in truth libuv's status does.
  const onPoll = (status: unknown): void => {
    try {
      call();
    } catch (error) {
      // koffi would hold it back until some later call into it, if ever.
      setImmediate(() => {
        throw error;
      });
    }
    // An error of the fd (link down, queue overrun) has stopped libuv from polling, though `call` has just taken it.
    if ((status as number) < 0 && isOpen) handle.start({ readable: true }, onPoll);
  };
  const handle = koffi.node.poll(fd, { readable: true }, onPoll);
  return {
    close() {
      if (isOpen) handle.close();
      isOpen = false;
    },
  };
}
