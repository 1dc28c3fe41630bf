/** The load generator (`generator.ts`) as a bench has it: a child at the near end of the wire, that is given one load after another. */

import { Child, START_LIMIT_MS } from "../harness/child.ts";
import type { GeneratorSetup, Load, LoadResult } from "./generator.ts";
import type { AnswersNetwork } from "./network.ts";

/** Resolves when it takes loads. `command` runs it, on the CPU that it is to have. */
export async function startGenerator(
  network: AnswersNetwork,
  vips: number,
  command: (setup: { readonly generator: GeneratorSetup }) => readonly string[],
): Promise<Child> {
  const setup = { generator: { family: network.family.name, link: network.generator, vips } };
  const generator = new Child("the load generator", network.at("generator", ...command(setup)));
  try {
    await generator.next(START_LIMIT_MS);
    return generator;
  } catch (error) {
    await generator.stop();
    throw error;
  }
}

/** `lateMs`: how late its result may come. */
export async function putLoad(generator: Child, load: Load, lateMs = START_LIMIT_MS): Promise<LoadResult> {
  generator.send(JSON.stringify(load));
  return JSON.parse(await generator.next(load.seconds * 1000 + (load.graceMs ?? 0) + lateMs)) as LoadResult;
}
