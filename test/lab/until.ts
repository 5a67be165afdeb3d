// Waiting for what has to become true. The limit is for a machine that hangs and is generous: no
// test may fail because it was slow.

const LIMIT_MS = 90_000;
const LOOK_MS = 100;

/** What `look` answers once it is neither null nor false; it may throw until then. */
export async function until<Value>(
  what: string,
  look: () => Promise<Value | null | false> | Value | null | false,
  limitMs: number = LIMIT_MS,
): Promise<Value> {
  const end = Date.now() + limitMs;
  let last: unknown = null;
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end)
      throw new Error(`not within ${limitMs} ms: ${what} (last: ${String(last)})`);
    await new Promise((wait) => void setTimeout(wait, LOOK_MS));
  }
}
