// `kith recover`: the secret on paper makes this machine's operator the one root.

import { findMember } from '../../../ledger/find-member.ts';
import { type ChainPlace, findPlace } from '../../../ledger/find-place.ts';
import { readRecovery } from '../../../ledger/paper.ts';
import { previewOf } from '../../../ledger/preview.ts';
import { stateOf } from '../../../ledger/replica.ts';
import type { Key } from '../../../proto/ids.ts';
import { type Secret, hide } from '../../../proto/secret.ts';
import { SHEET_FILE_BYTES_MAX } from '../../acts/limits.ts';
import { currentRoots, draftRotation, finishRotation, rotate } from '../../acts/recover.ts';
import { isSyncedLately, lastSynced } from '../../acts/synced.ts';
import { operatorFolder } from '../../home/folder.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { SEED_BYTES, keyPairOf } from '../../keys/keypair.ts';
import { readOperatorKey, retireOperatorKey } from '../../keys/operator.ts';
import { newRecoverySecret, oneTimeSigner, recoveryKeyPair } from '../../keys/recovery.ts';
import { recoverySheet } from '../../keys/sheet.ts';
import { nowMs } from '../../os/clock.ts';
import { userLabel } from '../../os/host-name.ts';
import { nodePlatform } from '../../platform.ts';
import { confirmed } from '../ask.ts';
import { changeDocument, previewTexts } from '../changes.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import { keyDocument, makeKey } from '../own-key.ts';
import type { Printer } from '../print.ts';
import { handOut, secretText } from '../secrets.ts';
import { complaintOf, unwrap } from '../sentences.ts';
import { utcText } from '../../../proto/when.ts';
import { nameIn } from './operator-add.ts';

const STALE = 'note: not synced lately; what the old roots wrote and is not held here will be void';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome<Exit>(call.folder, { write: true, urgent: true }, async (home) => {
    const typed = await secretText(call.value('sheet-file'), 'Secret: ', SHEET_FILE_BYTES_MAX);
    const pair = await recoveryKeyPair(unwrap(readRecovery(secretIn(typed))));
    if (stateOf(home.replica).recovery !== pair.publicKey) {
      const isOld = home.replica.fold.authority.epochs.recoveries.includes(pair.publicKey);
      throw new Stop(complaintOf(isOld ? 'sheet-used' : 'not-this-sheet'));
    }
    const signer = unwrap(oneTimeSigner(keyHost(), operatorFolder(call.folder), pair));
    const finished = unwrap(await finishRotation(home, signer, nowMs));
    if (finished !== null) {
      print.result({ id: finished.id, finished: true }, () => [
        'An interrupted recovery is finished now.',
        'The new recovery sheet is the one that the interrupted run printed.',
      ]);
      return 'ok';
    }
    return replaceRoots(call, print, home, signer);
  });
}

/** A file may hold the secret alone, or the whole sheet. */
function secretIn(text: string): string {
  return /^SECRET\s+(.+)$/m.exec(text)?.[1] ?? text;
}

async function replaceRoots(
  call: Call,
  print: Printer,
  home: HomeLedger,
  signer: Parameters<typeof rotate>[1],
): Promise<Exit> {
  const { replica } = home;
  const root = newRoot(call, home);
  const secret = newRecoverySecret(keyHost().random);
  const recovery = (await recoveryKeyPair(secret)).publicKey;
  const cutAt = cutsIn(call, home);
  const rotation = { root: { key: root.key, name: root.name }, recovery, cutAt, ts: nowMs() };
  const drafted = unwrap(draftRotation(replica, signer.publicKey, rotation));
  const preview = previewOf(replica, drafted.after);
  const nameOf = namesAt(home);
  const changes = previewTexts(preview, nameOf);
  if (!print.json) for (const text of changes) print.note(text);
  const stale = isSyncedLately(lastSynced(keyHost(), call.folder), nowMs()) ? [] : [STALE];
  for (const text of stale) print.note(text);
  if (!call.flag('yes')) {
    await confirmed('replace the roots of this network?', [...changes, ...stale]);
  }
  // The key, then the sheet, then the signature: each is of use without those after it.
  await root.make();
  const { network } = replica.genesis;
  const date = utcText(nowMs()).slice(0, 10);
  const of = { network, ledger: replica.ledger, secret, roots: [root.name], date };
  handOut(print, call.value('sheet'), recoverySheet(of));
  const { id } = unwrap(await rotate(home, signer, drafted));
  const document = {
    ...{ id, finished: false, epoch: stateOf(replica).epoch },
    root: { name: root.name, ...keyDocument(root.key) },
    changes: preview.changes.map((change) => changeDocument(change, nameOf)),
    voids: preview.voids,
  };
  print.result(document, () => [
    `${root.name} is the root of ${network} now. Destroy the old sheet; print the new one.`,
    'Sync with every member: each follows as soon as it hears of it.',
  ]);
  return 'ok';
}

interface NewRoot {
  readonly key: Key;
  readonly name: string;
  /** Makes the key where it is a new one: only once the person has agreed. */
  readonly make: () => Promise<void>;
}

/** The operator key of this machine; a new one where it has none, or one that was a root. */
function newRoot(call: Call, { replica }: HomeLedger): NewRoot {
  const host = keyHost();
  const folder = operatorFolder(call.folder);
  const card = readOperatorKey(host, folder);
  const { seats } = replica.fold.authority.epochs;
  const wasRoot = card.ok && seats.some(({ key }) => key === card.value.publicKey);
  const own = card.ok ? card.value.name : userLabel();
  const name = nameIn(call.value('name') ?? own);
  if (card.ok && !wasRoot) return { key: card.value.publicKey, name, make: async () => undefined };
  if (!card.ok && card.code !== 'file-missing') unwrap(card);
  const seed: Secret = hide(host.random(SEED_BYTES));
  const make = async (): Promise<void> => {
    await makeKey(call, name, seed, () => {
      if (card.ok) unwrap(retireOperatorKey(host, folder));
    });
  };
  return { key: keyPairOf(seed).publicKey, name, make };
}

/** `--at RECORD` where there is one root, `--at ROOT=RECORD` where there are several. */
function cutsIn(call: Call, { replica }: HomeLedger): ReadonlyMap<Key, ChainPlace> {
  const roots = currentRoots(replica);
  const cuts = new Map<Key, ChainPlace>();
  for (const said of call.values('at')) {
    const sign = said.indexOf('=');
    const key = sign < 0 ? onlyRoot(roots) : rootNamed(replica, roots, said.slice(0, sign));
    cuts.set(key, unwrap(findPlace(replica, key, said.slice(sign + 1))));
  }
  return cuts;
}

function onlyRoot(roots: ReturnType<typeof currentRoots>): Key {
  const [first, ...others] = roots;
  if (first !== undefined && others.length === 0) return first.key;
  const names = roots.map(({ name }) => name).join(', ');
  throw new Stop(wrongUse('--at does not say which root', `say --at ROOT=RECORD, with ${names}`));
}

function rootNamed(
  replica: HomeLedger['replica'],
  roots: ReturnType<typeof currentRoots>,
  text: string,
): Key {
  const { key } = unwrap(findMember(stateOf(replica), `operator/${text}`, nodePlatform));
  if (roots.some((root) => root.key === key)) return key;
  throw new Stop(wrongUse(`${text} is no root`, 'only roots are cut by a recovery'));
}
