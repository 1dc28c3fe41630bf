/**
 * The client of `herald bench neighbors`, alone in its namespace: sends to VIPs without end, and looks again and again at what its kernel thinks
 * of them. UDP tells a kernel nothing of the neighbor, so that it has to ask each time that its own patience ends (RFC 4861 §7.3, NUD).
 */
import { createSocket } from "node:dgram";
import { setTimeout as wait } from "node:timers/promises";
import { openFrameTap } from "../../../packets/frame-tap.ts";
import { libc } from "../../../packets/libc.ts";
import { NEIGHBOR_FILTERS, readNeighborFrame } from "../../lab/neighbor-frames.ts";
import { linkIndex, run } from "../../private-network.ts";

export interface ClientSetup {
  readonly vips: readonly string[];
  /** UDP, where whoever has the VIP answers. */
  readonly port: number;
  readonly seconds: number;
}

export interface NeighborResult {
  readonly vip: string;
  /** Looks by the state that was found (linux/neighbour.h); `GONE`: there was no entry. */
  readonly states: Readonly<Record<string, number>>;
  /** MACs that the entry had, in order. */
  readonly macs: readonly string[];
  /** ARP requests or Neighbor Solicitations of the kernel, and the answers to itself. */
  readonly asked: number;
  readonly answered: number;
  /** Datagrams. */
  readonly sent: number;
  readonly echoed: number;
}

const SEND_MS = 100;
const LOOK_MS = 200;
const START_TIMEOUT_MS = 20_000;
/** For what is still on its way when the time is over. */
const LAST_MS = 500;

interface Entry {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state: readonly string[];
}

/** Prints the results as one line of JSON. Throws where a VIP does not answer at all. */
export async function runNeighborsClient({ vips, port, seconds }: ClientSetup): Promise<void> {
  const mac = (JSON.parse(run("ip", "-json", "link", "show", "eth0")) as { address: string }[])[0]?.address ?? "";
  const targets = vips.map((vip) => new Target(vip, port));
  await Promise.all(targets.map((target) => target.begin()));
  const byVip = new Map(targets.map((target) => [target.vip, target]));
  const count = (frame: Uint8Array): void => {
    const read = readNeighborFrame(frame, mac);
    const target = byVip.get(read?.address ?? "");
    if (target === undefined) return;
    if (read?.kind === "request") target.asked++;
    if (read?.kind === "answer") target.answered++;
  };
  const link = { name: "eth0", index: linkIndex("eth0") };
  const taps = NEIGHBOR_FILTERS.map((filter) => openFrameTap(libc(), link, count, filter));
  const sending = setInterval(() => {
    for (const target of targets) target.send();
  }, SEND_MS);
  for (const endMs = performance.now() + seconds * 1000; performance.now() < endMs; await wait(LOOK_MS)) {
    const entries = JSON.parse(run("ip", "-json", "neigh", "show", "dev", "eth0") || "[]") as Entry[];
    for (const target of targets) target.look(entries.find(({ dst }) => dst === target.vip));
  }
  clearInterval(sending);
  await wait(LAST_MS);
  for (const tap of taps) tap.close();
  for (const target of targets) target.close();
  process.stdout.write(`${JSON.stringify(targets.map(({ result }) => result))}\n`);
}

class Target {
  readonly vip: string;
  readonly #port: number;
  readonly #socket;
  readonly #states = new Map<string, number>();
  readonly #macs: string[] = [];
  asked = 0;
  answered = 0;
  #sent = 0;
  #echoed = 0;

  constructor(vip: string, port: number) {
    this.vip = vip;
    this.#port = port;
    this.#socket = createSocket(vip.includes(":") ? "udp6" : "udp4");
    this.#socket.on("message", () => this.#echoed++).on("error", () => {});
  }

  get result(): NeighborResult {
    const { vip, asked, answered } = this;
    return { vip, states: Object.fromEntries(this.#states), macs: this.#macs, asked, answered, sent: this.#sent, echoed: this.#echoed };
  }

  /** Until the first echo; nothing before counts. */
  async begin(): Promise<void> {
    const endMs = performance.now() + START_TIMEOUT_MS;
    for (this.send(); this.#echoed === 0; this.send()) {
      if (performance.now() > endMs) throw new Error(`Nobody answers at ${this.vip}`);
      await wait(LOOK_MS);
    }
    await wait(LAST_MS);
    this.#sent = 0;
    this.#echoed = 0;
  }

  send(): void {
    this.#sent++;
    this.#socket.send("name?\n", this.#port, this.vip, () => {});
  }

  look(entry: Entry | undefined): void {
    const state = entry?.state.join() ?? "GONE";
    this.#states.set(state, (this.#states.get(state) ?? 0) + 1);
    if (entry?.lladdr !== undefined && entry.lladdr !== this.#macs.at(-1)) this.#macs.push(entry.lladdr);
  }

  close(): void {
    this.#socket.close();
  }
}
