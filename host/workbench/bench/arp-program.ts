/**
 * What the ARP packet program costs by itself: no kernel, no socket, one thread. Requests for random VIPs lie in its receive slots, and each
 * call of `process` answers a batch. Laying the requests there is measured apart and taken off.
 */
import { PacketProgram } from "../../packets/program.ts";
import { loadModule } from "../../packets/wasm.ts";
import { packRows } from "../../sandbox/program-rows.ts";
import { FRAME_BYTES, FRAME_STRIDE, TARGET_ADDRESS, vipAddress, writeRequests } from "./arp-frames.ts";

export interface ArpProgramOptions {
  readonly vips: number;
  readonly rounds: number;
  /** Default: as many as take about 30 ms a round. */
  readonly batchesARound?: number;
}

const BATCHES_A_ROUND = 20_000;
/** V8 compiles a module twice: at once, and well. Rounds before the second are not ours to report. */
const WARM_UP_ROUNDS = 5;
const stations = {
  generator: { mac: "02:00:00:00:00:01", address: "10.63.255.254" },
  responder: { mac: "02:00:00:00:00:02" },
};

/** One figure a round. */
export function measureArpProgram({ vips, rounds, batchesARound = BATCHES_A_ROUND }: ArpProgramOptions): { nsPerFrame: number[] } {
  const program = new PacketProgram("arp", loadModule("arp"));
  const { slots } = program;
  program.setup(1, 2);
  program.setLink(0, stations.responder.mac, true);
  putRows(program, vips);
  const lay = layRequests(program, vips);
  const measure = (run: (batch: number) => void): number => {
    const startedMs = performance.now();
    for (let batch = 0; batch < batchesARound; batch++) run(batch);
    return ((performance.now() - startedMs) * 1e6) / (batchesARound * slots);
  };
  const answer = (batch: number): void => {
    lay(batch);
    const answered = program.process(0, slots, 0);
    if (answered !== slots) throw new Error(`Cannot measure the ARP program: it answered ${answered} of ${slots} requests`);
  };
  const all = Array.from({ length: WARM_UP_ROUNDS + rounds }, () => measure(answer) - measure(lay));
  return { nsPerFrame: all.slice(WARM_UP_ROUNDS) };
}

/** Draining rows answer like active ones and do not announce themselves, which would be another measurement. */
function putRows(program: PacketProgram, vips: number): void {
  for (let vip = 0; vip < vips; vip++) {
    const id = program.put(packRows([{ address: vipAddress(vip), links: null, state: "draining" }], () => 0));
    if (id < 0) throw new Error(`Cannot measure the ARP program with ${vips} VIPs: it refused one as ${program.refusalName(id)}`);
  }
}

/** Fills every slot with a request, and gives a function that changes what is asked for from batch to batch. */
function layRequests(program: PacketProgram, vips: number): (batch: number) => void {
  const { slots, slotBytes, memory, rx } = program;
  const { frames, order, count } = writeRequests(stations, vips, slots, Math.random);
  const targets = Uint16Array.from({ length: order.length * 2 }, (_, at) => {
    const from = (at >> 1) * FRAME_STRIDE + TARGET_ADDRESS + (at & 1) * 2;
    return (frames[from] as number) | ((frames[from + 1] as number) << 8);
  });
  const halves = new Uint16Array(memory.buffer);
  for (let slot = 0; slot < slots; slot++) {
    memory.set(frames.subarray(0, FRAME_BYTES), rx + slot * slotBytes);
    program.setReceivedLength(slot, FRAME_BYTES);
  }
  const step = slotBytes / 2;
  return (batch) => {
    let from = ((batch * slots) % count) * 2;
    for (let to = (rx + TARGET_ADDRESS) / 2, left = slots; left > 0; left--, to += step) {
      halves[to] = targets[from++] as number;
      halves[to + 1] = targets[from++] as number;
    }
  };
}
