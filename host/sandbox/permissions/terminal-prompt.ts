/**
 * Asks whoever sits at the terminal, one permission at a time.
 *
 * What is shown comes from a plugin that is not trusted, which may want the reader to see something else: everything but plain characters
 * is escaped, and what is too long to be read is refused unseen. What was typed before a question is thrown away, so that nobody answers
 * what they have not read.
 */

import type { Permission } from "../../announcer.ts";
import { visible } from "../../observe/log.ts";
import { flagWord } from "./grant-hint.ts";
import type { Answer, Prompt, Question } from "./operator.ts";
import type { Kind } from "./parse-scope.ts";
import { quotedScope } from "./scope-text.ts";

/** What is needed of `process.stdin`. */
export interface TerminalInput {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  on(event: "data" | "end", call: (bytes: Uint8Array | string) => void): unknown;
  off(event: "data" | "end", call: (bytes: Uint8Array | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface TerminalOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface PromptOptions {
  readonly input?: TerminalInput;
  readonly output?: TerminalOutput;
  /** Ends a question: rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called at Ctrl-C where the terminal does not make a signal of it. */
  readonly interrupt?: () => void;
}

/** So long nothing may come before a question is asked. */
const QUIET_MS = 100;
const LONGEST_FLUSH_MS = 3000;
const LONGEST_TEXT = 1500;
const MOST_TRIES = 5;
const CTRL_C = "\u0003";
const ANSWERS: Readonly<Record<string, Answer>> = { y: "once", a: "always", n: "no", N: "never" };

const MEANING: { readonly [K in Kind]: string } = {
  frame: "send and receive such Ethernet frames",
  net: "open TCP connections there",
  listen: "take TCP connections there",
  udp: "send and receive UDP there",
  liveness: "watch neighbors there by BFD",
  fetch: "make HTTP requests there",
  service: "read this annotation of Services",
  secret: "use the password of this Secret, without seeing it",
  sys: "know this of the machine",
};

/** Undefined where nobody can be asked: stdin or stderr is no terminal. */
export function openPrompt(options: PromptOptions = {}): Prompt | undefined {
  const { input = process.stdin, output = process.stderr } = options;
  if (!(input.isTTY && output.isTTY)) return undefined;
  const asking = new Asking({ interrupt: () => void process.kill(process.pid, "SIGINT"), ...options, input, output });
  return { ask: (question) => asking.ask(question), tell: (line) => void output.write(`${visible(line)}\n`) };
}

type Parts = Required<Omit<PromptOptions, "signal">> & Pick<PromptOptions, "signal">;

class Asking {
  readonly #options: Parts;

  constructor(options: Parts) {
    this.#options = options;
  }

  async ask({ applicant, permissions, grantsFile }: Question): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const [at, permission] of permissions.entries()) {
      const head = `\nPlugin ${plain(visible(applicant.name))} asks for permission ${at + 1} of ${permissions.length}:\n`;
      const from = `  from ${plain(visible(applicant.specifier))}, ${applicant.pin.slice(0, 15)}…\n`;
      const text = head + from + describe(permission);
      if (text.length <= LONGEST_TEXT) answers.push(await this.#answer(text, grantsFile));
      else {
        this.#options.output.write(`${head}  refused: it is too long to be shown\n`);
        answers.push("no");
      }
    }
    return answers;
  }

  async #answer(text: string, grantsFile: string | undefined): Promise<Answer> {
    const { output } = this.#options;
    if (!(await this.#flush())) {
      output.write("\nRefused: input does not end, so nobody can be asked\n");
      return "no";
    }
    output.write(text);
    const lasting = grantsFile === undefined ? "" : `, [a] always or [N] never, as written to ${plain(visible(grantsFile))}`;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      output.write(`Grant it? [y] once, [n] no${lasting} > `);
      const line = await this.#line();
      if (line === undefined) break;
      const answer = ANSWERS[line.trim()];
      if (answer !== undefined && (grantsFile !== undefined || answer === "once" || answer === "no")) return answer;
    }
    output.write("Refused\n");
    return "no";
  }

  /** Throws away what was typed before; false: it does not end. */
  async #flush(): Promise<boolean> {
    const { input, interrupt } = this.#options;
    const startMs = performance.now();
    // As a line that is not finished yet, it would be handed out with the answer.
    input.setRawMode?.(true);
    try {
      while (performance.now() - startMs < LONGEST_FLUSH_MS) {
        const text = await this.#read(QUIET_MS);
        if (text === "") return true;
        if (text?.includes(CTRL_C)) interrupt();
        if (text === undefined) return true;
      }
      return false;
    } finally {
      input.setRawMode?.(false);
    }
  }

  /** A whole line; undefined: there will be none. */
  async #line(): Promise<string | undefined> {
    let line = "";
    while (!/[\r\n]/.test(line)) {
      const more = await this.#read();
      if (more === undefined || line.length > LONGEST_TEXT) return undefined;
      line += more;
    }
    return line;
  }

  /** What comes next; "" where nothing does in time, undefined at the end of input. */
  #read(timeoutMs?: number): Promise<string | undefined> {
    const { input, signal } = this.#options;
    return new Promise((resolve, reject) => {
      const settle = (call: () => void): void => {
        clearTimeout(timer);
        input.off("data", onData);
        input.off("end", onEnd);
        signal?.removeEventListener("abort", onAbort);
        input.pause();
        call();
      };
      const onData = (bytes: Uint8Array | string): void => settle(() => resolve(String(bytes)));
      const onEnd = (): void => settle(() => resolve(undefined));
      const onAbort = (): void => settle(() => reject(signal?.reason as Error));
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle(() => resolve("")), timeoutMs);
      if (signal?.aborted) return onAbort();
      input.on("data", onData);
      input.on("end", onEnd);
      signal?.addEventListener("abort", onAbort);
      input.resume();
    });
  }
}

function describe(permission: Permission): string {
  const flag = flagWord("allow", permission);
  const hint = flag === undefined ? "" : `  granted without asking by ${plain(flag)}\n`;
  return `  ${permission.kind} ${plain(quotedScope(permission))}: ${MEANING[permission.kind]}\n${hint}`;
}

/** In characters that look like nothing else: scopes need no others, but for a link's name. */
function plain(text: string): string {
  return text.replace(/[^ -~]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
