/** A plugin's promise may never settle; the host goes on without it. */

/** Rejects where `call` takes longer than `limitMs`; `what` names it. */
export async function withinTime<Result>(what: string, limitMs: number, call: () => Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
  }
}
