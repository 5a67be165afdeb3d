// A ledger of somebody who does not exist, signed as every ledger is: what is slow the first time
// in a process, and in its daemon, is so before a real one comes. Nobody takes it in.

import type { Act } from '../../ledger/kinds.ts';
import { SIGNED_PREFIX } from '../../ledger/record.ts';
import { seal, write } from '../../ledger/seal.ts';
import { assert } from '../../proto/assert.ts';
import { toBase64url, utf8 } from '../../proto/bytes.ts';
import type { RecordId, Signature } from '../../proto/ids.ts';
import { hide } from '../../proto/secret.ts';
import { SEED_BYTES, keyPairOf } from '../keys/keypair.ts';
import { nowMs, randomBytes } from '../os/clock.ts';
import { nodePlatform } from '../platform.ts';

export function madeUpLines(count: number): string[] {
  const somebody = keyPairOf(hide(randomBytes(SEED_BYTES)));
  const { publicKey: author } = somebody;
  const recovery = keyPairOf(hide(randomBytes(SEED_BYTES))).publicKey;
  const lines: string[] = [];
  let [ledger, prev]: (RecordId | '')[] = ['', ''];
  const add = (act: Act): void => {
    const at = { ledger: ledger ?? '', author, seq: lines.length + 1, prev: prev ?? '' };
    const written = write({ ...at, auth: [], refs: [], ts: nowMs(), act });
    const signature = somebody.sign(utf8(SIGNED_PREFIX + written.unsigned));
    const record = seal(written, toBase64url(signature) as Signature, nodePlatform);
    assert(record.ok, 'what is made up here is well-formed');
    lines.push(record.value.line);
    prev = record.value.id;
    if (ledger === '') ledger = record.value.id;
  };
  const roots = [{ key: author, name: 'nobody' }];
  add({ kind: 'genesis', body: { network: 'nowhere', roots, recovery, defaults: {} } });
  for (let i = 1; i < count; i++) {
    add({ kind: 'config.commit', body: { key: `nothing.k${i}`, value: i } });
  }
  return lines;
}
