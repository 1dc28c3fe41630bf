/** How often something may be: some times at once, and then once each so long. */

export interface Rate {
  readonly burst: number;
  readonly eachMs: number;
}

/** Takes one, or says that none is left; it fills again as time goes by. `nowMs` only goes forward. */
export function bucket({ burst, eachMs }: Rate, startMs: number): (nowMs: number) => boolean {
  let left = burst;
  let filledMs = startMs;
  return (nowMs) => {
    left = Math.min(burst, left + (nowMs - filledMs) / eachMs);
    filledMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
