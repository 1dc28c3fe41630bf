/**
 * The harness of every bench: contenders measured in turns, in one run.
 *
 * A machine drifts (heat, neighbors, clock speed), so figures taken minutes apart compare the minutes. Here each round measures every
 * contender once, in an order that rotates, and ratios are taken inside a round.
 */
import { type Summary, summarize } from "./statistics.ts";

export interface Contender<Run> {
  readonly name: string;
  /** Brings it up, measures, and takes it down again, also where measuring fails. */
  measure(): Promise<readonly Run[]>;
}

export type Measured<Run> = Run & { readonly round: number; readonly contender: string };

/** `order` of a round: every contender once, the first one later each round. */
export function rotate<Item>(items: readonly Item[], round: number): Item[] {
  const at = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

/** Measures all contenders `rounds` times. `tell` hears what comes, and which share is done, before each. */
export async function interleave<Run>(
  rounds: number,
  contenders: readonly Contender<Run>[],
  tell: (what: string, share: number) => void = () => {},
): Promise<Measured<Run>[]> {
  const measured: Measured<Run>[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [at, contender] of rotate(contenders, round).entries()) {
      tell(`Round ${round + 1} of ${rounds}: ${contender.name}`, (round + at / contenders.length) / rounds);
      for (const run of await contender.measure()) measured.push({ ...run, round, contender: contender.name });
    }
  }
  return measured;
}

/** `value` of one contender over that of another in the same round; undefined where no round has both. */
export function ratio<Run>(
  measured: readonly Measured<Run>[],
  contenders: readonly [over: string, under: string],
  value: (run: Run) => number,
): Summary | undefined {
  const ratios = insideRounds(measured, contenders, value).map(([over, under]) => over / under);
  return ratios.length === 0 ? undefined : summarize(ratios);
}

/** `value` of each of two contenders, of every round that has both. */
export function insideRounds<Run>(
  measured: readonly Measured<Run>[],
  [one, another]: readonly [string, string],
  value: (run: Run) => number,
): [one: number, another: number][] {
  const others = new Map(measured.filter(({ contender }) => contender === another).map((run) => [run.round, value(run)]));
  return measured
    .filter(({ contender }) => contender === one)
    .flatMap((run) => {
      const other = others.get(run.round);
      return other === undefined ? [] : [[value(run), other] as [number, number]];
    });
}
