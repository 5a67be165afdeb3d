// The card of a machine that joins: what its command has told, folded into one value, and its
// picture. The code stands here alone, and only as long as it is of use to somebody.

import { letters, lettersWidth } from '../../proto/letters.ts';
import { clockText, utcText } from '../../proto/when.ts';
import { type Line, cut, line, padded, span, wrapped } from '../draw.ts';
import type { Glyphs } from '../glyphs.ts';
import { FAILURES_MAX } from '../limits.ts';

export interface Card {
  /** Null once it is of no use to anybody. */
  readonly code: string | null;
  readonly addresses: readonly string[];
  readonly lobby: string | null;
  readonly left: number;
  /** When the code ends; null where there is none. */
  readonly untilMs: number | null;
  readonly name: string;
  readonly fingerprint: string;
  readonly now: string;
  readonly failures: readonly string[];
  /** In: this machine and its network. */
  readonly joined: { readonly name: string; readonly network: string; readonly by: string } | null;
}

export const NO_CARD: Card = {
  ...{ code: null, addresses: [], lobby: null, left: 0, untilMs: null, name: '', fingerprint: '' },
  ...{ now: 'this machine gets ready', failures: [], joined: null },
};

type Told = Readonly<Record<string, unknown>>;
type Fold = (card: Card, told: Told, nowMs: number) => Partial<Card>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const part = (value: unknown): Told =>
  typeof value === 'object' && value !== null ? (value as Told) : {};

const GONE: Partial<Card> = { code: null, untilMs: null };

const FOLDS: Readonly<Record<string, Fold>> = {
  window: (_, told, nowMs) => ({
    code: text(told['code']),
    addresses: Array.isArray(told['addresses']) ? told['addresses'].map(text) : [],
    left: count(told['attempts']),
    untilMs: nowMs + count(told['seconds']) * 1_000,
    name: text(told['name']),
    fingerprint: text(told['fingerprint']),
    now: '',
  }),
  lobby: ({ name }, { via, state, what }) => ({
    lobby:
      state === 'away'
        ? `${text(via)} is tried again: ${text(what)}`
        : `waits at ${text(via)} as ${name}`,
  }),
  tried: ({ failures, left }, told, nowMs) =>
    'address' in told
      ? { failures: failed(failures, nowMs, text(told['address']), text(told['what'])) }
      : {
          left: count(told['left'] ?? left),
          failures: failed(failures, nowMs, text(told['source']), 'a wrong code'),
        },
  failed: ({ failures }, { source, what }, nowMs) => ({
    now: '',
    failures: failed(failures, nowMs, text(source), text(what)),
  }),
  met: (_, { operator }) => {
    const { name, fingerprint } = part(operator);
    return { now: `operator ${text(name)} (${text(fingerprint)}) has typed the code` };
  },
  welcome: (_, { network }) => ({
    now: `to join the network ${text(network)}: the operator reads and decides`,
  }),
  promised: () => ({ ...GONE, now: 'the operator has agreed; waiting for the record' }),
  burnt: () => ({ ...GONE, now: 'the code is burnt: three wrong ones were sent' }),
  expired: () => ({ ...GONE, now: 'the time of the code ran out' }),
  joined: (_, { network, node, operator }) => ({
    ...GONE,
    now: '',
    joined: { name: text(part(node)['name']), network: text(network), by: text(operator) },
  }),
};

function failed(
  before: readonly string[],
  nowMs: number,
  source: string,
  why: string,
): readonly string[] {
  return [...before, `${utcText(nowMs).slice(11)}  ${source}  ${why}`].slice(-FAILURES_MAX);
}

export function cardAfter(card: Card, document: unknown, nowMs: number): Card {
  const told = part(document);
  const fold = FOLDS[text(told['event'])];
  return fold === undefined ? card : { ...card, ...fold(card, told, nowMs) };
}

/** Without what somebody could still type. */
export function closed(card: Card): Card {
  return { ...card, ...GONE };
}

const INDENT = 2;
const LABEL_CELLS = 14;

export function cardLines(card: Card, nowMs: number, glyphs: Glyphs, size: CardRoom): Line[] {
  const { width, height } = size;
  const { code, addresses, lobby, left, untilMs, name, fingerprint, failures } = card;
  const inner = width - 2 * INDENT;
  const rows: Line[] = [
    ...(code === null ? [] : [row('address', addresses.join('  '), inner)]),
    ...(lobby === null || code === null ? [] : [row('lobby', lobby, inner)]),
    ...(untilMs === null ? [] : [timeRow(left, untilMs - nowMs)]),
    ...(name === '' ? [] : [row('this machine', name, inner)]),
    ...(fingerprint === ''
      ? []
      : [row('fingerprint', `${fingerprint}   (the operator is shown the same)`, inner)]),
  ];
  const now = wrapped(card.now === '' ? waiting(card) : card.now, inner);
  const above: Line[] = [
    ...(code === null ? [] : codeLines(code, inner, glyphs)),
    line(''),
    ...rows,
    line(''),
    ...now.map((one) => line('  ', span(one, 'bold'))),
  ];
  const room = Math.max(0, height - above.length - 2);
  const shown = room === 0 ? [] : failures.slice(-room);
  return [
    ...above,
    ...(shown.length === 0 ? [] : [line(''), line('  ', span('tried and failed:', 'warn'))]),
    ...shown.map((one) => line('    ', span(cut(one, inner - 2), 'warn'))),
  ];
}

export interface CardRoom {
  readonly width: number;
  readonly height: number;
}

function waiting({ addresses, code, lobby, name }: Card): string {
  if (code === null) return '';
  const where = addresses[0] ?? (lobby === null ? 'ADDRESS' : name);
  return `on a machine that belongs: F11, or kith admit ${where}`;
}

function row(label: string, value: string, width: number): Line {
  return line('  ', span(padded(label, LABEL_CELLS), 'dim'), cut(value, width - LABEL_CELLS));
}

function timeRow(left: number, leftMs: number): Line {
  const tone = left === 1 || leftMs < 60_000 ? 'warn' : 'plain';
  const said = `${clockText(leftMs / 1_000)}   tries left: ${left}`;
  return line('  ', span(padded('time left', LABEL_CELLS), 'dim'), span(said, tone));
}

function codeLines(code: string, width: number, glyphs: Glyphs): Line[] {
  const said = line('  ', span('code  ', 'dim'), span(code, 'bold'));
  if (lettersWidth(code) > width) return [line(''), said];
  const block = glyphs.bar.at(-1) as string;
  return [
    line(''),
    ...letters(code, block).map((one) => line('  ', span(one, 'bold'))),
    line(''),
    said,
  ];
}
