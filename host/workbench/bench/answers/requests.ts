/** The requests that the load generator sends, as templates in memory. */
import type { Family, Stations } from "./family.ts";

/** Templates at least, so that a batch is whole also for few VIPs. */
const TEMPLATES = 4096;

export interface Requests {
  /** Templates a stride apart. Behind the last of `count` the first `overlap` come again, so that a batch may start anywhere. */
  readonly frames: Uint8Array;
  readonly count: number;
  /** Which VIP each template asks for. */
  readonly order: Uint32Array;
}

/** Request templates for every VIP equally often, in random order. */
export function writeRequests(family: Family, stations: Stations, vips: number, overlap: number, random: () => number): Requests {
  const count = vips * Math.ceil(TEMPLATES / vips);
  const once = Uint32Array.from({ length: count }, (_, at) => at % vips);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const moved = once[at] as number;
    once[at] = once[other] as number;
    once[other] = moved;
  }
  const order = Uint32Array.from({ length: count + overlap }, (_, at) => once[at % count] as number);
  const requests = Array.from({ length: vips }, (_, vip) => family.writeRequest(stations, vip));
  const frames = new Uint8Array(new ArrayBuffer(order.length * family.strideBytes));
  order.forEach((vip, at) => void frames.set(requests[vip] as Uint8Array, at * family.strideBytes));
  return { frames, count, order };
}
