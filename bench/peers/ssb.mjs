// ssb-validate: one feed per key, each message signed (Ed25519 by libsodium) over its JSON text.
// The library signs and checks; it keeps no file, so there is nothing to open.

import ssbKeys from 'ssb-keys';
import ssb from 'ssb-validate';
import { mustBe, timed } from './clock.mjs';

const START_MS = 1_700_000_000_000;

export const open = 'the library keeps no file';
export const groups = 'the library has no batches';

export async function append(payloads) {
  const keys = ssbKeys.generate();
  const state = ssb.initial();
  const ms = await timed(() => write(state, keys, payloads));
  mustBe(state.validated, payloads.length, 'messages');
  return ms;
}

/** From the JSON text of each message, as it comes over a wire. */
export async function ingest(payloads) {
  const texts = feed(payloads);
  const state = ssb.initial();
  const ms = await timed(() => read(state, texts));
  mustBe(state.validated, payloads.length, 'messages');
  return ms;
}

/** Half is common; each side then wrote a quarter under its own key, and one takes the other's. */
export async function merge(payloads) {
  const half = payloads.length / 2;
  const common = feed(payloads.slice(0, half));
  const theirs = feed(payloads.slice(half, half + half / 2));
  const state = ssb.initial();
  read(state, common);
  write(state, ssbKeys.generate(), payloads.slice(half + half / 2));
  const ms = await timed(() => read(state, theirs));
  mustBe(state.validated, payloads.length, 'messages');
  return { ms, records: payloads.length / 4 };
}

function feed(payloads) {
  const state = ssb.initial();
  write(state, ssbKeys.generate(), payloads);
  return state.queue.map((kvt) => JSON.stringify(kvt.value));
}

function write(state, keys, payloads) {
  for (let i = 0; i < payloads.length; i++) {
    ssb.appendNew(state, null, keys, { type: 'node-update', ...payloads[i] }, START_MS + i);
  }
}

function read(state, texts) {
  for (const text of texts) ssb.append(state, null, JSON.parse(text));
}
