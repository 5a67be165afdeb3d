// Moments as people read them: UTC, to the second. What a record claims is shown and never judged;
// a claim that cannot be right is marked, so that nobody takes a wrong clock for history.

/** Before kith existed, no clock was right that says so: 2024-01-01. */
const EARLIEST_MS = 1_704_067_200_000;
/** Clocks differ by seconds; an hour ahead of this machine is another matter. */
const AHEAD_MS = 3_600_000;
/** Past it a Date has no text (ECMAScript, "Time Values"). */
const LATEST_MS = 8_640_000_000_000_000;

/** `2026-03-01 12:30:05`: UTC. */
export function utcText(ms: number): string {
  if (ms > LATEST_MS) return 'after the year 275760';
  return new Date(ms).toISOString().slice(0, -5).replace('T', ' ');
}

/** True where a record's own time cannot be right. */
export function isFarOff(ms: number, nowMs: number): boolean {
  return ms < EARLIEST_MS || ms > nowMs + AHEAD_MS;
}

/** A record's own time, with a mark where it cannot be right. */
export function claimedText(ms: number, nowMs: number): string {
  return `${utcText(ms)}${isFarOff(ms, nowMs) ? ' (?)' : ''}`;
}

/** `3 minutes`: how long, in the largest unit that fits twice or is the smallest. */
export function spanText(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const;
  const [name, size] = units.find(([, unit]) => ms >= unit * 2) ?? ['second', 1_000];
  return counted(Math.max(0, Math.floor(ms / size)), name);
}

/** `9:05`: what is left of minutes. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `1 record`, `2,000 records`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  // Not toLocaleString: the first call loads all the languages there are, which takes 12 ms.
  const grouped = String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${grouped} ${count === 1 ? noun : plural}`;
}

/** A round trip: `0.6 ms`, `48 ms`. */
export function rttText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
