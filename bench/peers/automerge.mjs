// automerge: a document whose changes are hashed and linked but not signed. It lives in memory; the
// application stores what `save` returns, so a file here is one write. Each payload is one opaque
// string: as objects of collaborative text, the library's default, all tasks are slower.

import * as Automerge from '@automerge/automerge';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustBe, timed } from './clock.mjs';

export const groups = 'a change may hold many updates: it would be one record, not a hundred';

export async function append(payloads) {
  let doc = empty();
  const ms = await timed(() => {
    doc = write(doc, payloads);
  });
  mustBe(doc.records.length, payloads.length, 'records');
  return ms;
}

/** All changes at once, which is faster by far than one call each. */
export async function ingest(payloads) {
  const changes = Automerge.getAllChanges(write(empty(), payloads));
  let doc = Automerge.init();
  const ms = await timed(() => {
    [doc] = Automerge.applyChanges(doc, changes);
  });
  mustBe(doc.records.length, payloads.length, 'records');
  return ms;
}

export async function open(payloads, dir) {
  const file = join(dir, 'document');
  writeFileSync(file, Automerge.save(write(empty(), payloads)));
  let doc;
  const ms = await timed(() => {
    doc = Automerge.load(readFileSync(file));
  });
  mustBe(doc.records.length, payloads.length, 'records');
  return ms;
}

/** Half is common; each side then wrote a quarter. */
export async function merge(payloads) {
  const half = payloads.length / 2;
  const common = write(empty(), payloads.slice(0, half));
  const theirs = write(Automerge.clone(common), payloads.slice(half, half + half / 2));
  let ours = write(Automerge.clone(common), payloads.slice(half + half / 2));
  const ms = await timed(() => {
    ours = Automerge.merge(ours, theirs);
  });
  mustBe(ours.records.length, payloads.length, 'records');
  return { ms, records: payloads.length / 4 };
}

function empty() {
  return Automerge.from({ records: [] });
}

function write(doc, payloads) {
  for (const payload of payloads) {
    doc = Automerge.change(doc, (draft) => {
      draft.records.push(new Automerge.ImmutableString(JSON.stringify(payload)));
    });
  }
  return doc;
}
