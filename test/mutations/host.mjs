// The ways in which `npm run mutants` breaks the host of work: a file, the exact text there, what
// takes its place, and the rule that is gone then. test/ledger/mutations.test.ts keeps every text
// findable, exactly once.

/** @type {readonly {rule: string, file: string, from: string, to: string}[]} */
export const HOST = [
  // What is promised.
  m(
    'memory is counted by what is promised',
    'work/admission.ts',
    'sum.memMiB += charge.memMiB;',
    'sum.memMiB += 0;',
  ),
  m(
    'processor time is promised twice and no more',
    'work/admission.ts',
    'cpuMilli * OVERCOMMIT_CPU',
    'cpuMilli * 3',
  ),
  m(
    'a published port has one holder',
    'work/ports.ts',
    "taken.set(nameOf(one), 'other work')",
    'taken.delete(nameOf(one))',
  ),
  m(
    'a guard ends work before its owner may start it elsewhere',
    'work/fence.ts',
    'atMs + GUARD_MS',
    'atMs + 3 * GUARD_MS',
  ),
  m('a card has one holder', 'work/admission.ts', ' && !holders.has(card.uuid)', ''),
  m('what is seen to be free is a veto', 'work/admission.ts', 'seen - unused - margin', 'seen'),
  m(
    'what is promised and not used yet is no room',
    'work/admission.ts',
    'seen - unused - margin',
    'seen - margin',
  ),
  m(
    'unknown is never promised',
    'work/admission.ts',
    'if (free === null || seen === null) return unknown(code,',
    'if (free === null || seen === null) return null ?? void (code,',
  ),
  // The disk comes first.
  m(
    'an answer waits for its entry',
    'work/host-turn.ts',
    'const last = pending[at];',
    'const last = at < 0 ? undefined : undefined;',
  ),
  m(
    'a start waits for its entry',
    'work/host-turn.ts',
    "const isUrgent = stage === 'stopping'",
    "const isUrgent = stage === 'starting' || stage === 'stopping'",
  ),
  m(
    'what was overtaken while it waited is not driven',
    'work/host.ts',
    'else if (isWanted) {',
    'else if (effect !== null) {',
  ),
  m(
    'time is looked at before any input',
    'work/host.ts',
    '  onTime(turn);\n  onInput(turn, input);',
    '  onInput(turn, input);\n  onTime(turn);',
  ),
  m(
    'a reservation that could not be written is undone',
    'work/host.ts',
    '    left.delete(entry.lease.id);\n',
    '',
  ),
  // Requests.
  m(
    'another spec by the same id is refused',
    'work/host-requests.ts',
    'known.digest !== digest',
    'false',
  ),
  m(
    'an earlier generation is refused',
    'work/host-requests.ts',
    'if (generation >= known.generation) return null;',
    'if (generation > 0) return null;',
  ),
  m(
    'only its owner says go',
    'work/host-requests.ts',
    'if (known.owner !== from) {',
    'if (known.owner === known.id) {',
  ),
  m(
    'a right is looked at again at go',
    'work/host-requests.ts',
    'if (!asked.right.may) return letGo',
    'if (asked === null) return letGo',
  ),
  m('a request is for one node', 'work/host-requests.ts', 'request.to !== host.key', 'false'),
  m('a request is fresh', 'work/host-requests.ts', '!isFresh(request, now.wallMs)', 'false'),
  m(
    'a reservation that is over is not made again',
    'work/host-requests.ts',
    'if (past !== undefined && isSame(past))',
    'if (past !== undefined && isSame(past) && past.state !== null)',
  ),
  m(
    'what has just gone is remembered',
    'work/past.ts',
    'newest.get(id) ?? old.get(id)',
    'old.get(id)',
  ),
  m(
    'a repeated reservation is the same one',
    'work/host-requests.ts',
    'if (known !== undefined && isSame(known)) return repeated(turn, known);',
    '',
  ),
  m(
    'startBy is looked at before the start',
    'work/fence.ts',
    'now.monoMs < startByMs) return null;',
    'now.monoMs > 0) return null;',
  ),
  // Ends.
  m(
    'what was asked to end is not started again',
    'work/host-ends.ts',
    'return asked || (why',
    'return (why',
  ),
  m('maxRestarts is a bound', 'work/host-ends.ts', 'life.restarts >= maxRestarts', 'false'),
  m(
    'what has never run is not started again here',
    'work/host-ends.ts',
    'if (life.startedAt === null &&',
    'if (life.run === 0 &&',
  ),
  m('runs count together', 'work/host-ends.ts', 'ranMs: life.ranMs + ranMs', 'ranMs: 0'),
  m(
    'a word about another run is none',
    'work/host-drivers.ts',
    'return lease.life.run === run ? lease : null;',
    'return lease;',
  ),
  m(
    'room is kept until what is left is taken away',
    'work/host.ts',
    "  enter(turn, lease, 'clearing');",
    "  retire(turn, lease, 'done');",
  ),
  // Recovery.
  m(
    'what ran and is gone is not taken for never started',
    'work/host-recovery.ts',
    "if (life.stage === 'starting' && takenMs !== null) {",
    'if (takenMs !== null) {',
  ),
  m(
    'a start of before the machine came up is not made again',
    'work/host-recovery.ts',
    "if (life.stage === 'starting' && takenMs !== null) {",
    "if (life.stage === 'starting') {",
  ),
  m(
    'nothing happens before the drivers have looked',
    'work/host-time.ts',
    'if (turn.host.recovering) return;',
    '',
  ),
  m(
    'times of another start of the machine are made anew',
    'work/host-recovery.ts',
    'const isSameBoot = said.boot === boot;',
    'const isSameBoot = said.boot !== null;',
  ),
  // Silence.
  m(
    'an answer counts from its question',
    'work/host.ts',
    'hear(turn, lease.owner, verdict.askedMs,',
    'hear(turn, lease.owner, turn.now.monoMs,',
  ),
  m('work stops before its owner may start it elsewhere', 'work/fence.ts', ' - FENCE_MS', ''),
  m(
    'a polite stop is over in time for the kill',
    'work/host-time.ts',
    'Math.min(asked, fence + FENCE_GRACE_MS)',
    'asked',
  ),
  m(
    'what was stopped for silence waits for its owner',
    'work/host-ends.ts',
    "enter(turn, lease, 'held', { outcome: null });",
    "enter(turn, lease, 'waiting', afresh(life, 0));",
  ),
  m(
    'startBy is looked at when a start comes from the disk',
    'work/host.ts',
    "isWanted && effect.act === 'start' ? tooLate(turn.host, lease, turn.now) : null",
    'isWanted ? null : null',
  ),
  // Documents.
  m(
    'an answer is to one request',
    'work/signing.ts',
    'answer.re === documentDigest(request, platform)',
    'answer.re.length > 0',
  ),
  m(
    'a document is signed by whom it names',
    'work/signing.ts',
    'if (!isSignedBy(document.from, message,',
    'if (!isSignature(signature) && !isSignedBy(document.from, message,',
  ),
  m(
    'a request names the spec that it brings',
    'work/signing.ts',
    'read.value.digest !== specDigest(spec.value, platform)',
    'read.value.digest === null',
  ),
  m(
    'a receipt has the hash of what it says',
    'work/receipt.ts',
    'return receipt.executionHash === executionHash(receipt, platform)',
    'return receipt.executionHash.length > 0',
  ),
];

function m(rule, file, from, to) {
  return { rule, file, from, to };
}
