/** What the kernel knows of other stations, for those who can do with less: a kernel that does not answer ends nothing. */

import type { Log } from "../announcer.ts";
import type { Stations } from "../packets/neighbors.ts";

const NOTHING: Stations = { neighbors: [], gateways: [] };

/** Reads anew at each call; where that throws, gives what was known last, at first nothing. Logged once, until it works again. */
export function knownStations(read: () => Stations, log: Log): () => Stations {
  let known = NOTHING;
  let isFailing = false;
  return () => {
    try {
      known = read();
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn("Kernel does not tell of other stations: what it said last counts", { error: (error as Error).message });
      isFailing = true;
    }
    return known;
  };
}
