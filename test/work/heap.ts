// What is to happen in a simulation, in the order of its moments.

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** The earliest first, and of one moment the one that came first. */
export class Heap {
  private readonly events: Event[] = [];
  private count = 0;

  add(at: number, run: () => void): void {
    const { events } = this;
    events.push({ at, order: this.count++, run });
    for (let i = events.length - 1; i > 0; ) {
      const up_ = (i - 1) >> 1;
      if (!isSooner(events[i]!, events[up_]!)) break;
      [events[i], events[up_]] = [events[up_]!, events[i]!];
      i = up_;
    }
  }

  /** Null: nothing is left until then. */
  next(untilMs: number): Event | null {
    const { events } = this;
    const first = events[0];
    if (first === undefined || first.at > untilMs) return null;
    const last = events.pop()!;
    if (events.length > 0) {
      events[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < events.length && isSooner(events[child]!, events[least]!)) least = child;
        if (least === i) break;
        [events[i], events[least]] = [events[least]!, events[i]!];
        i = least;
      }
    }
    return first;
  }
}

function isSooner(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
