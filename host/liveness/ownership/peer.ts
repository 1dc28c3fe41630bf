/** One other node, as the ownership machine sees it: is it there, is it going, is it gone. */

import { Question } from "./question.ts";
import type { OwnedRow } from "./row.ts";

/** From main, the whole set each time. */
export interface PeerSpec {
  readonly node: string;
  /** Of the BFD session with it; undefined: it cannot be watched, and counts as alive. */
  readonly discriminator: number | undefined;
  /** Where its announcements come from, lower case with colons. */
  readonly macs: readonly string[];
}

/** A session as the BFD program tells of it. */
export interface SessionView {
  readonly isUp: boolean;
  readonly isRemoteAdminDown: boolean;
  /** When the last packet came, ms; 0: never; undefined: the program does not tell. */
  readonly heardMs: number | undefined;
}

/**
 * `silent`: a packet is missing. `down`: as many as the detection time has room for, or it has never been up. `leaving`: it said so itself
 * (AdminDown).
 */
export type Health = "unwatched" | "new" | "up" | "silent" | "down" | "leaving";

/** Between packets (RFC 5880 §6.8.7: with jitter from 75 to 100 % of it). */
const INTERVAL_MS = 100;
/** A packet is missing when it comes later than this many intervals after the last. */
const LATE = 1.3;
/** A session that has never been up counts as down after this. */
const NEVER_UP_MS = 3000;
const LONGEST_INTERVAL_MS = 1000;
/** So many late packets in a row mean that the peer has asked for more patience; that is believed for so long, and then found out again. */
const HABIT = 3;
const LEARNED_FOR_MS = 60_000;
/** An answer on a busy machine takes this long. From the first missing packet to the end of the detection time there is a little more. */
const ASK_WAIT_MS = 150;
const ASK_AGAIN_MS = 70;
const ASK_EVERY_MS = 1000;

export class Peer {
  readonly node: string;
  macs: ReadonlySet<string> = new Set();
  health: Health = "new";
  /** Since when its session has been up without a break, ms; Infinity: it is not. */
  upMs = Infinity;
  /** Since when it is silent or down, ms: what is heard after that counts. */
  silentMs = Infinity;
  /** Its VIPs were asked for since it fell silent, and nobody answered from one of its MACs. */
  isUnanswered = false;
  /** Rows that are asked for to know whether it answers. */
  asked: readonly OwnedRow[] = [];
  /** Its session has been up since this node began to watch it. */
  wasUp = false;
  #answeredMs = -Infinity;
  #leavingMs = Infinity;
  #claimedMs = -Infinity;
  /** Until it is judged. */
  #isAsking = false;
  readonly #question = new Question(ASK_WAIT_MS, ASK_AGAIN_MS);
  #discriminator: number | undefined;
  /** Since when it is watched by this session, ms. */
  #sinceMs: number;
  #lookedMs: number;
  #intervalMs = INTERVAL_MS;
  #lateInARow = 0;
  #learnedMs = -Infinity;

  constructor(node: string, nowMs: number) {
    this.node = node;
    this.#sinceMs = nowMs;
    this.#lookedMs = nowMs;
  }

  configure({ discriminator, macs }: PeerSpec, nowMs: number): void {
    if (this.#discriminator !== discriminator) {
      this.wasUp = false;
      this.#sinceMs = nowMs;
    }
    this.#discriminator = discriminator;
    this.macs = new Set(macs);
  }

  get discriminator(): number | undefined {
    return this.#discriminator;
  }

  /** Takes what is known of its session; gives true where its health has changed. */
  look(session: SessionView | undefined, nowMs: number): boolean {
    const before = this.health;
    this.#lookedMs = nowMs;
    this.health = this.#judge(session, nowMs);
    this.#leavingMs = this.health === "leaving" ? Math.min(this.#leavingMs, nowMs) : Infinity;
    const isHeard = this.health === "up" || this.health === "silent";
    this.upMs = isHeard && session?.isUp === true ? Math.min(this.upMs, nowMs) : Infinity;
    if (this.health === "up" || this.health === "unwatched" || this.health === "new") {
      this.silentMs = Infinity;
      this.isUnanswered = false;
      this.#isAsking = false;
      this.#question.askedMs = -Infinity;
    }
    // It may have answered just before it died: that is asked again now, and not after a second.
    if (this.health === "down" && before !== "down" && !this.#isAsking) this.#question.askedMs = -Infinity;
    return this.health !== before;
  }

  /** It is time that its VIPs are asked for: it has fallen silent, or it is down and was last heard to answer. */
  mustAsk(nowMs: number): boolean {
    if (this.#isAsking || this.isUnanswered || (this.health !== "silent" && this.health !== "down")) return false;
    return nowMs >= this.askedMs + ASK_EVERY_MS;
  }

  /** When it was asked for last; -Infinity: not since it fell silent. */
  get askedMs(): number {
    return this.#question.askedMs;
  }

  ask(rows: readonly OwnedRow[], nowMs: number): void {
    this.asked = rows;
    this.#isAsking = true;
    this.#question.ask(rows, nowMs);
  }

  askAgain(nowMs: number): void {
    if (this.#isAsking) this.#question.press(this.asked, nowMs);
  }

  /** A frame of one of its MACs has claimed a VIP. */
  answer(atMs: number): void {
    this.#answeredMs = atMs;
    this.isUnanswered = false;
  }

  /** It has announced a VIP as its own. */
  claim(atMs: number): void {
    this.answer(atMs);
    this.#claimedMs = atMs;
  }

  /** It hands over what it has: it said so, and has taken nothing since. */
  get isLeaving(): boolean {
    return this.health === "leaving" && this.#claimedMs <= this.#leavingMs;
  }

  /** It has left, or it is down and did not answer on the wire either. */
  get isGone(): boolean {
    return this.isLeaving || (this.health === "down" && this.isUnanswered);
  }

  /** The answers have had their time. */
  isDue(nowMs: number): boolean {
    return this.#isAsking && this.#question.isOver(nowMs);
  }

  /** After `isDue`: gives true where there were none, which is news. */
  judge(): boolean {
    this.asked = [];
    this.#isAsking = false;
    this.isUnanswered = this.#answeredMs < this.askedMs;
    return this.isUnanswered;
  }

  #judge(session: SessionView | undefined, nowMs: number): Health {
    if (this.#discriminator === undefined) return "unwatched";
    if (session?.isUp === true) return this.#judgeUp(session.heardMs ?? nowMs, nowMs);
    if (session?.isRemoteAdminDown === true && session.heardMs !== 0) return "leaving";
    if (this.wasUp) {
      this.#fallSilent((session?.heardMs ?? nowMs) + this.#intervalMs, nowMs);
      return "down";
    }
    const neverUpMs = this.#sinceMs + NEVER_UP_MS;
    if (nowMs < neverUpMs - 2 * INTERVAL_MS) return "new";
    this.#fallSilent(neverUpMs - 2 * INTERVAL_MS, nowMs);
    return nowMs < neverUpMs ? "silent" : "down";
  }

  #judgeUp(heardMs: number, nowMs: number): Health {
    this.wasUp = true;
    const wasSilent = this.health === "silent";
    if (nowMs - heardMs > this.#intervalMs * LATE) {
      this.#fallSilent(heardMs + this.#intervalMs, nowMs);
      return "silent";
    }
    if (wasSilent) this.#learn(heardMs - (this.silentMs - this.#intervalMs), nowMs);
    else this.#lateInARow = 0;
    if (nowMs >= this.#learnedMs + LEARNED_FOR_MS) this.#intervalMs = INTERVAL_MS;
    return "up";
  }

  /** One late packet is nothing; several in a row say that it sends more seldom than we thought. */
  #learn(gapMs: number, nowMs: number): void {
    this.#lateInARow += 1;
    if (this.#lateInARow < HABIT) return;
    this.#lateInARow = 0;
    this.#learnedMs = nowMs;
    this.#intervalMs = Math.min(LONGEST_INTERVAL_MS, Math.max(this.#intervalMs, gapMs));
  }

  #fallSilent(sinceMs: number, nowMs: number): void {
    if (this.silentMs === Infinity) this.silentMs = Math.min(sinceMs, nowMs);
  }

  /** When to look again though nothing was told, ms. `heardMs`: as in its session. */
  nextLookMs(heardMs: number | undefined): number {
    if (this.#isAsking) return this.#question.dueMs;
    if (this.health === "up") return (heardMs ?? Infinity) + this.#intervalMs * LATE;
    const beforeNeverUpMs = this.#sinceMs + NEVER_UP_MS - 2 * INTERVAL_MS;
    if (this.health === "new") return beforeNeverUpMs;
    // Packets that come again are no news of the session.
    if (this.health === "silent") return this.wasUp ? this.#lookedMs + INTERVAL_MS : beforeNeverUpMs + 2 * INTERVAL_MS;
    if (this.health !== "down" || this.isUnanswered || this.askedMs === -Infinity) return Infinity;
    const againMs = this.askedMs + ASK_EVERY_MS;
    // Due, and not asked: nobody here is next to it.
    return againMs > this.#lookedMs ? againMs : this.#lookedMs + ASK_EVERY_MS;
  }
}

/** A node that nothing is known of counts as alive. */
export function isGone(peer: Peer | undefined): boolean {
  return peer?.isGone === true;
}

export function isAmiss(peer: Peer | undefined): boolean {
  return peer?.health === "silent" || peer?.health === "down" || peer?.health === "leaving";
}

/** Undefined: it has not been lost. */
export function lostSince(peer: Peer | undefined): number | undefined {
  return peer?.health === "down" && peer.wasUp ? peer.silentMs : undefined;
}

export function describePeer(peer: Peer | undefined): string {
  return peer?.health === "down" ? ", silent, but answers for its VIPs" : "";
}
