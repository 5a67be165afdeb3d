// The ways in which `npm run mutants` breaks the fold: a file, the exact text there, what takes its
// place, and the rule that is gone then. test/ledger/mutations.test.ts keeps every text findable,
// exactly once.

/** @type {readonly {rule: string, file: string, from: string, to: string}[]} */
export const FOLD = [
  // Chains, cuts, forks.
  m(
    'a fork freezes',
    'ledger/chain.ts',
    'const frozen = isForked(chain) && (',
    'const frozen = chain === null && (',
  ),
  m(
    'a fork below an unheld cut shows',
    'ledger/chain.ts',
    '(cut === null || chain.trunk + 1 < cut.seq)',
    'cut === null',
  ),
  m(
    'a fork at the cut itself does not',
    'ledger/chain.ts',
    '(cut === null || chain.trunk + 1 < cut.seq)',
    '(cut === null || chain.trunk + 1 <= cut.seq)',
  ),
  m(
    'an unheld cut acts below its record',
    'ledger/chain.ts',
    'const seq = held ? cut.seq : cut.seq - 1;',
    'const seq = cut.seq;',
  ),
  m(
    'a settled fork is the path to the cut',
    'ledger/chain.ts',
    'live.branch.has(id)',
    'live.branch.size > 0',
  ),
  m(
    'a fork below the trunk takes the trunk apart',
    'ledger/chain.ts',
    'chain.trunk = record.seq - 1;',
    'chain.trunk = record.seq;',
  ),
  m(
    'an entry shows the deciding cut',
    'ledger/replica.ts',
    'cut !== null ? cutMark(cut.by) :',
    'cut === undefined ? cutMark(cut.by) :',
  ),
  m(
    'a fork is sent with its evidence',
    'ledger/holdings.ts',
    'const evidence = live.frozen && isForked(chain);',
    'const evidence = false;',
  ),
  // Quotas.
  m(
    'the end of a node is for its key',
    'ledger/quota.ts',
    "return of === 'node' ? quota - QUOTA_NODE_ROTATION : quota;",
    "return of === 'node' ? quota : quota;",
  ),
  m(
    'a rotation is nothing but a key',
    'ledger/quota.ts',
    '&& Object.keys(act.body).length === 1',
    '',
  ),
  m(
    'a quota ends a chain',
    'ledger/quota.ts',
    'if (live.seq < free || (live.seq === free && !live.frozen)) return live;',
    'if (live.seq >= 0) return live;',
  ),
  m(
    'a removal goes through above a quota',
    'ledger/quota.ts',
    "return act.kind === 'member.remove' && !removedAbove.has(act.body.target);",
    "return act.kind === 'genesis';",
  ),
  m('once per target', 'ledger/quota.ts', ' && !removedAbove.has(act.body.target)', ''),
  m('removals above a quota end', 'ledger/quota.ts', ' || seq > quota + QUOTA_REMOVALS_ABOVE', ''),
  m(
    'a fork above a quota freezes too',
    'ledger/quota.ts',
    'frozen: other !== undefined',
    'frozen: false',
  ),
  m(
    'a cut above a quota settles no fork',
    'ledger/quota.ts',
    'if (live.branch === null || part.seq === live.seq) return part;',
    'if (part.seq >= 0) return part;',
  ),
  m(
    'an admission never lowers a quota',
    'ledger/authority.ts',
    'Math.max(classQuota(candidate.class), raised ?? 0)',
    '(raised ?? classQuota(candidate.class))',
  ),
  // Rank and classes.
  m(
    'the shorter rank is senior',
    'ledger/rank.ts',
    'if (a.length !== b.length) return a.length - b.length;',
    '',
  ),
  m(
    'the earlier admission is senior',
    'ledger/rank.ts',
    'if (difference !== 0) return difference;',
    'if (difference !== 0) return -difference;',
  ),
  m(
    'operators stand before nodes',
    'ledger/rank.ts',
    'return order !== 0 ? order : compareRank(a.rank, b.rank);',
    'return order > 9 ? order : compareRank(a.rank, b.rank);',
  ),
  m(
    'a key is one member',
    'ledger/authority.ts',
    'if (authority.members.has(body.key)) return null;',
    '',
  ),
  m(
    'only operators hold what only operators may',
    'ledger/authority.ts',
    "return member.class === 'operator' || !ACTIONS[grant.action].operators;",
    "return member.class !== 'ticket' || !ACTIONS[grant.action].operators;",
  ),
  // Authority.
  m(
    'a cut needs a grant that covers its target',
    'ledger/authority.ts',
    'covers(grant, action, names(member))',
    "grant.depth >= 0 && action !== ''",
  ),
  m(
    'the most senior cut decides',
    'ledger/authority.ts',
    'if (order < 0 || (order === 0',
    'if (order > 0 || best === null || (order === 0',
  ),
  m(
    'of one cutter the last cut decides',
    'ledger/authority.ts',
    'claim.note.seq > best.note.seq',
    'claim.note.seq < best.note.seq',
  ),
  m('who granted may revoke', 'ledger/authority.ts', 'if (own || binds(', 'if (binds('),
  m(
    'authority counts from operators only',
    'ledger/judge.ts',
    "if (author.class !== 'operator' && !redeems) return 'void-class';",
    '',
  ),
  m(
    'a citation is of a senior',
    'ledger/judge.ts',
    "if (granter === undefined || compareStanding(granter, author) >= 0) return 'void-auth';",
    "if (granter === undefined) return 'void-auth';",
  ),
  m(
    'a citation that is not live is void',
    'ledger/judge.ts',
    "if (granter === undefined || compareStanding(granter, author) >= 0) return 'void-auth';",
    "if (granter !== undefined && compareStanding(granter, author) >= 0) return 'void-auth';",
  ),
  m(
    'a grant that arrives late counts',
    'ledger/judge.ts',
    'if (granter === undefined) authority.missed.add(id);',
    '',
  ),
  m(
    'a revoked grant is not used',
    'ledger/judge.ts',
    "if (note.seq > held.lastUse) return 'void-revoked';",
    '',
  ),
  m(
    'a revocation leaves what came before',
    'ledger/judge.ts',
    'note.seq > held.lastUse',
    'held.lastUse < 1e9',
  ),
  m(
    'a grant narrows',
    'ledger/judge.ts',
    'grants.every((child) => cited.grants.some(({ grant }) => narrows(child, grant)))',
    'grants.length >= 0',
  ),
  m(
    'an act needs a grant that covers it',
    'ledger/judge.ts',
    "if (fitting.length === 0) return 'void-uncovered';",
    'if (fitting.length === 0) return null;',
  ),
  m(
    'a count is a count',
    'ledger/judge.ts',
    'if (used >= bound) continue;',
    'if (used > bound) continue;',
  ),
  m(
    'nobody binds a recovery key',
    'ledger/judge.ts',
    'if (authority.epochs.recoveries.includes(key)) return true;',
    '',
  ),
  m(
    'an admission gives no power over a senior',
    'ledger/judge.ts',
    '(member.resolved || compareStanding(author, member) >= 0)',
    'member.rank.length < 0',
  ),
  m(
    'a ticket gives no more than it says',
    'ledger/judge.ts',
    "if (more || !passesOn(cited, body.grants)) return 'void-widens';",
    "if (!passesOn(cited, body.grants)) return 'void-widens';",
  ),
  m(
    'nodes are given nothing that only operators may hold',
    'ledger/judge.ts',
    "if (as !== 'operator' && body.grants.some(",
    "if (as === 'ticket' && body.grants.some(",
  ),
  // Capabilities.
  m(
    'depth falls at each step',
    'ledger/grant.ts',
    'if (child.depth >= parent.depth) return false;',
    'if (child.depth > parent.depth) return false;',
  ),
  m(
    'limits narrow',
    'ledger/grant.ts',
    'if (limit === undefined || limit > bound) return false;',
    'if (limit !== undefined && limit > bound) return false;',
  ),
  m(
    'an expiry stays',
    'ledger/grant.ts',
    'return child.expires !== undefined && child.expires <= parent.expires;',
    'return child.expires === undefined || child.expires <= parent.expires;',
  ),
  m(
    'a resource is a prefix',
    'ledger/grant.ts',
    '!child.resource.startsWith(parent.resource)',
    '!parent.resource.startsWith(child.resource)',
  ),
  // Recovery.
  m(
    'two rotations stop the epochs',
    'ledger/epochs.ts',
    'stopped = rotations.length > 1;',
    'stopped = rotations.length > 99;',
  ),
  m(
    'a rotation names every root',
    'ledger/epochs.ts',
    'return current.length === named.size && current.every((seat) => named.has(seat.key));',
    'return current.some((seat) => named.has(seat.key));',
  ),
  m('a used sheet does not come back', 'ledger/epochs.ts', 'used.has(next.recovery) || ', ''),
  m('an epoch has a root', 'ledger/epochs.ts', 'fresh.length === 0 || ', ''),
  m(
    'a sheet that signed twice shows a fork',
    'ledger/epochs.ts',
    'if (second !== undefined) return { ...NOTHING_LIVE, frozen: true };',
    '',
  ),
  m(
    'a rotation cuts above every rank',
    'ledger/authority.ts',
    'authority.epochs.cuts.get(member.key) ?? decideCut(authority, member)',
    'decideCut(authority, member) ?? authority.epochs.cuts.get(member.key) ?? null',
  ),
  // Effects and state.
  m(
    'a merge replaces heads that come later',
    'ledger/effects.ts',
    'if (!commits.replaced.has(note.id)) commits.heads',
    'if (note.seq > 0) commits.heads',
  ),
  m(
    'a void commit configures nothing',
    'ledger/effects.ts',
    ' || authority.verdicts.has(note.id)',
    '',
  ),
  m(
    'the senior’s value is in force',
    'ledger/effects.ts',
    'compareStanding(standing(a.author), standing(b.author))',
    'compareStanding(standing(b.author), standing(a.author))',
  ),
  m(
    'a counter only rises',
    'ledger/book.ts',
    'wg.counter > (profile.wg?.counter ?? -1)',
    'wg.counter >= 0',
  ),
  m(
    'a claim rises above the admission',
    'ledger/state.ts',
    'profile.wg.counter > admitted.counter',
    'profile.wg.counter >= 0',
  ),
  m(
    'a frozen author is told',
    'ledger/state.ts',
    '.filter((m) => m.live.frozen)',
    '.filter((m) => m.live.frozen && m.root)',
  ),
  // Incremental.
  m('a cut author is resolved again', 'ledger/fold.ts', '    member.cut === null &&\n', ''),
  m('a fork is resolved again', 'ledger/fold.ts', '    !isForked(book.chain) &&\n', ''),
  m(
    'an admission of a key that was talked of is resolved again',
    'ledger/fold.ts',
    'const known = members.has(key) || talkedOf;',
    'const known = members.has(key);',
  ),
  m(
    'authority of an operator is resolved again',
    'ledger/fold.ts',
    "return member.class !== 'operator';",
    'return member.rank.length > 2;',
  ),
  m(
    'a profile follows its own chain',
    'ledger/fold.ts',
    'if (record.seq !== seq + 1 || record.prev !== id) return;',
    'if (record.seq !== seq + 1) return;',
  ),
  m(
    'a rotation changes everything',
    'ledger/fold.ts',
    "if (record.act.kind === 'root.rotate') spoil(fold, EVERYTHING);\n    return;",
    'return;',
  ),
  m(
    'a snapshot keeps the branches',
    'ledger/snapshot.ts',
    'branches: new Map(branches.map(',
    'branches: new Map(branches.slice(9).map(',
  ),
  m(
    'who waited is shown again',
    'ledger/replica.ts',
    'return release(replica.parking, record.id);',
    'return release(replica.parking, replica.ledger);',
  ),
];

function m(rule, file, from, to) {
  return { rule, file, from, to };
}
