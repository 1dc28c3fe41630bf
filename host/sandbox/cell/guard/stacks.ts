/**
 * Stacks of errors, which a locked-down realm shows to its console only: this one is that console. Called before `lockdown`, which wraps what is there.
 */

const MAX_STACK = 8192;
const LEVELS = ["debug", "log", "info", "warn", "error", "trace", "group", "groupCollapsed", "groupEnd"];

/** Reads the stack of whatever was thrown, from when the realm is locked down on. */
export function stackReader(): (error: unknown) => string | undefined {
  let said: string[] = [];
  const say = (...words: unknown[]): void => {
    if (said.length < 20) said.push(words.filter((word) => typeof word === "string").join(" "));
  };
  globalThis.console = Object.fromEntries(LEVELS.map((level) => [level, say])) as unknown as Console;
  return (error) => {
    try {
      if (!(error instanceof Error)) return undefined;
      said = [];
      // biome-ignore lint/suspicious/noConsole: not for people; the name of the reader is what lockdown gives its words to
      globalThis.console.error(error);
      const lines = said.join("\n").split("\n");
      return lines
        .filter((line) => /^\s+at /.test(line))
        .map((line) => line.trim())
        .join("\n")
        .slice(0, MAX_STACK);
    } catch {
      return undefined;
    }
  };
}
