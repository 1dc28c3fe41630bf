/** What a command of Herald is, and how its flags are read: one clear line for each mistake, nothing run before all flags are good. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { type CommandIo, NoAnswer, UsageError } from "../announcer.ts";
import { distance } from "../observe/near-names.ts";

export { type CommandIo, UsageError };

export interface Command {
  readonly name: string;
  /** One line of `herald --help`. */
  readonly summary: string;
  /** What `herald NAME --help` prints: usage, what it does, flags, an example. */
  readonly help: string;
  /** By the first argument: commands of their own, called `NAME PART`. */
  readonly parts?: Readonly<Record<string, Part>>;
  /** Resolves to the exit code. Throws UsageError on wrong arguments, NoAnswer where a running Herald gives none. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}

export interface Part {
  load(): Promise<Command>;
}

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>>;

/** `--help` anywhere before `--` prints the help; a UsageError becomes one line and exit code 2, NoAnswer one and 1. */
export async function runCommand(command: Command, args: readonly string[], io: CommandIo): Promise<number> {
  const [first = "", ...rest] = args;
  const part = command.parts !== undefined && Object.hasOwn(command.parts, first) ? command.parts[first] : undefined;
  if (part !== undefined) return runCommand(await part.load(), rest, io);
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  if (flags.includes("--help") || flags.includes("-h")) {
    io.stdout.write(`${command.help.trim()}\n`);
    return 0;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    if (error instanceof NoAnswer) {
      io.stderr.write(`herald ${command.name}: ${error.message}\n`);
      return 1;
    }
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`herald ${command.name}: ${error.message} (see herald ${command.name} --help)\n`);
    return 2;
  }
}

/**
 * `parseArgs` of node:util, with UsageError for an unknown flag, one without its value, and one with a value that it does not take. An
 * empty value is none: it comes from a script's unset variable.
 */
export function parseFlags<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = options[token.name];
    if (option === undefined) throw new UsageError(`Unknown flag ${token.rawName}${suggest(token.name, Object.keys(options), "--")}`);
    const isValue = Boolean(token.value) && (token.inlineValue || token.value === "-" || !token.value?.startsWith("-"));
    if (option.type === "string" && !isValue) throw new UsageError(`Flag ${token.rawName} needs a value`);
    if (option.type === "boolean" && token.value !== undefined) {
      throw new UsageError(`Flag ${token.rawName} takes no value, found ${JSON.stringify(token.value)}`);
    }
  }
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as Parsed<T>;
}

/** `: did you mean --json?` where one of `known` is at most two letters away, else the list of them. */
export function suggest(found: string, known: readonly string[], prefix = ""): string {
  const [nearest] = known.map((name) => ({ name, away: distance(found, name) })).sort((left, right) => left.away - right.away);
  if (nearest !== undefined && nearest.away <= 2) return `: did you mean ${prefix}${nearest.name}?`;
  return known.length > 0 ? `: expected one of ${known.map((name) => prefix + name).join(", ")}` : ": it has no flags";
}
