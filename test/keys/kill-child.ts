// The child of kill.test.ts: signs on and on with the key of a folder, from the head of a ledger,
// and says each line the moment that it has left the signer. Arguments: the folder, the ledger, and
// a number that makes its drafts its own.

import fs from 'node:fs';
import { decodeHeld } from '../../ledger/record.ts';
import { keyHost } from '../../src/home/host.ts';
import { openJournal } from '../../src/keys/journal.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { signerOf } from '../../src/keys/signer.ts';
import { draftAfter, seedOf } from './drafts.ts';

const [folder = '', ledger = '', number = '0'] = process.argv.slice(2);
const host = keyHost();
const pair = keyPairOf(seedOf('alice'));
const journal = openJournal(host, folder, pair.publicKey);
if (!journal.ok) throw new Error(journal.code);
const signer = signerOf(host, pair, journal.value);

const head = fs.readFileSync(ledger, 'utf8').trimEnd().split('\n').at(-1) ?? '';
let last = head === '' ? null : decodeHeld(head, host.platform);
for (let i = 0; ; i++) {
  const signed = signer.signNext(draftAfter(pair.publicKey, last, Number(number) + i));
  if (!signed.ok) throw new Error(`${signed.code}: ${signed.detail}`);
  last = signed.value.record;
  fs.writeSync(1, `${last.line}\n`);
}
