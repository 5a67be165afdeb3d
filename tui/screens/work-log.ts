// The log of one piece of work, as `kith logs -f --json` brings it: lines with when they came and
// of which stream, what is lost said where it is missing, and the newest at the bottom unless
// somebody has scrolled back.

import { fromBase64url } from '../../proto/bytes.ts';
import { utcText } from '../../proto/when.ts';
import type { Run } from '../commands.ts';
import { type Line, line, span, wrapped } from '../draw.ts';
import { type Model, lastRun } from '../model.ts';

export interface FrameFacts {
  readonly seq: number;
  readonly ts: number;
  readonly kind: string;
  readonly bytes: string;
}

/** Of the log that is read now. */
export function followed(model: Model): Run | null {
  const { log } = model.slices.work;
  const run = lastRun(model, 'follow');
  return log !== null && run?.words.includes(log.id) === true ? run : null;
}

function framesOf({ said }: Run): readonly FrameFacts[] {
  return said.filter(
    (one): one is FrameFacts =>
      typeof one === 'object' && one !== null && 'kind' in one && 'bytes' in one,
  );
}

const TONES: Readonly<Record<string, 'plain' | 'warn' | 'dim' | 'accent'>> = {
  ...{ out: 'plain', console: 'plain', err: 'warn', kith: 'accent', lost: 'warn', end: 'dim' },
};
/** Which stream, where colour does not say it. */
const MARKS: Readonly<Record<string, string>> = {
  ...{ out: ' ', console: ' ', err: '!', kith: '*', lost: '?', end: '.' },
};

export function logLines(model: Model, width: number, height: number): Line[] {
  const { log } = model.slices.work;
  const run = followed(model);
  if (log === null || run === null) return [];
  const head = line(
    span(log.name, 'title'),
    span('  ! is its error output, * what kith says, ? what is lost', 'dim'),
  );
  const foot = line(span(endText(run, log.back), 'dim'));
  const room = height - 2;
  // From the end, so that a long log costs no more than a short one.
  const lines: Line[] = [];
  const frames = framesOf(run);
  for (let at = frames.length - 1; at >= 0 && lines.length < room + log.back; at--) {
    lines.unshift(...frameLines(frames[at] as FrameFacts, width));
  }
  const end = Math.max(Math.min(room, lines.length), lines.length - log.back);
  const shown = lines.slice(Math.max(0, end - room), end);
  return [head, ...shown, ...Array.from({ length: room - shown.length }, () => line('')), foot];
}

function frameLines({ ts, kind, bytes }: FrameFacts, width: number): Line[] {
  const tone = TONES[kind] ?? 'plain';
  const mark = `${utcText(ts).slice(11)} ${MARKS[kind] ?? ' '} `;
  const text =
    kind === 'lost' ? 'here output is lost: it came faster than it was kept' : textIn(bytes);
  if (kind === 'end') return [line(span(`${mark}the end of its log`, tone))];
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .flatMap((one) => wrapped(one.replaceAll('\t', '    '), width - mark.length))
    .map((part, at) =>
      line(span(at === 0 ? mark : ' '.repeat(mark.length), 'dim'), span(part, tone)),
    );
}

/** Bytes of anything: what is no UTF-8 is shown byte by byte, and controls of a terminal never. */
function textIn(bytes: string): string {
  const raw = fromBase64url(bytes);
  if (raw === null) return '';
  let text = '';
  for (const byte of raw) text += `%${byte.toString(16).padStart(2, '0')}`;
  try {
    return decodeURIComponent(text);
  } catch {
    return String.fromCharCode(...raw);
  }
}

function endText(run: Run, back: number): string {
  if (back > 0) return `${back} lines back: End goes to the newest   Esc: the work`;
  if (run.ended === null) return 'it follows what comes   Esc: the work';
  const { complaint } = run.ended;
  if (complaint !== null) return `${complaint.what}: ${complaint.hint}   Esc: the work`;
  return 'that is all of it   Esc: the work';
}
