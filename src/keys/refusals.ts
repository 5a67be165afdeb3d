// Everything a person, a file or another machine can get wrong about keys: one table. Neither the
// sentences nor the details beside them ever hold a secret (test/keys/leaks.test.ts).

interface KeyFault {
  readonly what: string;
  readonly hint: string;
}

export type FileCode =
  | 'file-missing'
  | 'file-unreadable'
  | 'file-open-to-others'
  | 'file-foreign'
  | 'file-kind'
  | 'file-too-long'
  | 'file-exists';
export type SealCode =
  | 'key-file-damaged'
  | 'key-file-costly'
  | 'passphrase-needed'
  | 'passphrase-wrong';
export type PassphraseCode =
  | 'passphrase-empty'
  | 'passphrase-too-long'
  | 'passphrase-not-text'
  | 'passphrase-differs'
  | 'no-terminal'
  | 'cancelled';
export type WalletCode = 'wallet-shape' | 'wallet-mismatch' | 'weak-key';
export type HomeCode =
  | 'other-machine'
  | 'key-copied'
  | 'journal-missing'
  | 'journal-damaged'
  | 'journal-foreign';
export type SignCode = HomeCode | 'bad-draft' | 'key-ahead' | 'key-behind' | 'key-branch';
export type NodeCode = 'node-cloned' | 'node-key-damaged';
export type KeyCode = FileCode | SealCode | PassphraseCode | WalletCode | SignCode | NodeCode;

const ACCEPT = 'sync with every peer that may hold its records, then run `kith ledger accept-head`';
const OWN_KEY =
  'one key signs on one machine: `kith operator add` gives this one its own; ' +
  'if the key has moved here for good and its old place is gone, say --moved';

export const KEY_REFUSALS: Readonly<Record<KeyCode, KeyFault>> = {
  'file-missing': { what: 'there is no such file', hint: 'check the path' },
  'file-unreadable': { what: 'the file cannot be read', hint: 'check the path and your rights' },
  'file-open-to-others': {
    what: 'others on this machine may read the file, so it is no secret',
    hint: 'run the chmod that is shown; if others have had access, use a new key or passphrase',
  },
  'file-foreign': {
    what: 'the file belongs to another user, who could change it',
    hint: 'make a copy of your own, with mode 600',
  },
  'file-kind': { what: 'this is no plain file', hint: 'name the file itself' },
  'file-too-long': { what: 'the file is too long for what it should be', hint: 'check the path' },
  'file-exists': {
    what: 'there is a file of that name already, and a key is never overwritten',
    hint: 'move it away if it is not needed',
  },
  'key-file-damaged': {
    what: 'the key file was changed or is no key file of kith',
    hint: 'restore it from a copy, or make a new key and have it admitted',
  },
  'key-file-costly': {
    what: 'the key file asks for more memory or time than any that kith writes',
    hint: 'it was not made by kith; restore it from a copy',
  },
  'passphrase-needed': {
    what: 'the key is sealed with a passphrase',
    hint: 'run in a terminal, or give --passphrase-file',
  },
  'passphrase-wrong': {
    what: 'the passphrase does not open the key, or the file was changed',
    hint: 'try again; capitals and the keyboard layout matter',
  },
  'passphrase-empty': {
    what: 'the passphrase is empty',
    hint: 'choose one, or say --no-passphrase to store the key in the open',
  },
  'passphrase-too-long': { what: 'the passphrase is too long', hint: 'at most 1024 bytes' },
  'passphrase-not-text': { what: 'the passphrase is not UTF-8 text', hint: 'check the file' },
  'passphrase-differs': { what: 'the two entries differ', hint: 'run the command again' },
  'no-terminal': {
    what: 'there is no terminal to ask for the passphrase',
    hint: 'give --passphrase-file',
  },
  cancelled: { what: 'cancelled', hint: 'nothing was changed' },
  'wallet-shape': {
    what: 'this is no Solana wallet file',
    hint: 'it must be a list of 64 numbers from 0 to 255, or one base58 text of those 64 bytes',
  },
  'wallet-mismatch': {
    what: 'the two halves of the wallet do not belong together',
    hint: 'the file was changed or cut: export the wallet again',
  },
  'weak-key': { what: 'this key is known to everybody', hint: 'make a real one' },
  'other-machine': { what: 'this key belongs to another machine', hint: OWN_KEY },
  'key-copied': {
    what: 'this is a copy of a key, or an old backup of it',
    hint:
      'a copy signs nothing: `kith operator add` gives another folder a key of its own; ' +
      'for a backup that was put back, sync if you can, then `kith ledger accept-head`',
  },
  'node-cloned': {
    what: 'this data folder was copied: the key in it belongs to another node',
    hint:
      'move node.key away and pair this machine as a new one; ' +
      'if the node has moved here for good and its old place is gone, say --moved',
  },
  'node-key-damaged': {
    what: 'node.key was changed or is no key file of kith',
    hint: 'restore it from a copy, or move it away and pair this machine again',
  },
  'journal-missing': {
    what: 'the journal beside the key is gone, so what it has signed is not known',
    hint: ACCEPT,
  },
  'journal-damaged': {
    what: 'the journal beside the key is damaged, so what it has signed is not known',
    hint: ACCEPT,
  },
  'journal-foreign': {
    what: 'the journal beside the key belongs to another key',
    hint: 'restore the folder as it was',
  },
  'bad-draft': { what: 'the record breaks the rules of the ledger', hint: 'see the detail' },
  'key-ahead': {
    what: 'the ledger here is older than the last record of this key',
    hint: 'sync first, or import a newer copy of the ledger',
  },
  'key-behind': {
    what: 'the ledger holds records of this key that were not signed here',
    hint: ACCEPT,
  },
  'key-branch': {
    what: 'the ledger continues another record than the one that this key signed',
    hint: 'sync first; if the key was used elsewhere, its chain has forked and a senior settles it',
  },
};
