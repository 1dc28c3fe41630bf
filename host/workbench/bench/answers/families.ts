/** By the name that a process of a bench is given. */
import { arpFamily } from "./arp-frames.ts";
import type { Family } from "./family.ts";
import { ndpFamily } from "./ndp-frames.ts";

export const families: Readonly<Record<Family["name"], Family>> = { arp: arpFamily, ndp: ndpFamily };
