// A map with one entry changed, and the old one as it was: what a core answers for each heartbeat,
// many times a second. `new Map(map)` makes an array and an iterator's answer for each entry, which
// is more than half of all its garbage; `forEach` makes neither.

export function copyOf<Name, Value>(map: ReadonlyMap<Name, Value>): Map<Name, Value> {
  const copy = new Map<Name, Value>();
  map.forEach((value, name) => void copy.set(name, value));
  return copy;
}

/** An entry that is new comes last; one that was there keeps its place. */
export function withEntry<Name, Value>(
  map: ReadonlyMap<Name, Value>,
  name: Name,
  value: Value,
): Map<Name, Value> {
  return copyOf(map).set(name, value);
}
