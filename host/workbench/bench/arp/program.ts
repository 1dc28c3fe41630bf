/**
 * What the ARP packet program costs by itself: no kernel, no socket, one thread. Requests for random VIPs lie in its receive slots, and each
 * call of `process` answers a batch. Laying the requests there is measured apart and taken off.
 */
import { type LoadedProgram, PacketProgram, ROW_BYTES } from "../../../packets/program.ts";
import { loadModule } from "../../../packets/wasm.ts";
import { packRows } from "../../../sandbox/program/program-rows.ts";
import { summarize } from "../harness/statistics.ts";
import { FRAME_BYTES, FRAME_STRIDE, TARGET_ADDRESS, vipAddress, writeRequests } from "./frames.ts";

export interface ArpProgramOptions {
  readonly vips: number;
  readonly rounds: number;
  /** Short stretches of which a round reports the median, so that being scheduled away spoils one of them and not the round. */
  readonly stretches?: number;
}

const STRETCHES = 25;
/** A stretch takes about 1.5 ms. */
const BATCHES_A_STRETCH = 1000;
/** V8 compiles a module twice: at once, and well. Rounds before the second are not ours to report. */
export const WARM_UP_ROUNDS = 3;
export const stations = {
  generator: { mac: "02:00:00:00:00:01", address: "10.63.255.254" },
  responder: { mac: "02:00:00:00:00:02" },
};

/** One figure a round. */
export function measureArpProgram({ vips, rounds, stretches = STRETCHES }: ArpProgramOptions): { nsPerFrame: number[] } {
  const round = prepareArpProgram(new PacketProgram("arp", loadModule("arp")), vips, stretches);
  return { nsPerFrame: Array.from({ length: WARM_UP_ROUNDS + rounds }, round).slice(WARM_UP_ROUNDS) };
}

/** Gives what measures a round, in nanoseconds a frame; the first three are a warm-up. `rest`: after each stretch. */
export function prepareArpProgram(program: LoadedProgram, vips: number, stretches = STRETCHES, rest: () => void = () => {}): () => number {
  const { slots } = program;
  program.setup(1, 2);
  program.setLink(0, stations.responder.mac, true);
  putRows(program, vips);
  const lay = layRequests(program, vips);
  const answer = (batch: number): void => {
    lay(batch);
    const answered = program.process(0, slots, 0);
    if (answered !== slots) throw new Error(`Cannot measure the ARP program: it answered ${answered} of ${slots} requests`);
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

function putRows(program: LoadedProgram, vips: number): void {
  // Draining rows answer like active ones and do not announce themselves, which would be another measurement.
  const wanted = Array.from(
    { length: vips },
    (_, vip) => ({ address: vipAddress(vip), family: 4, links: null, state: "draining" }) as const,
  );
  const rows = packRows(wanted, () => 0);
  for (let at = 0; at < rows.length; at += ROW_BYTES) {
    const id = program.put(rows.subarray(at, at + ROW_BYTES));
    if (id < 0) throw new Error(`Cannot measure the ARP program with ${vips} VIPs: it refused one as ${program.refusalName(id)}`);
  }
}

/** Fills every slot with a request, and gives a function that changes what is asked for from batch to batch. */
function layRequests(program: LoadedProgram, vips: number): (batch: number) => void {
  const { slots, slotBytes, memory, rx } = program;
  const { frames, order, count } = writeRequests(stations, vips, slots, Math.random);
  const templates = new DataView(frames.buffer);
  const targets = Uint32Array.from(order, (_, at) => templates.getUint32(at * FRAME_STRIDE + TARGET_ADDRESS));
  for (let slot = 0; slot < slots; slot++) {
    memory.set(frames.subarray(0, FRAME_BYTES), rx + slot * slotBytes);
    program.setReceivedLength(slot, FRAME_BYTES);
  }
  const view = new DataView(memory.buffer);
  const end = rx + TARGET_ADDRESS + slots * slotBytes;
  return (batch) => {
    let from = (batch * slots) % count;
    for (let to = rx + TARGET_ADDRESS; to < end; to += slotBytes) view.setUint32(to, targets[from++] as number);
  };
}
