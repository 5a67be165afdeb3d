// One simulated network in a process of its own: says how far it is, and what was found.

import { type Row, measured } from './networks.ts';

export type Message =
  | { readonly kind: 'at'; readonly second: number }
  | { readonly kind: 'found'; readonly row: Row };

// A run that was stopped leaves no part of it behind.
process.once('disconnect', () => process.exit(1));

const [members, seed] = process.argv.slice(2).map(Number);
if (members === undefined || seed === undefined) throw new Error('wants a size and a seed');
const row = measured(members, seed, (second) => send({ kind: 'at', second }));
send({ kind: 'found', row }, () => process.exit(0));

function send(message: Message, sent?: () => void): void {
  process.send?.(message, undefined, {}, sent);
}
