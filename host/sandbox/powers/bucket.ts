/** How often something may be: so many times at once, and so many a second from then on. */

export interface BucketSize {
  readonly burst: number;
  readonly perSecond: number;
}

/** Whether there is still something in it; it fills again as time goes by. */
export function bucket({ burst, perSecond }: BucketSize, now: () => number): () => boolean {
  let left = burst;
  let filledAt = now();
  return () => {
    const at = now();
    left = Math.min(burst, left + ((at - filledAt) / 1000) * perSecond);
    filledAt = at;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
