/**
 * What a packet program costs by itself: no kernel, no socket, one thread. Requests for random VIPs lie in its receive slots, and each call
 * of `process` answers a batch. Laying the requests there is measured apart and taken off.
 */
import { type LoadedProgram, PacketProgram, ROW_BYTES } from "../../../packets/program.ts";
import { loadModule } from "../../../packets/wasm.ts";
import { packRows } from "../../../sandbox/program/program-rows.ts";
import { summarize } from "../harness/statistics.ts";
import type { Family } from "./family.ts";
import { writeRequests } from "./requests.ts";

export interface Preparation {
  readonly vips: number;
  /** Short stretches of which a round reports the median, so that being scheduled away spoils one of them and not the round. */
  readonly stretches?: number;
  /** Called after each stretch. */
  readonly rest?: () => void;
}

const STRETCHES = 25;
/** A stretch takes about 1.5 ms. */
const BATCHES_A_STRETCH = 1000;
/** V8 compiles a module twice: at once, and well. Rounds before the second are not ours to report. */
export const WARM_UP_ROUNDS = 3;

/** One figure a round. */
export function measureProgram(family: Family, { vips, rounds }: { vips: number; rounds: number }): number[] {
  const round = prepareProgram(family, new PacketProgram(family.name, loadModule(family.name)), { vips });
  return Array.from({ length: WARM_UP_ROUNDS + rounds }, round).slice(WARM_UP_ROUNDS);
}

/** Gives what measures a round, in nanoseconds a frame; the first three are a warm-up. */
export function prepareProgram(
  family: Family,
  program: LoadedProgram,
  { vips, stretches = STRETCHES, rest = () => {} }: Preparation,
): () => number {
  const { slots } = program;
  program.setup(1, 2);
  program.setLink(0, family.stations.responder.mac, true);
  putRows(family, program, vips);
  const lay = layRequests(family, program, vips);
  const answer = (batch: number): void => {
    lay(batch);
    const answered = program.process(0, slots, 0);
    if (answered !== slots) throw new Error(`Cannot measure program ${family.name}: it answered ${answered} of ${slots} requests`);
  };
  const measure = (run: (batch: number) => void): number => {
    const startedMs = performance.now();
    for (let batch = 0; batch < BATCHES_A_STRETCH; batch++) run(batch);
    const tookMs = performance.now() - startedMs;
    rest();
    return (tookMs * 1e6) / (BATCHES_A_STRETCH * slots);
  };
  return () => summarize(Array.from({ length: stretches }, () => measure(answer) - measure(lay))).median;
}

function putRows(family: Family, program: LoadedProgram, vips: number): void {
  // Draining rows answer like active ones and do not announce themselves, which would be another measurement.
  const wanted = Array.from({ length: vips }, (_, vip) => ({ address: family.address(vip), links: null, state: "draining" }) as const);
  const rows = packRows(wanted, () => 0);
  for (let at = 0; at < rows.length; at += ROW_BYTES) {
    const id = program.put(rows.subarray(at, at + ROW_BYTES));
    if (id < 0) throw new Error(`Cannot measure program ${family.name} with ${vips} VIPs: it refused one as ${program.refusalName(id)}`);
  }
}

/** Fills every slot with a request, and gives a function that changes what is asked for from batch to batch. */
function layRequests(family: Family, program: LoadedProgram, vips: number): (batch: number) => void {
  const { slots, slotBytes, memory, rx } = program;
  const { stations, strideBytes, requestBytes, variesAt } = family;
  const { frames, order, count } = writeRequests(family, stations, vips, slots, Math.random);
  const templates = new DataView(frames.buffer);
  const words = variesAt.map((at) => ({ at, values: Uint16Array.from(order, (_, of) => templates.getUint16(of * strideBytes + at)) }));
  for (let slot = 0; slot < slots; slot++) {
    memory.set(frames.subarray(0, requestBytes), rx + slot * slotBytes);
    program.setReceivedLength(slot, requestBytes);
  }
  const view = new DataView(memory.buffer);
  return (batch) => {
    const first = (batch * slots) % count;
    for (const { at, values } of words)
      for (let slot = 0; slot < slots; slot++) view.setUint16(rx + slot * slotBytes + at, values[first + slot] as number);
  };
}
