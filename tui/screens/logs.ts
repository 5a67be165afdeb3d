// F6: what the daemon of this machine tells, as it happens; the newest at the bottom, unless
// somebody has scrolled back.

import { scrolledBack } from '../list.ts';
import { isKey } from '../../proto/ids.ts';
import { utcText } from '../../proto/when.ts';
import { type Line, line, padded, paragraph, span, wrapped } from '../draw.ts';
import type { EventFacts } from '../facts.ts';
import { type Model, nameOf, stay, withSlice } from '../model.ts';
import type { Screen } from '../screen.ts';
import { startDaemonBinding } from './starting-daemon.ts';

/** Cells of the time of day, and of the name of an event. */
const TIME_CELLS = 8;
const NAME_CELLS = 14;

export const LOGS: Screen = {
  name: 'logs',
  title: 'Log of the daemon',
  wants: ['members'],
  bindings: [
    {
      ...{
        key: 'w',
        label: 'worries only',
        what: 'show only what somebody should look at, or all',
      },
      act: (model) =>
        stay(withSlice(model, 'logs', { worriesOnly: !model.slices.logs.worriesOnly, back: 0 })),
    },
    startDaemonBinding('s'),
  ],
  onKey: (model, key) => {
    const back = scrolledBack(model.slices.logs.back, key, eventsOf(model).length);
    return back === null ? null : stay(withSlice(model, 'logs', { back }));
  },
  view: (model, width, height) => {
    const events = eventsOf(model);
    if (events.length === 0) return emptyLines(model, width);
    const { back } = model.slices.logs;
    const end = Math.max(Math.min(height, events.length), events.length - back);
    const head = back === 0 ? [] : [line(span(`${back} later; End goes to the newest`, 'dim'))];
    const lines = events
      .slice(Math.max(0, end - height), end)
      .flatMap((one) => eventLines(model, one, width));
    return [...head, ...lines.slice(-(height - head.length))];
  },
};

const WORRIES: ReadonlySet<string> = new Set([
  ...['alarm', 'failed', 'door-failed', 'mesh-failed', 'mesh-repaired', 'forked', 'faulty-peer'],
  ...['turned-away', 'owned'],
]);

function eventsOf({ events, slices }: Model): readonly EventFacts[] {
  if (!slices.logs.worriesOnly) return events;
  return events.filter(({ event }) => WORRIES.has(event.event));
}

function eventLines(model: Model, { atMs, event }: EventFacts, width: number): Line[] {
  const { event: name, ...fields } = event;
  const text = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([field, value]) => `${field} ${valueText(model, value)}`)
    .join(', ');
  const indent = TIME_CELLS + NAME_CELLS + 3;
  return wrapped(text, Math.max(20, width - indent)).map((part, at) =>
    line(
      span(padded(at === 0 ? utcText(atMs).slice(11) : '', TIME_CELLS), 'dim'),
      '  ',
      span(padded(at === 0 ? name : '', NAME_CELLS), WORRIES.has(name) ? 'warn' : 'accent'),
      ' ',
      part,
    ),
  );
}

/** Members by their names. */
function valueText(model: Model, value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return isKey(value) ? nameOf(model, value) : value;
}

function emptyLines({ facts: { status }, slices }: Model, width: number): Line[] {
  if (status.state === 'failed') {
    return [...paragraph(status.what, width), ...paragraph(status.hint, width)];
  }
  const what = slices.logs.worriesOnly
    ? 'Nothing to worry about so far.'
    : 'Nothing has happened yet.';
  return [line(span(what, 'dim'))];
}
