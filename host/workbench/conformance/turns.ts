/** Time on a stage. */

/** After everything that frames, messages and promises that are there now set going. */
export async function turns(count = 8): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
