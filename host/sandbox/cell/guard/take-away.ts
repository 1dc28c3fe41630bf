/**
 * What the guard keeps for itself and for what it lends, and what it takes from its own realm before any plugin's code is there. No compartment reaches
 * these; they are taken all the same, so that one hole in a fence is not the whole of them.
 */

import { closeSync, fstatSync } from "node:fs";

/** Pure, or made so by whoever lends them on. */
export interface Lent {
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly random: () => number;
  readonly setTimeout: (call: () => void, delayMs: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  readonly queueMicrotask: (call: () => void) => void;
  readonly structuredClone: (value: unknown) => unknown;
  readonly btoa: (text: string) => string;
  readonly atob: (text: string) => string;
  readonly URL: unknown;
  readonly URLSearchParams: unknown;
}

/** WebAssembly stays: the host's codecs are run here, in the guard's realm. */
const GLOBALS = words(`process require module exports global navigator crypto Crypto CryptoKey SubtleCrypto SharedArrayBuffer
  fetch Request Response Headers FormData WebSocket EventSource CloseEvent Blob File localStorage sessionStorage Storage
  Worker BroadcastChannel MessageChannel MessagePort setInterval setImmediate`);
const PROCESS =
  words(`binding _linkedBinding dlopen getBuiltinModule mainModule kill _kill abort execve chdir umask loadEnvFile openStdin report
  setuid setgid seteuid setegid setgroups initgroups _debugProcess _debugEnd _rawDebug setUncaughtExceptionCaptureCallback`);
/** 0 to 2 and the pipe are meant. */
const FIRST_STRAY_FD = 4;
const MAX_FDS = 32;

export function takeAway(): Lent {
  const {
    setTimeout: set,
    clearTimeout: clear,
    performance,
    queueMicrotask,
    structuredClone,
    btoa,
    atob,
    URL,
    URLSearchParams,
  } = globalThis;
  const { now } = Date;
  const { random } = Math;
  // These two reach into Node's store of blobs.
  for (const name of ["createObjectURL", "revokeObjectURL"]) Reflect.deleteProperty(URL, name);
  closeStrays();
  for (const name of PROCESS) Reflect.deleteProperty(process, name);
  for (const name of GLOBALS) Reflect.deleteProperty(globalThis, name);
  return {
    nowMs: () => performance.now(),
    wallMs: () => now(),
    random: () => random(),
    setTimeout: (call, delayMs) => set(call, delayMs),
    clearTimeout: (timer) => clear(timer as NodeJS.Timeout),
    queueMicrotask,
    structuredClone: (value) => structuredClone(value),
    btoa: (text) => btoa(text),
    atob: (text) => atob(text),
    URL,
    URLSearchParams,
  };
}

/** Sockets and files that the host had open and did not mark as its own. Node's own here are neither. */
function closeStrays(): void {
  for (let fd = FIRST_STRAY_FD; fd < MAX_FDS; fd++) {
    try {
      const stat = fstatSync(fd);
      if (stat.isSocket() || stat.isFile() || stat.isDirectory()) closeSync(fd);
    } catch {
      // Nothing has this number.
    }
  }
}

function words(text: string): string[] {
  return text.split(/\s+/);
}
