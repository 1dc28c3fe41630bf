/**
 * The warm client of `herald bench failover`: a host that talks to the VIPs all the time and whose own kernel resolves them, in a process of
 * its own. It sends a probe each 5 ms by UDP and, when told to, opens a TCP connection each 10 ms.
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { monotonicMs } from "../answers/arp-station.ts";
import { NUMBER_BYTES, PORT } from "./listener.ts";
import { ANSWER_LIMIT_MS, Samples, type Window } from "./samples.ts";
import { serveLines } from "./serve.ts";

export interface ClientSetup {
  readonly vips: readonly string[];
}

/** `connecting`: from now on or no longer. Of a window, what became of each VIP in the order of the set-up. */
export type ClientTask = { readonly connecting: boolean } | { readonly fromMs: number; readonly toMs: number };

export interface WarmWindow extends Window {
  /** Connections; one without the name of its node after `ANSWER_LIMIT_MS` is lost. */
  readonly connections: Window;
  /** Why connections were lost, as the kernel says it, and how many. */
  readonly failures: Readonly<Record<string, number>>;
}

const PROBE_MS = 5;
const CONNECT_MS = 10;
const MOST_OPEN = 512;

export async function runWarmClient({ vips }: ClientSetup): Promise<void> {
  const probers = await Promise.all(vips.map((vip) => Prober.open(vip)));
  const connectors = vips.map((vip) => new Connector(vip));
  let isConnecting = false;
  every(PROBE_MS, () => {
    for (const prober of probers) prober.send();
  });
  every(CONNECT_MS, () => {
    if (isConnecting) for (const connector of connectors) connector.connect();
  });
  await serveLines<ClientTask>((task) => {
    if ("connecting" in task) {
      isConnecting = task.connecting;
      return null;
    }
    return vips.map(
      (_, at): WarmWindow => ({
        ...(probers[at] as Prober).samples.window(task.fromMs, task.toMs),
        ...(connectors[at] as Connector).window(task.fromMs, task.toMs),
      }),
    );
  });
}

/** On time as long as it is let run; what was missed is left out. */
function every(periodMs: number, call: () => void): void {
  let dueMs = monotonicMs();
  const turn = (): void => {
    const nowMs = monotonicMs();
    if (nowMs >= dueMs) {
      call();
      dueMs = Math.max(dueMs + periodMs, nowMs);
    }
    setTimeout(turn, Math.max(dueMs - monotonicMs(), 1));
  };
  turn();
}

class Prober {
  readonly samples = new Samples();
  readonly #socket;
  readonly #vip: string;

  private constructor(vip: string) {
    this.#vip = vip;
    this.#socket = createSocket({ type: vip.includes(":") ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
    this.#socket.on("error", () => {}); // nobody answers ARP: the probe is lost
    this.#socket.on("message", (message) => {
      if (message.length <= NUMBER_BYTES) return;
      this.samples.answer(message.readUInt32LE(), message.toString("latin1", NUMBER_BYTES), monotonicMs());
    });
  }

  /** Not connected: a kernel ends the errors of a connected socket with what comes next. */
  static async open(vip: string): Promise<Prober> {
    const prober = new Prober(vip);
    await new Promise<void>((resolve) => prober.#socket.bind(0, resolve));
    return prober;
  }

  send(): void {
    const probe = Buffer.allocUnsafe(NUMBER_BYTES);
    probe.writeUInt32LE(this.samples.send(monotonicMs()));
    this.#socket.send(probe, PORT, this.#vip, () => {});
  }
}

class Connector {
  readonly #samples = new Samples();
  readonly #failures = new Map<string, Samples>();
  readonly #vip: string;
  #open = 0;

  constructor(vip: string) {
    this.#vip = vip;
  }

  connect(): void {
    if (this.#open >= MOST_OPEN) return;
    this.#open++;
    const number = this.#samples.send(monotonicMs());
    const socket = connect({ host: this.#vip, port: PORT });
    let failure = "ended without a word";
    const timer = setTimeout(() => {
      failure = "timed out";
      socket.destroy();
    }, ANSWER_LIMIT_MS);
    socket.once("data", (data) => {
      failure = "";
      this.#samples.answer(number, data.toString("latin1"), monotonicMs());
      socket.destroy();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => (failure &&= error.code ?? error.message));
    socket.once("end", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(timer);
      this.#open--;
      if (failure !== "") this.#fail(failure);
    });
  }

  #fail(why: string): void {
    const samples = this.#failures.get(why) ?? new Samples();
    this.#failures.set(why, samples);
    samples.send(monotonicMs());
  }

  window(fromMs: number, toMs: number): Pick<WarmWindow, "connections" | "failures"> {
    const failures = Array.from(this.#failures, ([why, samples]) => [why, samples.window(fromMs, toMs + ANSWER_LIMIT_MS).sent] as const);
    return { connections: this.#samples.window(fromMs, toMs), failures: Object.fromEntries(failures.filter(([, count]) => count > 0)) };
  }
}
