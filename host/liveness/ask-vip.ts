/** Asks for a VIP as a client would, by a row on standby of the packet program that announces it, and hears who answers. */

import type { Clock } from "../announcer.ts";
import type { HeardClaim } from "../packets/hearing.ts";
import type { Answer } from "./self-test.ts";

/** The packet worker's side, by the name of a program and the VIP. */
export interface AskPort {
  /** Sends one probe on each link of the row; false where there is no such row, or it is not on standby. */
  ask(program: string, vip: string): Promise<boolean>;
  /** The station that was last heard to use the address. */
  claim(program: string, vip: string): Promise<HeardClaim | undefined>;
}

export interface AskHost {
  readonly port: AskPort;
  /** The packet program whose row the VIP is. */
  programOf(vip: string): string;
  linkName(id: number): string;
  readonly clock: Pick<Clock, "after">;
}

/** Several may answer: the last of those that are quick counts, or else the first that is slow. */
const WAITS_MS = [250, 750];

/** Undefined: nobody answered within a second. Rejects where there is no row to ask by. */
export async function askVip({ port, programOf, linkName, clock }: AskHost, vip: string): Promise<Answer | undefined> {
  const program = programOf(vip);
  const before = await port.claim(program, vip);
  if (!(await port.ask(program, vip))) throw new Error(`Cannot ask for ${vip}: ${program} has no row of it on standby`);
  for (const waitMs of WAITS_MS) {
    await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
    const claim = await port.claim(program, vip);
    if (claim !== undefined && claim.atMs > (before?.atMs ?? 0)) return { mac: claim.mac, link: linkName(claim.link) };
  }
  return undefined;
}
