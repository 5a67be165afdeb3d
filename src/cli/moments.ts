// Moments as people type them: a span from now (30m, 24h, 7d), or a day or time in UTC.

const SPAN = /^([1-9][0-9]{0,4})(m|h|d)$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z)?$/;

/** In ms since 1970, or null where it is none of these or a day that does not exist. */
export function momentOf(text: string, nowMs: number): number | null {
  const span = SPAN.exec(text);
  if (span !== null) return nowMs + Number(span[1]) * UNIT_MS[span[2] as keyof typeof UNIT_MS];
  if (!DAY.test(text)) return null;
  const at = Date.parse(text);
  // Date.parse takes 2026-02-30 for the second of March.
  const isReal = !Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 10));
  return isReal ? at : null;
}
