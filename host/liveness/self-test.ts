/**
 * The self-test: a speaker asks for VIPs that other nodes own, as a client would, on a slow rota.
 *
 * A node may be alive for BFD and yet not answer: a switch that keeps its ARP from us, a filter, a bug. Each heir asks for the VIPs that it would
 * inherit, the one that it has not asked for longest first, so often that every VIP is asked for about once a minute, and never more than one
 * a second. An owner that is alive and does not answer three times in a row is told of, and deposed where that is wanted: then its heirs take over
 * although their sessions with it are up. Told again is only what has been well in between.
 *
 * Who answers is looked at too. A station that is no speaker is a conflict (`conflicts.ts`). Where now one speaker answers and now another,
 * though the owner is the same, those are kernels: kube-proxy in IPVS mode without strictARP has given every node every VIP.
 */

import type { Clock, Close, Log } from "../announcer.ts";
import type { Conflicts, WarnOfVip } from "./conflicts.ts";
import type { SpeakerMacs } from "./speaker-macs.ts";

/** A VIP that this node may ask for. */
export interface TestedVip {
  readonly vip: string;
  /** Of its VIP group. */
  readonly group: string;
  /** Who should answer now; another node. */
  readonly owner: string;
  /** How many nodes ask for it, this one included. */
  readonly askers: number;
}

export interface Answer {
  readonly mac: string;
  readonly link: string;
}

export interface SelfTestHost {
  /** The VIPs as they are now. */
  vips(): Iterable<TestedVip>;
  /** Asks for a VIP as a client would, and gives whoever answered last within a second or so; undefined: nobody did. */
  ask(vip: string): Promise<Answer | undefined>;
  /** A session with that node is up, and this node hears others: silence then is that node's. */
  isAlive(node: string): boolean;
  /** Lets the heirs of a group take over though its owner is alive. Absent: owners that are silent are only told of. */
  readonly depose?: (group: string, owner: string) => void;
  readonly speakers: Pick<SpeakerMacs, "nodeOf" | "knows">;
  readonly conflicts: Pick<Conflicts, "hearAnswer">;
  readonly warn: WarnOfVip;
  readonly log: Log;
  readonly metrics: { count(name: string, labels?: Readonly<Record<string, string>>): void };
  readonly clock: Pick<Clock, "now" | "after">;
  /** 0 to 1, for the order in which VIPs are asked for the first time. */
  random(): number;
}

/** How often each VIP should be asked for, by whichever node. */
const ROTA_MS = 60_000;
const LEAST_PAUSE_MS = 1000;
const MOST_PAUSE_MS = 10_000;
const AGAIN_MS = 1000;
const MOST_SILENCES = 3;
/** In a row; what is dubious still then waits for its turn. */
const MOST_AGAIN = 5;
/** Changes of who answers that no handover explains. */
const KERNEL_CHANGES = 3;

/** What is known of a VIP since its owner is its owner. */
interface Tested {
  owner: string;
  askedMs: number;
  silences: number;
  isTold: boolean;
  /** How often it was asked for out of turn. */
  again: number;
  /** The speaker that answered last, and how often that was another than the time before. */
  answerer: string | undefined;
  changes: number;
}

export class SelfTest {
  readonly #host: SelfTestHost;
  readonly #records = new Map<string, Tested>();
  #endPause: Close = () => {};
  #hasEnded = false;

  constructor(host: SelfTestHost) {
    this.#host = host;
    this.#pause(MOST_PAUSE_MS * host.random());
  }

  close(): void {
    this.#hasEnded = true;
    this.#endPause();
  }

  #pause(delayMs: number): void {
    if (!this.#hasEnded) this.#endPause = this.#host.clock.after(delayMs, () => void this.#turn());
  }

  async #turn(): Promise<void> {
    let pauseMs = MOST_PAUSE_MS;
    try {
      const { next, restMs } = this.#choose();
      pauseMs = restMs;
      if (next !== undefined && (await this.#test(next))) pauseMs = AGAIN_MS;
    } catch (error) {
      this.#host.log.debug("Cannot ask for a VIP of another node", { error: (error as Error).message });
    }
    this.#pause(pauseMs);
  }

  /** The VIP that was not asked for longest, and the pause after it. */
  #choose(): { next: TestedVip | undefined; restMs: number } {
    const seen = new Set<string>();
    let share = 0;
    let next: TestedVip | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const tested of this.#host.vips()) {
      seen.add(tested.vip);
      share += 1 / tested.askers;
      const { askedMs } = this.#recordOf(tested);
      if (askedMs >= oldestMs || !this.#host.isAlive(tested.owner)) continue;
      next = tested;
      oldestMs = askedMs;
    }
    for (const vip of this.#records.keys()) if (!seen.has(vip)) this.#records.delete(vip);
    return { next, restMs: Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, ROTA_MS / share)) };
  }

  #recordOf({ vip, owner }: TestedVip): Tested {
    const known = this.#records.get(vip);
    if (known?.owner === owner) return known;
    const askedMs = known?.askedMs ?? this.#host.clock.now() - ROTA_MS * this.#host.random();
    const record = { owner, askedMs, silences: 0, isTold: false, again: 0, answerer: undefined, changes: 0 };
    this.#records.set(vip, record);
    return record;
  }

  /** True where it is to be asked again soon. */
  async #test(tested: TestedVip): Promise<boolean> {
    const { vip, owner } = tested;
    const record = this.#recordOf(tested);
    const answer = await this.#host.ask(vip);
    record.askedMs = this.#host.clock.now();
    // What was known of it may have become another's meanwhile, and a dead owner's silence is no news.
    if (this.#hasEnded || this.#records.get(vip) !== record || !this.#host.isAlive(owner)) return false;
    this.#host.metrics.count("herald_self_tests_total");
    const isDubious = answer === undefined ? this.#hearNobody(tested, record) : this.#hear(tested, record, answer);
    record.again = isDubious && record.again < MOST_AGAIN ? record.again + 1 : 0;
    if (record.again > 0) record.askedMs = Number.NEGATIVE_INFINITY;
    return record.again > 0;
  }

  #hear({ vip, owner }: TestedVip, record: Tested, { mac, link }: Answer): boolean {
    const { speakers, conflicts, log } = this.#host;
    if (record.isTold) log.info("Owner answers again", { vip, owner });
    record.silences = 0;
    record.isTold = false;
    const node = speakers.nodeOf(mac);
    // One whose MACs are not known yet may be the owner.
    if (node === undefined && speakers.knows(owner)) conflicts.hearAnswer({ vip, link, mac, owner, isKernel: false });
    if (node === undefined) return false;
    if (record.answerer !== undefined && record.answerer !== node) record.changes += 1;
    record.answerer = node;
    const isKernel = node !== owner && record.changes >= KERNEL_CHANGES;
    if (isKernel) conflicts.hearAnswer({ vip, link, mac, owner, isKernel });
    return node !== owner && !isKernel;
  }

  #hearNobody({ vip, owner, group }: TestedVip, record: Tested): boolean {
    const { metrics, log, warn, depose } = this.#host;
    record.silences += 1;
    if (record.silences < MOST_SILENCES) return true;
    record.silences = 0;
    metrics.count("herald_self_test_failures_total", { ip: vip, owner });
    if (!record.isTold) {
      log.warn("Owner is alive and does not answer", { vip, owner, asked: MOST_SILENCES });
      warn(vip, "ownerSilent", `Node ${owner} owns ${vip} and is alive, but did not answer ${MOST_SILENCES} requests for it in a row`);
    }
    record.isTold = true;
    depose?.(group, owner);
    return false;
  }
}
