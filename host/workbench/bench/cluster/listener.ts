/** The station on the switch of `herald bench cluster` that hears what is announced. A process of its own. */
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { ArpStation, monotonicMs, type StationSetup } from "../answers/arp-station.ts";
import { FIRST_NEW_VIP, MOST_NEW } from "./objects.ts";

/** The first announcement of the VIP of a new Service. */
export interface Heard {
  readonly vip: number;
  readonly atMs: number;
}

const WAIT_MS = 10;

/** Prints a `Heard` a line, and as an answer to any line how many frames of announcements it has heard. Ends with its input. */
export async function runListener(setup: StationSetup): Promise<void> {
  const station = new ArpStation(setup, FIRST_NEW_VIP + MOST_NEW);
  const known = new Set<number>();
  let announcements = 0;
  let isOpen = true;
  const say = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);
  createInterface({ input: process.stdin })
    .on("line", () => say(announcements))
    .on("close", () => (isOpen = false));
  process.stdout.write("ready\n");
  while (isOpen) {
    station.receive(WAIT_MS, (slot, length) => {
      if (!station.isAnnouncement(slot, length)) return;
      announcements++;
      const vip = station.vip(slot);
      if (vip < FIRST_NEW_VIP || known.has(vip)) return;
      known.add(vip);
      say({ vip, atMs: monotonicMs() } satisfies Heard);
    });
    await turn();
  }
}
