/**
 * Asks the network whether somebody has an address, without any privilege: it tries a TCP connection, for which the kernel of this node must
 * find the neighbor first (RFC 826, RFC 4861 §7.2), whatever the other side's firewall thinks of TCP.
 *
 *   nobody answers for the address     "no route to host", some 3 s later
 *   somebody has it                    a connection, or a refusal
 *   and lets nothing through           silence: the neighbor was found, or there would have been an error
 *   or a firewall refuses in his name  "no route to host" too, but at once
 *
 * Asked from a pod, the node does it all on the pod's behalf. It only sees the links of this node, so it is for pools in a subnet of the nodes:
 * of a routed address it hears what the router says, and a silent router looks like somebody.
 */

import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseAddress } from "../rules/addresses.ts";

/** `unknown`: this machine could not ask. */
export type ProbeAnswer = "nobody" | "somebody" | "unknown";

export interface ProbeTimes {
  /** Longer than a kernel looks for a neighbor: three times one second (RFC 4861 §10 "RETRANS_TIMER"). */
  readonly timeoutMs: number;
  /** An answer sooner than this is no neighbor that was looked for in vain. */
  readonly soonMs: number;
  /** Who answers is asked once more after this time: a node that is just letting go of the address is no stranger. */
  readonly againAfterMs: number;
}

const TIMES: ProbeTimes = { timeoutMs: 6000, soonMs: 500, againAfterMs: 10_000 };
/** "discard" (RFC 863): hardly anybody listens there, and who does takes no harm. */
const PORT = 9;
const AT_ONCE = 64;

const NO_NEIGHBOR = new Set(["EHOSTUNREACH", "EHOSTDOWN"]);
const NO_ROUTE = "ENETUNREACH";
/** Troubles of this machine. */
const OWN = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

export class AddressProbe {
  readonly #times: ProbeTimes;
  readonly #closed = new AbortController();
  #free = AT_ONCE;
  readonly #queue: (() => void)[] = [];

  constructor(times: Partial<ProbeTimes> = {}) {
    this.#times = { ...TIMES, ...times };
  }

  /** Takes some 3 s where nobody has the address, up to 22 s where somebody has. */
  async ask(address: string): Promise<ProbeAnswer> {
    const first = await this.#askOnce(address);
    if (first !== "somebody") return first;
    await delay(this.#times.againAfterMs, undefined, { signal: this.#closed.signal, ref: false }).catch(() => undefined);
    return this.#askOnce(address);
  }

  /** What is under way ends as `unknown`. */
  close(): void {
    this.#closed.abort();
  }

  async #askOnce(address: string): Promise<ProbeAnswer> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#free -= 1;
    try {
      return this.#closed.signal.aborted ? "unknown" : await this.#tryToConnect(address);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #tryToConnect(address: string): Promise<ProbeAnswer> {
    const { timeoutMs, soonMs } = this.#times;
    const startMs = performance.now();
    return new Promise((resolve) => {
      const socket = connect({ host: address, port: PORT, family: parseAddress(address)?.family === 6 ? 6 : 4 });
      const settle = (answer: ProbeAnswer) => {
        clearTimeout(timer);
        this.#closed.signal.removeEventListener("abort", stop);
        socket.destroy();
        resolve(answer);
      };
      const stop = () => settle("unknown");
      const timer = setTimeout(() => settle("somebody"), timeoutMs);
      this.#closed.signal.addEventListener("abort", stop);
      socket.once("connect", () => settle("somebody"));
      socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => settle(meaningOf(code, performance.now() - startMs < soonMs)));
    });
  }
}

function meaningOf(code: string, isSoon: boolean): ProbeAnswer {
  if (OWN.has(code)) return "unknown";
  if (code === NO_ROUTE) return "nobody";
  return NO_NEIGHBOR.has(code) && !isSoon ? "nobody" : "somebody";
}
