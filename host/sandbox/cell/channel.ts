/**
 * How the host and one sandboxed plugin speak: calls that are answered, and words that are not, both ways.
 *
 * Only plain data crosses: strings, finite numbers, booleans, null, arrays, objects with such values, and Uint8Array; an undefined
 * property is left out, and `__proto__`, `constructor` and `prototype` are no names. Everything arrives in the order in which it was
 * sent. What comes from a plugin's end is its word only: whoever serves a method checks what it is given.
 */

export type Plain = string | number | boolean | null | undefined | Uint8Array | readonly Plain[] | { readonly [name: string]: Plain };

/** What one end lets the other call, by name. An answer that is a promise is awaited. */
export type Methods = Readonly<Record<string, (...args: readonly Plain[]) => unknown>>;

export interface Channel {
  /**
   * Calls the other end. Rejects with an error of the same `name` and `message` (and `permission`, of a NotCapable) where that threw, and
   * with the reason where the channel has ended. `timeoutMs`: rejects then; default: never.
   */
  call(method: string, args: readonly Plain[], timeoutMs?: number): Promise<Plain>;
  /** Without an answer: lost where the channel has ended, and where the other end does not know the method. */
  tell(method: string, args: readonly Plain[]): void;
  /** Once, before anything is called. */
  serve(methods: Methods): void;
  /** Makes the stack of an error of the other end readable: its own frames, in its author's files. Absent: it is readable. */
  readStack?(stack: string): string;
  /** Once, also where it has ended already. */
  onEnd(call: (reason: Error) => void): void;
}
