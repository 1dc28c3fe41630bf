/** The line of succession as one member stands in it: who is ahead, who else is a member, and which of them are there. */

import { isAmiss, isGone, lostSince } from "./peer.ts";
import type { Membership, World } from "./world.ts";

export class Line {
  /** In rank. */
  readonly ahead: readonly string[];
  /** All but this node, in rank. */
  readonly others: readonly string[];

  constructor({ members, at }: Membership) {
    this.ahead = members.slice(0, at);
    this.others = members.filter((_, index) => index !== at);
  }

  /** In words. */
  get whyNext(): string {
    if (this.ahead.length === 0) return "first in rank";
    return `${this.ahead.join(" and ")} ${this.ahead.length > 1 ? "are" : "is"} gone`;
  }

  /** No node ahead but this one is well. */
  isNextAfter(node: string, world: World): boolean {
    return this.ahead.every((one) => one === node || isAmiss(world.peer(one)));
  }

  isAnyAheadLeft(world: World): boolean {
    return this.ahead.some((node) => !isGone(world.peer(node)));
  }

  /** When the last of the nodes ahead that are down fell silent, ms; -Infinity: none is down. */
  aheadLostMs(world: World): number {
    const lost = this.ahead.flatMap((node) => world.peer(node) ?? []).filter(({ health }) => health === "down");
    return Math.max(...lost.map(({ silentMs }) => silentMs), -Infinity);
  }

  /** When the last member that was up once and is down was lost, ms; -Infinity: none was. */
  memberLostMs(world: World): number {
    return Math.max(...this.others.map((node) => lostSince(world.peer(node)) ?? -Infinity), -Infinity);
  }

  amiss(world: World): string[] {
    return this.others.filter((node) => isAmiss(world.peer(node)));
  }
}
