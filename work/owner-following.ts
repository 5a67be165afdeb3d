// An owner follows what runs: how its host says that it is, its receipt when it has ended, and the
// silence of a host that is lost. Work marked `replace` then gets a generation anew and goes
// elsewhere; all else waits for a person. Spec: docs/running.md, "The owner".

import type { Key } from '../proto/ids.ts';
import type { LeaseState, Receipt, Request, SignedDocument } from './documents.ts';
import { FAILURES } from './failures.ts';
import type { Asked, Live } from './owned.ts';
import { withAsked, withPast, withReceipt } from './owned.ts';
import { asks, elsewhere, ended, entered, kept, placedNext, tell } from './owner-asking.ts';
import {
  HOSTS_ASKED_MAX,
  STATUS_EVERY_MS,
  STATUS_QUICK_MAX,
  STATUS_SLOW_MS,
} from './owner-limits.ts';
import type { Turn } from './owner-state.ts';

const OVER: ReadonlySet<LeaseState> = new Set(['done', 'failed']);

/** What runs is due: its host is told what a person wants of it, or asked how it is. */
export function followed(turn: Turn, live: Live): Live {
  const { owned } = live;
  const { phase, id, generation } = owned;
  if (phase.at !== 'following') return live;
  const { host, state } = phase;
  if (owned.wish !== live.told && !OVER.has(state)) {
    return asks(turn, live.asking === null ? { ...live, tries: 0 } : live, host, 'stop');
  }
  if (OVER.has(state)) turn.out.push({ kind: 'receipt', to: host, id, generation });
  else turn.out.push({ kind: 'status', to: host, id, generation });
  // What is forgotten there may have left its receipt.
  if (state === 'lost') turn.out.push({ kind: 'receipt', to: host, id, generation });
  const everyMs = live.tries < STATUS_QUICK_MAX ? STATUS_EVERY_MS : STATUS_SLOW_MS;
  return { ...live, asking: null, tries: live.tries + 1, dueMs: turn.watchMs + everyMs };
}

/** Its host says how it is. Null: it knows nothing of it, which no sound host says. */
export function statusSaid(turn: Turn, live: Live, said: LeaseState | null): Live {
  const { phase } = live.owned;
  if (phase.at !== 'following') return live;
  const { host } = phase;
  // It was told to end it, and has nothing of it any more.
  if (said === null && live.told !== 'run') {
    return ended(turn, live, host, 'stopped', 'it was stopped before it was started');
  }
  const state = said ?? 'lost';
  if (state === phase.state) return { ...live, silent: null };
  const next = entered(turn, live, { at: 'following', host, state });
  tell(turn, next, { what: 'state', host, state });
  return OVER.has(state) ? followed(turn, next) : { ...next, dueMs: live.dueMs };
}

/** The receipt of the copy that is followed ends it; one of a lost copy is kept beside it. */
export function receiptCame(
  turn: Turn,
  live: Live,
  receipt: Receipt,
  evidence: SignedDocument,
): Live {
  const { owned } = live;
  const { host, generation, failure } = receipt;
  if (owned.receipts.some(({ signature }) => signature === evidence.signature)) return live;
  const known = withReceipt(owned, evidence);
  const { phase } = owned;
  const isBound = phase.at === 'following' || phase.at === 'going';
  if (!isBound || phase.host !== host || owned.generation !== generation) {
    return kept(turn, live, known);
  }
  if (failure === null) return ended(turn, live, host, receipt.ended, '', known);
  const { code, why } = failure;
  const mayElsewhere = receipt.startedAt === null && FAILURES[code].elsewhere;
  const isAnother = owned.order.length > 0 && owned.hostsAsked < HOSTS_ASKED_MAX;
  if (!mayElsewhere || !isAnother || owned.wish !== 'run') {
    return ended(turn, live, host, receipt.ended, `${code}: ${why}`, known);
  }
  const asked: Asked = { host, generation, code, why };
  tell(turn, live, { what: 'refused', ...asked });
  const more = elsewhere(withAsked(known, { ...asked, evidence }));
  return placedNext(turn, entered(turn, live, { at: 'planning' }, more));
}

/** Whether silence of its host makes this be placed again. */
export function isReplaced({ owned }: Live): boolean {
  const { phase, spec, wish } = owned;
  if (wish !== 'run' || spec.lifecycle.onHostLoss !== 'replace') return false;
  if (phase.at === 'following') return !OVER.has(phase.state);
  return phase.at === 'going';
}

/** Its host is lost: a generation anew, for another one. The old copy may not come back. */
export function lost(turn: Turn, live: Live, host: Key): Live {
  const { owned } = live;
  const { generation, id } = owned;
  const past = withPast(owned, { host, generation });
  const next = entered(
    turn,
    live,
    { at: 'planning' },
    { ...elsewhere(past), order: [], hostsAsked: 0 },
  );
  tell(turn, next, { what: 'lost', host, generation });
  turn.out.push({ kind: 'plan', id, avoid: [host] });
  return next;
}

/**
 * Whether a copy is to run where it is. Of work that is not known here nothing is said: a journal
 * that was lost must not stop what runs.
 */
export function verdictOn(
  live: Live | undefined,
  { from, generation }: Request,
): 'keep' | 'drop' | null {
  if (live === undefined) return null;
  const { phase, generation: current } = live.owned;
  if (generation > current) return null;
  const isItsOwn = phase.at !== 'planning' && phase.host === from && generation === current;
  if (!isItsOwn || phase.at === 'reserving') return 'drop';
  // One that was given up before it ran must not be found running later.
  return phase.at === 'ended' && phase.how === 'stopped' ? 'drop' : 'keep';
}
