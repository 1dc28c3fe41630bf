/** How long ago a time of the API server is, in milliseconds by the clock of this machine, never less than 0. Undefined where it is no time. */
export function agoMs(time: unknown): number | undefined {
  const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Date.now() - at);
}
