// A broken rule of our own: crash, never carry on. Whatever a peer, a file or a person can cause is
// a refusal (result.ts) instead.

export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new Error(`broken rule: ${rule}`);
}
