// The part of `kith admit` that runs in a process of its own, with the typed code and the
// operator's key: it runs the ceremony, shows who is there, asks, signs and stores the admission.

import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { findMember } from '../../../ledger/find-member.ts';
import {
  MEMBER_PRESETS,
  type MemberPreset,
  isMemberPreset,
  type Passing,
} from '../../../ledger/presets.ts';
import { frontierRoot, memberOf, stateOf } from '../../../ledger/replica.ts';
import type { MemberState, State } from '../../../ledger/state.ts';
import type {
  AdmitterAnswer,
  AdmitterDead,
  AdmitterQuestion,
  AdmitterSelf,
  Candidate,
} from '../../../pairing/admitter-state.ts';
import { readCode } from '../../../pairing/code.ts';
import type { PairingCode } from '../../../pairing/refusals.ts';
import { assert } from '../../../proto/assert.ts';
import { fromBase64url } from '../../../proto/bytes.ts';
import type { Secret } from '../../../proto/secret.ts';
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
import { operatorFolder } from '../../home/folder.ts';
import { keyHost } from '../../home/host.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { besideDaemon, openDesk } from '../../home/desk.ts';
import { LOCK_WAIT_MS_MAX, LOOK_AGAIN_MS } from '../../genesis/limits.ts';
import { StoreFault } from '../../store/faults.ts';
import { readIdentityKey } from '../../keys/identity.ts';
import { readOperatorKey } from '../../keys/operator.ts';
import type { Signer } from '../../keys/signer.ts';
import { unlockOperator } from '../../keys/unlock.ts';
import { monotonicMs, nowMs, randomBytes } from '../../os/clock.ts';
import { prefixesOutside } from '../../os/interfaces.ts';
import { isInterfaceName } from '../../../wg/address.ts';
import { nodePlatform } from '../../platform.ts';
import { answerTo, hasAsker, openPerson, tellStep } from '../asker.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { passphraseSource } from '../desk.ts';
import type { Exit } from '../exit.ts';
import { homeToRead } from '../home.ts';
import type { Printer } from '../print.ts';
import { PLAIN } from '../style.ts';
import { complaintOf, pairingCode, stop, unwrap } from '../sentences.ts';
import { nameIn } from '../commands/operator-add.ts';
import { type Places, placesNamed } from '../place.ts';
import {
  type ShownTerms,
  admittedPage,
  candidateDocument,
  candidateLines,
  nameFor,
} from './admitted.ts';
import { agreed, askLine, lineOfInput } from './ask.ts';
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

interface Wish {
  readonly name: string | null;
  readonly preset: MemberPreset | null;
  readonly replaces: string | null;
  /** An address, or `auto`. */
  readonly ipv4: string | null;
  readonly asks: boolean;
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
  /** Where the operator has another name for it. */
  name: string | null;
  candidate: Candidate | null;
  preset: MemberPreset;
}

function wishIn(call: Call): Wish {
  const preset = call.value('preset') ?? null;
  if (preset !== null && !isMemberPreset(preset)) {
    const hint = 'one of: peer, observer, guest';
    throw new Stop(wrongUse(`${preset} is no preset of machines`, hint));
  }
  const name = call.value('as');
  return {
    name: name === undefined ? null : nameIn(name),
    preset,
    replaces: call.value('replaces') ?? null,
    ipv4: call.value('ipv4') ?? null,
    asks: !call.flag('yes'),
  };
}

/** The code, whole and checked before anything is sent. */
async function codeTyped(coded: boolean): Promise<Secret> {
  if (coded || (!hasAsker() && !process.stdin.isTTY)) {
    const reading = readCode((await lineOfInput()) ?? '');
    if (reading.kind === 'whole') return reading.prs;
    const isNone = reading.kind === 'partial' && reading.shown === '';
    return stop(isNone ? 'code-needed' : 'code-mistyped');
  }
  let question = 'Code on the new machine: ';
  for (;;) {
    const typed = await askLine(question);
    if (typed === null) return stop('cancelled');
    const reading = readCode(typed);
    if (reading.kind === 'whole') return reading.prs;
    question = `${complaintOf('code-mistyped').what}\nCode again: `;
  }
}

/** The operator's key: of this machine, or the one that --key names. */
async function unlocked(call: Call): Promise<Signer> {
  const file = call.value('key');
  if (file !== undefined) {
    const hint =
      'name the key.json of an operator (operator/key.json in a data folder), by its path';
    if (!existsSync(file)) throw new Stop(wrongUse(`--key: there is no file ${file}`, hint));
    if (basename(file) !== 'key.json')
      throw new Stop(wrongUse(`--key: ${file} is no operator key of kith`, hint));
  }
  const folder = file === undefined ? operatorFolder(call.folder) : dirname(file);
  const card = readOperatorKey(keyHost(), folder);
  if (!card.ok && card.code === 'file-missing') return stop('no-operator-key', file ?? '');
  const rules = { source: passphraseSource(call), moved: call.flag('moved'), open: openPerson };
  return unwrap(await unlockOperator(keyHost(), folder, rules));
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
  const preset = wish.preset ?? 'peer';
  return {
    ...{ call, print, signer, wish, self, held, state, replaces, passing, preset },
    ...{ desk: null, name: wish.name, candidate: null },
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

async function draft(candidate: Candidate, work: Work): Promise<AdmitterAnswer> {
  const { held, signer, passing, replaces, wish, name, preset } = work;
  tellStep('drafting', 'the new machine is asked to accept the admission');
  const home = await openedToWrite(held.home);
  held.home = home;
  // What an earlier run has signed and not stored: it may be this very admission.
  unwrap(await finishLost({ home, signer, nowMs }));
  const terms = { name, preset, replaces, ipv4: await ipv4For(home, wish) };
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

/** Shows who is there, and asks. What was asked for can only make the rights smaller. */
async function isMeant(candidate: Candidate, work: Work): Promise<boolean> {
  const { print, wish, replaces, call } = work;
  const { role } = candidate.introduction;
  if (wish.preset === null && isMemberPreset(role)) work.preset = role;
  work.candidate = candidate;
  const known = work.state.members.some(({ key }) => key === candidate.key);
  const terms = { name: work.name, preset: work.preset, replaces, known };
  if (!print.json) print.item({}, () => candidateLines(candidate, terms, print.style));
  if (!wish.asks) return true;
  const isTheOne = hasAsker()
    ? await isChosen(candidate, terms, work)
    : await agreed('Is this the machine that shows the code? Admit it?');
  if (!isTheOne) return false;
  const isAlive = replaces !== null && replaces.removed === undefined;
  if (!isAlive || call.flag('yes')) return true;
  return agreed(`The key of ${replaces.shown} is in force. Cut it for good?`);
}

/** The same of the program that asks, where the person may change name and rights as well. */
async function isChosen(candidate: Candidate, terms: ShownTerms, work: Work): Promise<boolean> {
  const { fingerprint, role, hardware } = candidateDocument(candidate);
  const { preset, replaces, known } = terms;
  // Of a machine that comes in another's place the rights are known, and of a member all is.
  const isFixed = replaces !== null || known;
  const chosen = await answerTo({
    ask: 'admission',
    ...{ lines: candidateLines(candidate, terms, PLAIN), name: nameFor(candidate, terms) },
    ...{ fingerprint, role, hardware, preset },
    presets: isFixed ? [preset] : Object.keys(MEMBER_PRESETS),
    replaces: replaces?.shown ?? null,
  });
  if (chosen === null || chosen === false) return false;
  work.name = chosen.name;
  if (isMemberPreset(chosen.preset)) work.preset = chosen.preset;
  return true;
}

/** What the person is told, and whether the old key is cut. */
async function ended(dead: AdmitterDead, work: Work): Promise<Exit> {
  const { at } = dead;
  const { print, signer, desk, candidate } = work;
  const { home } = work.held;
  const record = desk?.record ?? null;
  const isWritten = (at === 'seen' || at === 'unseen') && record !== null;
  if (!isWritten) {
    const fault = desk?.fault ?? null;
    if (fault !== null) return stop(fault.code, fault.detail);
    return stop(pairingCode(reasonOf(dead, candidate)));
  }
  assert(record.act.kind === 'node.admit' && candidate !== null, 'an admission was written');
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
    ...{ grants: body.grants, preset: body.replaces === undefined ? work.preset : null },
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
