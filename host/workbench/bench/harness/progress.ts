/**
 * What people see while a bench runs: on a terminal one line with a bar, elsewhere plain lines.
 *
 * The time left is at first what benches expect of a machine that they do not know. The longer it runs, the more the pace so far decides.
 */
import { visible } from "../../../observe/log.ts";
import { formatDuration } from "./words.ts";

export interface Progress {
  /** What comes now, and which share of all is done, 0 to 1; without one as before. */
  tell(what: string, share?: number): void;
  /** A line that stays. */
  say(line: string): void;
  /** The bar goes. */
  end(): void;
}

export interface ProgressOptions {
  /** `process.stderr`, or what stands for it. */
  readonly stream: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly estimateSeconds: number;
  /** Off a terminal, at most a line in so many seconds. */
  readonly everySeconds?: number;
  readonly now?: () => number;
}

/** Of the estimate: work of that size weighs as much as what was seen. */
const PRIOR = 0.1;
const BAR_LETTERS = 24;
const USUAL_COLUMNS = 80;
const REDRAW_MS = 1000;
/** To the start of the line, and without what was on it: ECMA-48 §8.3.41 "EL – Erase in Line". */
const CLEAR = "\r\x1b[K";

export function openProgress({ stream, estimateSeconds, everySeconds = 0, now = () => performance.now() }: ProgressOptions): Progress {
  const isTerminal = stream.isTTY === true;
  const startedMs = now();
  let what = "";
  let share = 0;
  let saidMs = Number.NEGATIVE_INFINITY;
  const left = (): string => {
    const seconds = leftSeconds({ estimateSeconds, share, elapsedSeconds: (now() - startedMs) / 1000 });
    return `about ${formatDuration(seconds)} left`;
  };
  const draw = (): void => void stream.write(CLEAR + barLine({ what, share, left: left() }, (stream.columns ?? USUAL_COLUMNS) - 1));
  const timer = isTerminal ? setInterval(draw, REDRAW_MS).unref() : undefined;
  return {
    tell(next, known = share) {
      what = visible(next);
      share = Math.min(Math.max(known, 0), 1);
      if (isTerminal) return draw();
      if (now() - saidMs < everySeconds * 1000) return;
      saidMs = now();
      stream.write(`${what}; ${Math.floor(share * 100)} % done, ${left()}\n`);
    },
    say(line) {
      stream.write(`${isTerminal ? CLEAR : ""}${visible(line)}\n`);
      if (isTerminal && what !== "") draw();
    },
    end() {
      clearInterval(timer);
      if (isTerminal) stream.write(CLEAR);
    },
  };
}

/** Seconds that are left of work that was expected to take `estimateSeconds` in all. */
export function leftSeconds(work: { readonly estimateSeconds: number; readonly share: number; readonly elapsedSeconds: number }): number {
  const { estimateSeconds, share, elapsedSeconds } = work;
  const prior = estimateSeconds * PRIOR;
  if (prior <= 0) return 0;
  const pace = (elapsedSeconds + prior) / (share * estimateSeconds + prior);
  return (1 - share) * estimateSeconds * pace;
}

/** `[██████      ]  42 %  about 4 min left  arp: round 3, C, batched`, cut to so many letters. */
export function barLine({ what, share, left }: { what: string; share: number; left: string }, columns: number): string {
  const full = Math.round(share * BAR_LETTERS);
  const bar = `${"█".repeat(full)}${"░".repeat(BAR_LETTERS - full)}`;
  const line = `${bar} ${`${Math.floor(share * 100)}`.padStart(3)} %  ${left}  ${what}`;
  return line.length <= columns ? line : `${line.slice(0, Math.max(columns - 1, 0))}…`;
}
