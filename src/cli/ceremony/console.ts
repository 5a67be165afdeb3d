// The console of a new machine: a card that is drawn again in its place on a terminal, lines where
// there is none, a document per event with --json. It lives in the process that knows the code, so
// that nobody else does.

import { fingerprint } from '../../../proto/fingerprint.ts';
import type { Key } from '../../../proto/ids.ts';
import { addressesOf } from '../../genesis/addresses.ts';
import { FAILURES_TOLD_MAX } from '../../genesis/limits.ts';
import type { WindowEvent } from '../../genesis/window.ts';
import { monotonicMs, nowMs } from '../../os/clock.ts';
import { nodePlatform } from '../../platform.ts';
import type { Printer } from '../print.ts';
import { complaintOf, pairingCode } from '../sentences.ts';
import { clockText, utcText } from '../../../proto/when.ts';
import { type CardFacts, cardLines } from './card.ts';

export interface Console {
  readonly fingerprint: string;
  tell(event: WindowEvent): void;
  /** Takes the code off the screen. */
  close(): void;
  /** How long the window would still have been open. */
  leftMs(): number;
}

export interface Machine {
  readonly name: string;
  readonly key: Key;
  readonly folder: string;
}

const DRAW_EVERY_MS = 1_000;

interface Screen {
  readonly print: Printer;
  readonly machine: Machine;
  /** On a terminal: drawn again in its place. */
  readonly isCard: boolean;
  facts: CardFacts;
  until: number;
  rows: number;
  failuresTold: number;
  /** Where wrong codes came from. */
  readonly tried: string[];
}

export function consoleOf(print: Printer, machine: Machine): Console {
  const print4 = fingerprint(machine.key, nodePlatform);
  const screen: Screen = {
    ...{ print, machine, until: 0, rows: 0, failuresTold: 0, tried: [] },
    isCard: !print.json && print.columns !== null,
    facts: {
      ...{ code: null, addresses: [], left: 0, secondsLeft: 0, failures: [], now: '', lobby: null },
      ...{ name: machine.name, fingerprint: print4 },
    },
  };
  const ticker = setInterval(() => draw(screen), DRAW_EVERY_MS);
  ticker.unref();
  return {
    fingerprint: print4,
    leftMs: () => leftMs(screen),
    tell(event) {
      onEvent(screen, event);
      if (event.what !== 'listening') draw(screen);
    },
    close() {
      clearInterval(ticker);
      change(screen, { code: null });
      draw(screen);
    },
  };
}

function change(screen: Screen, facts: Partial<CardFacts>): void {
  screen.facts = { ...screen.facts, ...facts };
}

function waiting({ facts }: Screen): string {
  return `on a machine that belongs: kith admit ${facts.addresses[0] ?? 'ADDRESS'}`;
}

function leftMs({ until }: Screen): number {
  return Math.max(0, until - monotonicMs());
}

function draw(screen: Screen): void {
  const { print, isCard, rows } = screen;
  if (!isCard) return;
  change(screen, { secondsLeft: leftMs(screen) / 1_000 });
  const { columns } = process.stdout;
  const lines = cardLines(screen.facts, print.style, columns);
  const up = rows > 0 ? `\u001b[${rows}A\r\u001b[J` : '';
  process.stdout.write(`${up}${lines.join('\n')}\n`);
  screen.rows = lines.reduce((sum, line) => sum + rowsOf(line, columns), 0);
}

function onEvent(screen: Screen, event: WindowEvent): void {
  switch (event.what) {
    case 'listening':
      return change(screen, { addresses: addressesOf(event.host, event.port) });
    case 'shown':
      return show(screen, event);
    case 'tried': {
      const { source, left } = event;
      change(screen, { left });
      screen.tried.push(source);
      const why = `a wrong code; tries left: ${left}`;
      return tellFailure(screen, source, why, { event: 'tried', left });
    }
    case 'burnt':
      change(screen, { code: null });
      return sayBurnt(screen);
    case 'expired':
      change(screen, { code: null });
      // In lines the complaint at the end says it.
      if (screen.isCard || screen.print.json) {
        say(screen, { event: 'expired' }, 'the time of the code ran out');
      }
      return undefined;
    case 'lobby':
      return onLobby(screen, event);
    case 'run':
      return onRun(screen, event);
  }
}

/** What goes on, on the card or as a line. */
function say(screen: Screen, document: Record<string, unknown>, text: string): void {
  if (screen.isCard) change(screen, { now: text });
  else screen.print.item(document, () => text);
}

/** Of tries before this process was started its console knows the number alone. */
function sayBurnt(screen: Screen): void {
  const { tried } = screen;
  const by = tried.length === 0 ? '' : `, by ${tried.join(', ')}`;
  const text = `the code is burnt: three wrong ones were sent${by}`;
  return say(screen, { event: 'burnt', sources: tried }, text);
}

function show(screen: Screen, event: Extract<WindowEvent, { what: 'shown' }>): void {
  const { code, left, forMs } = event;
  screen.until = monotonicMs() + forMs;
  change(screen, { code, left, secondsLeft: forMs / 1_000, now: waiting(screen) });
  if (screen.isCard) return;
  const { addresses, name, fingerprint: print4 } = screen.facts;
  const { key } = screen.machine;
  const seconds = Math.round(forMs / 1_000);
  const document = { event: 'window', code, address: addresses[0], addresses, attempts: left };
  screen.print.item({ ...document, seconds, name, key, fingerprint: print4 }, () => [
    `code ${code}`,
    ...addresses.map((address) => `address ${address}`),
    `open for ${clockText(seconds)}, tries left: ${left}`,
    `this machine is ${name}, fingerprint ${print4}`,
    waiting(screen),
  ]);
}

function onLobby(screen: Screen, event: Extract<WindowEvent, { what: 'lobby' }>): void {
  const { via, at } = event;
  const code = at === 'away' ? event.why : null;
  const sentence = code === null ? null : complaintOf(code);
  const lobby =
    sentence === null
      ? `waits at ${via}: kith admit ${screen.facts.name}`
      : `${via}: ${sentence.what}; ${sentence.hint}`;
  change(screen, { lobby });
  const why = code === null ? {} : { code, what: sentence?.what };
  const document = { event: 'lobby', via, state: at, ...why };
  if (!screen.isCard) screen.print.item(document, () => `lobby ${lobby}`);
}

function tellFailure(
  screen: Screen,
  source: string,
  why: string,
  document: Record<string, unknown>,
): void {
  screen.failuresTold++;
  const line = `${utcText(nowMs()).slice(11)}  ${source}  ${why}`;
  change(screen, { failures: [...screen.facts.failures, line].slice(-FAILURES_TOLD_MAX) });
  if (!screen.isCard) screen.print.item({ ...document, source }, () => line);
}

function onRun(screen: Screen, event: Extract<WindowEvent, { what: 'run' }>): void {
  const { source, news } = event;
  switch (news.what) {
    case 'met': {
      const { key, name, network } = news;
      const print4 = fingerprint(key, nodePlatform);
      const document = { event: 'met', source, network };
      const operator = { name, key, fingerprint: print4 };
      const text = `operator ${name} (${print4}) has typed the code`;
      return say(screen, { ...document, operator }, text);
    }
    case 'welcome': {
      const { network } = news.welcome;
      const text = `to join the network ${network}: the operator reads and decides`;
      return say(screen, { event: 'welcome', network }, text);
    }
    case 'promised':
      return say(screen, { event: 'promised' }, 'the operator has agreed; waiting for the record');
    case 'ended': {
      const { at, code } = news;
      if (at !== 'joined') change(screen, { now: waiting(screen) });
      // A wrong code was told with the tries that it leaves.
      const isTold = code === null || code === 'wrong-code';
      if (isTold || screen.failuresTold >= FAILURES_TOLD_MAX) return;
      const { what } = complaintOf(pairingCode(code));
      const document = { event: 'failed', code: pairingCode(code), what, at };
      return tellFailure(screen, source, what, document);
    }
  }
}

/** Rows of the screen that a line takes; colours take none. */
function rowsOf(line: string, columns: number): number {
  // oxlint-disable-next-line no-control-regex -- colours are control characters
  const width = [...line.replaceAll(/\u001b\[[0-9]+m/g, '')].length;
  return Math.max(1, Math.ceil(width / columns));
}
