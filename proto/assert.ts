// A broken rule of our own: crash, never carry on. Whatever a peer, a file or a person can cause is
// a refusal (result.ts) instead.

export function assert(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new Error(`broken rule: ${rule}`);
}

/**
 * For the branch that no value can reach: the compiler proves it, this keeps it true at run time.
 */
export function unreachable(value: never, rule: string): never {
  throw new Error(`broken rule: ${rule}: ${String(value)}`);
}
