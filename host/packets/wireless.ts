/** Which links are wireless, or stand on one, as a VLAN does: Linux says so in sysfs alone. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const SYSFS = "/sys/class/net";
const LOWER = "lower_";
/** A link may stand on one that stands on another. */
const MOST_LEVELS = 4;

/** `sysfs`: the folder of the links. False where there is no such link. */
export function isWireless(name: string, sysfs = SYSFS, levels = MOST_LEVELS): boolean {
  const folder = join(sysfs, name);
  if (existsSync(join(folder, "wireless")) || existsSync(join(folder, "phy80211"))) return true;
  return levels > 0 && lowerLinks(folder).some((lower) => isWireless(lower, sysfs, levels - 1));
}

function lowerLinks(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((entry) => (entry.startsWith(LOWER) ? [entry.slice(LOWER.length)] : []));
  } catch {
    return [];
  }
}
