// The ways in which `npm run mutants` breaks the verifier and the door: a file, the exact text
// there, what takes its place, and the rule that is gone then. test/ledger/mutations.test.ts keeps
// every text findable, exactly once.

/** @type {readonly {rule: string, file: string, from: string, to: string}[]} */
export const VERIFIER = [
  // The verdict on signatures.
  m('S is below the order of the group', 'proto/ed25519.ts', 'isBelowOrder(signature) && ', ''),
  m(
    'R is canonical and not of small order',
    'proto/ed25519.ts',
    'isBelowOrder(signature) && isStrongPoint(signature, 0)',
    'isBelowOrder(signature)',
  ),
  m(
    'a key is canonical and not of small order',
    'proto/ed25519.ts',
    'return key.length === KEY_BYTES && isStrongPoint(key, 0);',
    'return key.length === KEY_BYTES;',
  ),
  m(
    'the platform verifies the signature',
    'proto/ed25519.ts',
    'platform.verifyEd25519(key, message, signature)',
    'platform !== null',
  ),
  // One spelling per record.
  m(
    'a line is the one spelling of its value',
    'proto/json.ts',
    'if (JSON.stringify(value) !== text)',
    "if (text === '')",
  ),
  m(
    'keys are in order',
    'proto/json.ts',
    'const CLOSE_LOOK: Look = { text: textOutsideProfile, ordered: true };',
    'const CLOSE_LOOK: Look = { text: textOutsideProfile, ordered: false };',
  ),
  m('texts are in NFC', 'proto/json.ts', "text.normalize('NFC') !== text", "text === '\\0'"),
  m(
    'numbers are safe integers',
    'proto/json.ts',
    'Number.isSafeInteger(value)',
    'Number.isFinite(value)',
  ),
  m('base64url has no spare bits', 'proto/bytes.ts', '& ((1 << spare) - 1)) === 0', '& 0) === 0'),
  m(
    'signed bytes have their prefix',
    'ledger/record.ts',
    'utf8Beside(SIGNED_PREFIX + unsigned)',
    'utf8Beside(unsigned)',
  ),
  m(
    'links are sorted and distinct',
    'ledger/record.ts',
    'i > 0 && links[i - 1] >= links[i]',
    'i < 0',
  ),
  m(
    'keys in a body are sound',
    'ledger/record.ts',
    'if (!isSoundKey(fromBase64url(key) as Uint8Array)) return key;',
    'if (fromBase64url(key) === null) return key;',
  ),
  m(
    'a cut names its record',
    'ledger/record.ts',
    "return record.refs.length === named ? null : 'refs: the last honoured record';",
    'return named < 2 ? null : null;',
  ),
  m(
    'an object is closed',
    'ledger/schema.ts',
    'if (seen === Object.keys(value).length) return null;',
    'if (seen >= 0) return null;',
  ),
  // Proofs.
  m(
    'a node accepts its admission',
    'ledger/proof.ts',
    'jobs.push(job(body.key, message, body.acceptance), wireguardJob',
    'jobs.push(wireguardJob',
  ),
  m(
    'an acceptance names its admitter',
    'ledger/proof.ts',
    'const value = { admitter, body:',
    'const value = { admitter: "", body:',
  ),
  m(
    'a WireGuard claim names its node',
    'ledger/proof.ts',
    'canonical({ author: node, counter, ledger })',
    'canonical({ counter, ledger })',
  ),
  m(
    'a WireGuard claim names its ledger',
    'ledger/proof.ts',
    'canonical({ author: node, counter, ledger })',
    'canonical({ author: node, counter })',
  ),
  m(
    'proofs are checked',
    'ledger/verify.ts',
    'proofs &&= verdicts[at + i] === true;',
    'proofs &&= at >= 0;',
  ),
  m(
    'nothing is taken behind a bad record',
    'ledger/verify.ts',
    "record.prev !== '' && lost.has(record.prev)",
    "record.prev === 'x' && lost.has(record.prev)",
  ),
  m(
    'a record is taken once',
    'ledger/verify.ts',
    'if (own && proofs && taken.has(record.id)) {',
    "if (own && proofs && record.id === '') {",
  ),
  // The door.
  m(
    'a bad copy hides no good one',
    'ledger/door.ts',
    "if (sigs.includes(record.sig)) return { kind: 'held' };",
    "if (sigs.length > 0) return { kind: 'held' };",
  ),
  m(
    'another ledger is another ledger',
    'ledger/door.ts',
    "if (record.ledger !== replica.ledger) return refused('other-ledger');",
    '',
  ),
  m(
    'a stranger is turned away',
    'ledger/door.ts',
    "return recoveries.includes(record.author) ? notRotation(record) : 'unknown-author';",
    'return recoveries.includes(record.author) ? notRotation(record) : null;',
  ),
  m(
    'who is removed is turned away',
    'ledger/door.ts',
    "if (record.seq > cut.seq) return 'beyond-cut';",
    '',
  ),
  m(
    'other branches are turned away once a cut has settled',
    'ledger/door.ts',
    'const settled = live.seq === cut.seq && live.id === cut.last;',
    'const settled = false;',
  ),
  m(
    'a cut ahead of its record lets its branch in',
    'ledger/door.ts',
    'const settled = live.seq === cut.seq && live.id === cut.last;',
    'const settled = true;',
  ),
  m(
    'a quota holds at the door',
    'ledger/door.ts',
    "if (!mayStandHere(replica, record, member)) return 'over-quota';",
    '',
  ),
  m(
    'a removal above a quota counts from below',
    'ledger/door.ts',
    'note.seq > member.quota && note.seq < record.seq',
    'note.seq > member.quota',
  ),
  m(
    'two records prove a fork, a third is not stored',
    'ledger/door.ts',
    'return held + beside >= (',
    'return held + beside - 99 >= (',
  ),
  m(
    'a wanted branch finds room',
    'ledger/door.ts',
    'isWanted ? FORK_WIDTH_WANTED_MAX : FORK_WIDTH_MAX',
    'FORK_WIDTH_MAX',
  ),
  m(
    'a sheet signs one thing',
    'ledger/door.ts',
    "return record.seq === 1 && record.act.kind === 'root.rotate' ? null : 'over-quota';",
    'return record.seq >= 1 ? null : null;',
  ),
  m(
    'a record follows its prev',
    'ledger/chain.ts',
    'return trunkIdAt(chain, seq - 1, shelf) === prev;',
    'return seq > 0;',
  ),
];

function m(rule, file, from, to) {
  return { rule, file, from, to };
}
