/**
 * One VIP group on one of its members: the state machine that says whether this node answers for it.
 *
 *   heir ──all ahead are gone──► owner            (nobody else can have it: at once)
 *   heir ──may have it, but somebody may be there──► asking ──no answer──► owner
 *                                                    asking ──answered by one behind──► holding ──5 s──► owner
 *                                                    asking ──answered by others──► heir, and asks again in a second
 *   owner ──hears the claim of one ahead──► heir     owner ──told to leave──► leaving ──heard another, or 2 s──► heir
 *   any ──hears nobody, or has no carrier──► isolated ──hears somebody──► heir
 *
 * Everything that it knows of the world comes in by `World`, and what it does goes out by its rows; so it is the same in a test.
 */

import type { Standing } from "../standing.ts";
import { Contest } from "./contest.ts";
import { Line } from "./line.ts";
import { describePeer, isGone } from "./peer.ts";
import { Question } from "./question.ts";
import type { OwnedRow } from "./row.ts";
import type { Heard, Membership, World } from "./world.ts";

const ASK_WAIT_MS = 200;
const ASK_AGAIN_MS = 80;
const HOLD_MS = 5000;
const HOLD_ASK_MS = 500;
const RETRY_MS = 1000;
const LEAVE_MS = 2000;
/** How long an owner that has lost a member announces often, so that two that were parted hear of each other. */
const REPEAT_FOR_MS = 60_000;
const SELDOM_MS = 10_000;
/** RFC 5227 §2.4 (c): at most once per DEFEND_INTERVAL. */
const DEFEND_MS = 10_000;

export class Group {
  succession: Membership;
  readonly rows = new Map<string, OwnedRow>();
  standing: Standing = "heir";
  sinceMs: number;
  reason = "";
  heard: Heard | undefined;
  /** When it must be looked at again though nothing happens, ms. */
  dueMs = Infinity;
  /** Removed by the announcer; goes with the end of its leave. */
  isEnding = false;
  /** Somebody else may have it, for all that this node knows: it asks before it answers. */
  #mustAsk: boolean;
  readonly #question = new Question(ASK_WAIT_MS, ASK_AGAIN_MS);
  #holdEndMs = 0;
  /** This node had it, and has heard of nobody else who has it since. */
  #isKeeper = false;
  /** Who answered when this node asked last, since it had it itself. */
  #keeperMac: string | undefined;
  readonly #contest = new Contest();
  #line: Line;

  constructor(succession: Membership, mustAsk: boolean, nowMs: number) {
    this.succession = succession;
    this.sinceMs = nowMs;
    this.#line = new Line(succession);
    this.#mustAsk = mustAsk && this.others.length > 0;
  }

  rankAs(succession: Membership): void {
    this.succession = succession;
    this.#line = new Line(succession);
  }

  /** The other members. */
  get others(): readonly string[] {
    return this.#line.others;
  }

  /** Were that node gone, this one might be next: nobody else ahead is well. */
  mayFollow(node: string, world: World): boolean {
    if (this.standing === "owner" || this.standing === "leaving") return false;
    if (!this.#line.ahead.includes(node) && this.#keeper(world) !== node) return false;
    return this.#line.isNextAfter(node, world);
  }

  /** Under `sticky`: the member that was last heard to have it. */
  #keeper(world: World): string | undefined {
    const who = this.succession.isSticky && this.#keeperMac !== undefined ? world.nodeOf(this.#keeperMac) : undefined;
    return who !== undefined && this.others.includes(who) ? who : undefined;
  }

  /** This node has lost its memory of who answers: it was stopped, or its carrier was away. */
  doubt(world: World, nowMs: number): void {
    this.#mustAsk = this.others.length > 0;
    this.#question.askedMs = -Infinity;
    if (this.standing !== "leaving") this.#stand("heir", "must ask who answers", nowMs);
    this.look(world, nowMs);
  }

  /** Looks at the world, and does what follows. */
  look(world: World, nowMs: number): void {
    this.dueMs = Infinity;
    if (this.isEnding || (world.isLeaving && this.standing !== "heir")) this.#leave(nowMs);
    else if (world.isLeaving) this.#stand("heir", "this node is leaving", nowMs);
    else if (![...this.rows.values()].some((row) => world.hasCarrier(row))) this.#loseCarrier(nowMs);
    else if (this.standing === "owner") this.#own(world, nowMs);
    else this.#await(world, nowMs);
  }

  #loseCarrier(nowMs: number): void {
    this.#mustAsk = this.others.length > 0;
    this.#stand("isolated", "no link of it is up", nowMs);
  }

  /** While a member may have it too, not heard any more or ahead and not heard to claim it, this one says again and again that it has it. */
  #own(world: World, nowMs: number): void {
    const lostMs = this.#line.memberLostMs(world);
    const isOld = nowMs >= lostMs + REPEAT_FOR_MS;
    const mayBeAnothers = lostMs !== -Infinity || this.#line.isAnyAheadLeft(world);
    for (const row of this.rows.values()) row.repeat(!isOld ? world.repeatMs : mayBeAnothers ? SELDOM_MS : undefined);
    if (lostMs !== -Infinity && !isOld) this.dueMs = lostMs + REPEAT_FOR_MS;
    this.dueMs = Math.min(this.dueMs, this.#contest.settle(world, nowMs));
  }

  #await(world: World, nowMs: number): void {
    const blocker = this.#line.ahead.find((node) => !this.#isGone(node, world, nowMs));
    const keeper = this.#keeper(world);
    if (blocker !== undefined && !this.#isKeeper) this.#stayBehind(blocker, world, nowMs);
    else if (keeper !== undefined && !this.#isGone(keeper, world, nowMs)) this.#stand("heir", `${keeper} has it and keeps it`, nowMs);
    else if (this.#isAlone(world, nowMs)) this.dueMs = nowMs + ASK_WAIT_MS;
    else if (this.standing === "holding") this.#hold(world, nowMs);
    else if (this.standing === "asking") this.#judge(world, nowMs);
    else if (this.#mustAsk && !this.#isHandedOver(world)) this.#ask(nowMs);
    else this.#take(world, nowMs);
  }

  /** As long as its session is up it is known who is to be asked for when it is not. */
  #stayBehind(node: string, world: World, nowMs: number): void {
    const peer = world.peer(node);
    if (peer?.health === "up" && !this.succession.isSticky) this.#mustAsk = false;
    this.#stand("heir", `${node} is ahead${describePeer(peer)}`, nowMs);
  }

  /** Who had it leaves, and answers until this node is heard. */
  #isHandedOver(world: World): boolean {
    const before = this.#keeper(world) ?? this.#line.ahead.at(-1);
    return before !== undefined && world.peer(before)?.isLeaving === true;
  }

  /** Since the nodes ahead were lost, nobody was heard, so it is this node that is lost. Whether a stranger answers is noted on the way. */
  #isAlone(world: World, nowMs: number): boolean {
    const lostMs = this.#line.aheadLostMs(world);
    if (lostMs === -Infinity) return false;
    const claim = world.claimOf(this.rows.values(), lostMs);
    if (claim !== undefined && world.nodeOf(claim.mac) === undefined) this.#mustAsk = true;
    if (!world.isIsolated(this.rows.values(), lostMs)) return false;
    world.askWitnesses(nowMs);
    this.#mustAsk = true;
    this.#stand("isolated", "nobody else is heard on its links", nowMs);
    return true;
  }

  #ask(nowMs: number): void {
    const { askedMs } = this.#question;
    if (nowMs < askedMs + RETRY_MS) {
      this.dueMs = askedMs + RETRY_MS;
      return;
    }
    this.#question.ask(this.rows.values(), nowMs);
    this.#stand("asking", "asks whether somebody answers", nowMs);
    this.dueMs = this.#question.press(this.rows.values(), nowMs);
  }

  #judge(world: World, nowMs: number): void {
    const claim = world.claimOf(this.rows.values(), this.#question.askedMs);
    if (claim !== undefined) {
      this.heard = claim;
      this.#weigh(claim, world, nowMs);
    } else if (this.#question.isOver(nowMs)) this.#take(world, nowMs);
    else this.dueMs = this.#question.press(this.rows.values(), nowMs);
  }

  /** Somebody answers. Who is behind will yield; of others one waits, but for the first in rank, who defends what is its own. */
  #weigh({ mac }: Heard, world: World, nowMs: number): void {
    const who = world.nodeOf(mac);
    const isFirst = this.#line.ahead.length === 0;
    this.#keeperMac = mac;
    if (who !== undefined) this.#isKeeper = false;
    if (this.succession.isSticky && who !== undefined) this.#stay(`${who} has it and keeps it`, nowMs);
    else if (who === undefined ? isFirst : !this.#line.ahead.includes(who)) {
      this.#stand("holding", `${who ?? mac} answers for it; takes it back in a moment`, nowMs);
      this.#holdEndMs = nowMs + HOLD_MS;
      this.dueMs = this.#question.askedMs + HOLD_ASK_MS;
    } else this.#stay(`${who ?? `the station ${mac}`} answers for it`, nowMs);
  }

  #hold(world: World, nowMs: number): void {
    const holder = this.heard && world.nodeOf(this.heard.mac);
    if (holder !== undefined && this.#isGone(holder, world, nowMs)) {
      this.#question.askedMs = -Infinity;
      if (world.peer(holder)?.isLeaving) this.#take(world, nowMs);
      else this.#ask(nowMs);
    } else if (nowMs >= this.#holdEndMs) this.#take(world, nowMs);
    else this.#askMeanwhile(world, nowMs);
  }

  /** Whoever answered may have stopped to: then there is nothing more to wait for. */
  #askMeanwhile(world: World, nowMs: number): void {
    const question = this.#question;
    if (question.isOver(nowMs) && world.claimOf(this.rows.values(), question.askedMs) === undefined) this.#take(world, nowMs);
    else {
      if (nowMs >= question.askedMs + HOLD_ASK_MS) question.ask(this.rows.values(), nowMs);
      this.dueMs = Math.min(this.#holdEndMs, question.askedMs + (question.isOver(nowMs) ? HOLD_ASK_MS : ASK_WAIT_MS));
    }
  }

  #stay(reason: string, nowMs: number): void {
    this.#stand("heir", reason, nowMs);
    this.dueMs = this.#question.askedMs + RETRY_MS;
  }

  #take(world: World, nowMs: number): void {
    this.#mustAsk = this.succession.isSticky && this.others.length > 0;
    this.#isKeeper = true;
    this.#keeperMac = undefined;
    this.#contest.takeWithout(this.succession.isSticky ? this.#line.amiss(world) : []);
    this.#stand("owner", this.#line.whyNext, nowMs);
  }

  /** Another station announces a VIP of the group, that this node answers for or did until then. */
  hear(claim: Heard, world: World, nowMs: number): void {
    this.heard = claim;
    if (this.standing === "leaving") this.#endLeave(nowMs);
    if (this.standing !== "owner") return;
    const who = world.nodeOf(claim.mac);
    if (this.#mustYieldTo(who, world, nowMs)) {
      this.#stand("heir", `${who ?? claim.mac} has claimed it`, nowMs);
      this.#isKeeper = false;
      if (who === undefined || this.succession.isSticky) {
        // In a moment: of two that claimed it at the same time both may have yielded.
        this.#mustAsk = true;
        this.#question.askedMs = nowMs;
      }
      this.look(world, nowMs);
    } else this.#assertAgainst(who === undefined ? DEFEND_MS : RETRY_MS, nowMs);
  }

  /** A stranger speaks from a VIP of the group (RFC 5227 §2.4 "Ongoing Address Conflict Detection and Address Defense"). */
  defend(stranger: Heard, nowMs: number): void {
    this.heard = stranger;
    if (this.standing === "owner") this.#assertAgainst(DEFEND_MS, nowMs);
  }

  #assertAgainst(atMostEveryMs: number, nowMs: number): void {
    if (this.#contest.mayAssert(atMostEveryMs, nowMs)) this.assert();
  }

  /** That member is said not to answer, whatever its session says: for a minute it counts as gone, and is not yielded to. */
  depose(node: string, nowMs: number): void {
    this.#contest.depose(node, nowMs);
    this.#mustAsk = true;
  }

  #isGone(node: string, world: World, nowMs: number): boolean {
    return this.#contest.isDeposed(node, nowMs) || isGone(world.peer(node));
  }

  /** Strangers are not yielded to, but for one that may well be the node ahead by another of its links. */
  #mustYieldTo(who: string | undefined, world: World, nowMs: number): boolean {
    if (who === undefined) return this.#line.isAnyAheadLeft(world);
    return this.#contest.isLostTo(who, this.#line.ahead.includes(who), this.succession.isSticky, nowMs);
  }

  /** The session with that member is back: if both answer, one of the two must hear it now. */
  assert(): void {
    if (this.standing === "owner") for (const row of this.rows.values()) row.announce();
  }

  #leave(nowMs: number): void {
    if (this.standing === "owner") this.#stand("leaving", this.others.length === 0 ? "nobody else may have it" : "hands it over", nowMs);
    const isOver = this.standing !== "leaving" || this.others.length === 0 || nowMs >= this.sinceMs + LEAVE_MS;
    if (isOver) this.#endLeave(nowMs);
    else this.dueMs = this.sinceMs + LEAVE_MS;
  }

  #endLeave(nowMs: number): void {
    this.#mustAsk = this.others.length > 0;
    this.#stand("heir", "has left", nowMs);
  }

  #stand(standing: Standing, reason: string, nowMs: number): void {
    if (standing !== this.standing) this.sinceMs = nowMs;
    this.standing = standing;
    this.reason = reason;
    const state = standing === "owner" ? "active" : standing === "leaving" ? "draining" : "standby";
    for (const row of this.rows.values()) row.state = state;
  }

  /** A new row of the group is as the others. */
  addRow(row: OwnedRow): void {
    this.rows.set(row.key, row);
    row.state = this.standing === "owner" ? "active" : this.standing === "leaving" ? "draining" : "standby";
  }
}
