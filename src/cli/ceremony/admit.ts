// The part of `kith admit` that runs in a process of its own, with the typed code and the
// operator's key: it runs the ceremony, and signs and stores the admission that the person has said
// yes to. What the person is asked on the way is asked.ts.

import { findMember } from '../../../ledger/find-member.ts';
import type { Passing } from '../../../ledger/presets.ts';
import { frontierRoot, memberOf, stateOf } from '../../../ledger/replica.ts';
import type { MemberState, State } from '../../../ledger/state.ts';
import type {
  AdmitterAnswer,
  AdmitterDead,
  AdmitterQuestion,
  AdmitterSelf,
  Candidate,
} from '../../../pairing/admitter-state.ts';
import type { PairingCode } from '../../../pairing/refusals.ts';
import { assert } from '../../../proto/assert.ts';
import { fromBase64url } from '../../../proto/bytes.ts';
import { finishLost } from '../../acts/write.ts';
import {
  type AdmissionDesk,
  admissionDesk,
  cutReplaced,
  holdersOf,
  readAhead,
} from '../../genesis/admission.ts';
import { runAdmitter } from '../../genesis/admitter.ts';
import { reach } from '../../genesis/connect.ts';
import { claimIpv4 } from '../../genesis/ipv4.ts';
import { rehearse } from '../../genesis/rehearsal.ts';
import { reachableFrom } from '../../genesis/reachable.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { besideDaemon, openDesk } from '../../home/desk.ts';
import { LOCK_WAIT_MS_MAX, LOOK_AGAIN_MS } from '../../genesis/limits.ts';
import { StoreFault } from '../../store/faults.ts';
import { readIdentityKey } from '../../keys/identity.ts';
import type { Signer } from '../../keys/signer.ts';
import { monotonicMs, nowMs, randomBytes } from '../../os/clock.ts';
import { prefixesOutside } from '../../os/interfaces.ts';
import { isInterfaceName } from '../../../wg/address.ts';
import { nodePlatform } from '../../platform.ts';
import { tellStep } from '../asker.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { homeToRead } from '../home.ts';
import type { Printer } from '../print.ts';
import { complaintOf, pairingCode, stop, unwrap } from '../sentences.ts';
import { type Places, placesNamed } from '../place.ts';
import { admittedPage, candidateDocument } from './admitted.ts';
import { type Meant, type Wish, codeTyped, meantBy, unlocked, wishIn } from './asked.ts';
import { begun, endingSignal } from './start.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const signal = endingSignal();
  const { coded = false } = await begun();
  const wish = wishIn(call);
  const places = await placesNamed(call.folder, call.needed('machine'));
  // All that can be done before the code is typed is done by then: the person waits for the rest.
  const signer = await unlocked(call);
  // Only looked at: while a person types and reads, others may write.
  const held: Held = { home: await homeToRead(call.folder) };
  try {
    return await admit(prepared(call, print, held, signer, wish), { places, coded, signal });
  } finally {
    await held.home.close();
  }
}

interface Start {
  readonly places: Places;
  /** Whether the code was given, and comes through the pipe. */
  readonly coded: boolean;
  readonly signal: AbortSignal;
}

async function admit(work: Work, { places, coded, signal }: Start): Promise<Exit> {
  const { call, wish, self } = work;
  // Before anybody is asked for anything: a wrong wish costs no try of the code.
  if (wish.ipv4 !== null)
    unwrap(claimIpv4(work.state, wish.ipv4, prefixesOutside(isInterfaceName)));
  rehearse();
  readAhead(work.held.home);
  const prs = await codeTyped(coded);
  tellStep('connecting', `connecting to ${call.needed('machine')}`);
  const stream = unwrap(await reach(call.folder, places));
  tellStep('meeting', 'connected; the two machines check the code');
  const dead = await runAdmitter(stream, {
    self,
    typed: { prs, tags: 0 },
    random: randomBytes,
    answer: (question) => answer(question, work),
    tell: ({ what }) => {
      if (what === 'written') tellStep('delivering', 'signed; the ledger goes to the new machine');
    },
    signal,
  });
  return ended(dead, work);
}

/** The ledger: to look at, and once the person has agreed to write. */
interface Held {
  home: HomeLedger;
}

/** Everything that a run needs beside the ceremony. */
interface Work {
  readonly call: Call;
  readonly print: Printer;
  readonly signer: Signer;
  readonly wish: Wish;
  readonly self: AdmitterSelf;
  readonly held: Held;
  /** What the ledger said at the beginning. */
  readonly state: State;
  readonly replaces: MemberState | null;
  readonly passing: Passing;
  desk: AdmissionDesk | null;
  /** Who is there. */
  candidate: Candidate | null;
  meant: Meant | null;
}

function prepared(call: Call, print: Printer, held: Held, signer: Signer, wish: Wish): Work {
  const { replica } = held.home;
  const state = stateOf(replica);
  const { publicKey: key } = signer;
  const own = memberOf(replica, key);
  const shown = state.members.find((member) => member.key === key);
  if (own?.class !== 'operator' || shown === undefined) return stop('not-a-member', key);
  if (own.cut !== null) return stop('removed');
  const passing = own.root ? 'root' : shown.grants.flatMap(({ grants }) => grants);
  const replaces =
    wish.replaces === null ? null : unwrap(findMember(state, wish.replaces, nodePlatform));
  if (replaces !== null && replaces.class !== 'node') return stop('not-a-node', replaces.shown);
  const here = readIdentityKey(keyHost(), held.home.folder);
  if (replaces !== null && here.ok && here.value === replaces.key) {
    const hint =
      'a machine that is replaced is cut for good: admit its successor on another member';
    throw new Stop(wrongUse(`${replaces.shown} is this very machine`, hint));
  }
  const { ledger: network, network: called } = state;
  const welcome = { network: called };
  const self = { key, name: shown.shown, network, frontier: frontierRoot(replica), welcome };
  return {
    ...{ call, print, signer, wish, self, held, state, replaces, passing },
    ...{ desk: null, candidate: null, meant: null },
  };
}

async function answer(question: AdmitterQuestion, work: Work): Promise<AdmitterAnswer> {
  switch (question.what) {
    case 'sign': {
      const signature = fromBase64url(work.signer.signOther(question.message)) as Uint8Array;
      return { kind: 'signed', signature };
    }
    case 'confirm':
      return { kind: (await isMeant(question.candidate, work)) ? 'confirmed' : 'declined' };
    case 'draft':
      return draft(question.candidate, work);
    case 'admit':
      return deskOf(work).admit(question.body, question.acceptance);
    case 'page':
      return deskOf(work).page(question.number);
  }
}

async function isMeant(candidate: Candidate, work: Work): Promise<boolean> {
  const { print, wish, replaces } = work;
  work.candidate = candidate;
  const known = work.state.members.some(({ key }) => key === candidate.key);
  work.meant = await meantBy({ candidate, wish, replaces, known }, print);
  return work.meant !== null;
}

async function draft(candidate: Candidate, work: Work): Promise<AdmitterAnswer> {
  const { held, signer, passing, replaces, wish, meant } = work;
  assert(meant !== null, 'what is drafted was agreed to');
  tellStep('drafting', 'the new machine is asked to accept the admission');
  const home = await openedToWrite(held.home);
  held.home = home;
  // What an earlier run has signed and not stored: it may be this very admission.
  unwrap(await finishLost({ home, signer, nowMs }));
  const terms = { ...meant, replaces, ipv4: await ipv4For(home, wish) };
  const members = await reachableFrom(keyHost(), home);
  work.desk = admissionDesk({ home, signer, passing, terms, members, nowMs });
  return work.desk.draft(candidate);
}

/** The address that the newcomer is to claim, checked against this machine's own networks. */
async function ipv4For({ replica }: HomeLedger, { ipv4 }: Wish): Promise<string | null> {
  if (ipv4 === null) return null;
  return unwrap(claimIpv4(stateOf(replica), ipv4, prefixesOutside(isInterfaceName)));
}

/** The ledger to write to; where another command writes, when that has ended. */
async function openedToWrite(reader: HomeLedger): Promise<HomeLedger> {
  const { folder } = reader;
  const beside = await besideDaemon(reader);
  if (beside !== null) return beside;
  await reader.close();
  const until = monotonicMs() + LOCK_WAIT_MS_MAX;
  for (;;) {
    try {
      const home = await openDesk(folder);
      if (home === null) throw new StoreFault('no-ledger', folder);
      return home;
    } catch (error) {
      const isLocked = error instanceof StoreFault && error.code === 'locked';
      if (!isLocked || monotonicMs() > until) throw error;
      await new Promise((wait) => setTimeout(wait, LOOK_AGAIN_MS));
    }
  }
}

function deskOf({ desk }: Work): AdmissionDesk {
  assert(desk !== null, 'a draft comes before what follows from it');
  return desk;
}

/** What the person is told, and whether the old key is cut. */
async function ended(dead: AdmitterDead, work: Work): Promise<Exit> {
  const { at } = dead;
  const { print, signer, desk, candidate, meant } = work;
  const { home } = work.held;
  const record = desk?.record ?? null;
  const isWritten = (at === 'seen' || at === 'unseen') && record !== null;
  if (!isWritten) {
    const fault = desk?.fault ?? null;
    if (fault !== null) return stop(fault.code, fault.detail);
    return stop(pairingCode(reasonOf(dead, candidate)));
  }
  assert(record.act.kind === 'node.admit', 'an admission was written');
  assert(candidate !== null && meant !== null, 'what was written was agreed to');
  const { body } = record.act;
  const cut =
    body.replaces === undefined ? null : await cutReplaced({ home, signer, nowMs }, body.replaces);
  const own = readIdentityKey(keyHost(), home.folder);
  const holders = holdersOf(home, own.ok ? own.value : null, at === 'seen' ? body.key : null);
  const leftOut = desk?.leftOut ?? [];
  const state = stateOf(home.replica);
  const name = state.members.find(({ key }) => key === body.key)?.shown ?? body.name;
  const document = {
    ...{ id: record.id, seen: at === 'seen', finished: desk?.known === true, holders },
    node: { name, ...candidateDocument(candidate) },
    ...{ grants: body.grants, preset: body.replaces === undefined ? meant.preset : null },
    ...(body.replaces === undefined ? {} : { replaces: body.replaces, leftOut }),
  };
  if (typeof cut === 'object' && cut !== null) {
    throw new Stop({ ...complaintOf(cut.code, cut.detail), facts: document as never });
  }
  if (at === 'unseen') throw new Stop({ ...complaintOf('not-seen'), facts: document as never });
  print.result(document, () => admittedPage({ name, holders, leftOut, body, style: print.style }));
  return 'ok';
}

/** Whoever is there says nothing before the tags: that it ends after ours is its answer to it. */
function reasonOf({ code, typed }: AdmitterDead, candidate: Candidate | null): PairingCode {
  const isAnswer = code === 'they-ended' || code === 'hung-up';
  return isAnswer && typed.tags > 0 && candidate === null ? 'wrong-code' : (code ?? 'they-ended');
}
