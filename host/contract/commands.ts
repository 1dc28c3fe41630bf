/** For built-in plugins with commands of their own: `herald NAME`, beside those of the host. */

import type { Context } from "../announcer.ts";
import type { Translation } from "./translation.ts";

/** A command's own world, so that a test can give it another. */
export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export interface PluginCommand {
  readonly name: string;
  /** One line of `herald --help`. */
  readonly summary: string;
  /** What `herald NAME --help` prints: usage, what it does, flags, an example. */
  readonly help: string;
  /** Resolves to the exit code. Throws UsageError on wrong arguments. */
  run(args: readonly string[], io: CommandIo, tools: CommandTools): Promise<number>;
}

/** Wrong arguments: the message names what was found and what was wanted. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A running Herald could not be asked, or did not answer: the message is for the user. Exit code 1. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** Which running Herald, by flags of the command: the one of a node, or at a socket's path; without both the only one of this machine. */
export interface AskTarget {
  readonly node?: string;
  readonly control?: string;
}

/** What the host's own commands are made with. */
export interface CommandTools {
  /** Throws UsageError for an unknown flag, one without its value, and one with a value that it does not take. */
  parseFlags<const Options extends FlagOptions>(
    args: readonly string[],
    options: Options,
  ): { readonly values: FlagValues<Options>; readonly positionals: readonly string[] };
  /** `: did you mean bird?` where one of `known` is near, else the list of them. */
  suggest(found: string, known: readonly string[]): string;
  /**
   * Asks a running Herald: `{ ask: "announcer", name: "bgp", what: "peers" }` for what `inspect` gives there. Rows come one by one, and are
   * not kept; what is no list is one row. Throws NoAnswer, also behind rows; nobody needs to catch it.
   */
  ask(request: { readonly ask: string; readonly name?: string; readonly what?: string }, target: AskTarget): AsyncIterable<unknown>;
  network(): CommandNetwork;
  /**
   * What a translation makes of manifests (a directory or one file), and a line for each of their problems. Rejects where there is
   * nothing at the path.
   */
  readManifests<Config>(
    path: string,
    translation: Translation<Config>,
  ): Promise<{ readonly config: Config; readonly problems: readonly string[] }>;
}

/** The network of this machine, with nothing denied, for a command that stays. */
export interface CommandNetwork extends Pick<Context, "net" | "clock" | "codec"> {
  /** Resolves at SIGINT or SIGTERM. */
  readonly stopped: Promise<void>;
  /** Ends all that is open. */
  close(): void;
}

export type FlagOptions = Readonly<Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean }>>;

export type FlagValues<Options extends FlagOptions> = { readonly [Name in keyof Options]?: FlagValue<Options[Name]> };

type FlagValue<Option extends FlagOptions[string]> = Option["multiple"] extends true ? readonly OneValue<Option>[] : OneValue<Option>;
type OneValue<Option extends FlagOptions[string]> = Option["type"] extends "string" ? string : boolean;
