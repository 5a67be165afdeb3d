// Virtual time: events in a heap, ordered by their time and then by when they were planned, so that
// one seed gives one run.

export interface Clock<Event> {
  readonly nowMs: number;
  plan(afterMs: number, event: Event): void;
  /** The next event; time jumps to it. */
  next(): Event | undefined;
}

interface Planned<Event> {
  readonly atMs: number;
  readonly order: number;
  readonly event: Event;
}

export function virtualClock<Event>(): Clock<Event> {
  const heap: Planned<Event>[] = [];
  let nowMs = 0;
  let order = 0;
  const isBefore = (a: number, b: number): boolean => {
    const [x, y] = [heap[a] as Planned<Event>, heap[b] as Planned<Event>];
    return x.atMs < y.atMs || (x.atMs === y.atMs && x.order < y.order);
  };
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b] as Planned<Event>, heap[a] as Planned<Event>];
  };
  function sink(from: number): void {
    for (let at = from; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && isBefore(left, least)) least = left;
      if (right < heap.length && isBefore(right, least)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }
  return {
    get nowMs() {
      return nowMs;
    },
    plan(afterMs, event) {
      heap.push({ atMs: nowMs + afterMs, order: order++, event });
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!isBefore(at, parent)) return;
        swap(at, parent);
        at = parent;
      }
    },
    next() {
      const [first] = heap;
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) {
        heap[0] = last;
        sink(0);
      }
      nowMs = first.atMs;
      return first.event;
    },
  };
}
