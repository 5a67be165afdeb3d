// What the person is asked for in `kith admit`: the options, the operator's passphrase, the code,
// and whether the machine that is there is the one that is meant. It asks and says what came of it;
// what follows from that is admit.ts.

import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { MEMBER_PRESETS, type MemberPreset, isMemberPreset } from '../../../ledger/presets.ts';
import type { MemberState } from '../../../ledger/state.ts';
import type { Candidate } from '../../../pairing/admitter-state.ts';
import { readCode } from '../../../pairing/code.ts';
import type { Secret } from '../../../proto/secret.ts';
import { operatorFolder } from '../../home/folder.ts';
import { keyHost } from '../../home/host.ts';
import { readOperatorKey } from '../../keys/operator.ts';
import type { Signer } from '../../keys/signer.ts';
import { unlockOperator } from '../../keys/unlock.ts';
import { answerTo, hasAsker, openPerson } from '../asker.ts';
import type { Call } from '../command.ts';
import { nameIn } from '../commands/operator-add.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { passphraseSource } from '../desk.ts';
import type { Printer } from '../print.ts';
import { complaintOf, stop, unwrap } from '../sentences.ts';
import { PLAIN } from '../style.ts';
import { type ShownTerms, candidateDocument, candidateLines, nameFor } from './admitted.ts';
import { agreed, askLine, lineOfInput } from './ask.ts';

export interface Wish {
  readonly name: string | null;
  readonly preset: MemberPreset | null;
  readonly replaces: string | null;
  /** An address, or `auto`. */
  readonly ipv4: string | null;
  readonly asks: boolean;
}

export function wishIn(call: Call): Wish {
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
export async function codeTyped(coded: boolean): Promise<Secret> {
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
export async function unlocked(call: Call): Promise<Signer> {
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

/** What the person has said yes to. */
export interface Meant {
  readonly name: string | null;
  readonly preset: MemberPreset;
}

export interface Meeting {
  readonly candidate: Candidate;
  readonly wish: Wish;
  readonly replaces: MemberState | null;
  /** It is a member already. */
  readonly known: boolean;
}

/** Shows who is there, and asks; null: it is not the one that is meant. */
export async function meantBy(meeting: Meeting, print: Printer): Promise<Meant | null> {
  const { candidate, wish, replaces, known } = meeting;
  const { role } = candidate.introduction;
  // What was asked for can only make the rights smaller.
  const preset = wish.preset ?? (isMemberPreset(role) ? role : 'peer');
  const meant = { name: wish.name, preset };
  const terms = { ...meant, replaces, known };
  if (!print.json) print.item({}, () => candidateLines(candidate, terms, print.style));
  if (!wish.asks) return meant;
  const chosen = await chosenBy(candidate, terms);
  if (chosen === null || replaces === null || replaces.removed !== undefined) return chosen;
  const isCut = await agreed(`The key of ${replaces.shown} is in force. Cut it for good?`);
  return isCut ? chosen : null;
}

/** At a program that asks, the person may change name and rights as well. */
async function chosenBy(candidate: Candidate, terms: ShownTerms): Promise<Meant | null> {
  const { name, preset, replaces, known } = terms;
  if (!hasAsker()) {
    const isTheOne = await agreed('Is this the machine that shows the code? Admit it?');
    return isTheOne ? { name, preset } : null;
  }
  const { fingerprint, role, hardware } = candidateDocument(candidate);
  // Of a machine that comes in another's place the rights are known, and of a member all is.
  const isFixed = replaces !== null || known;
  const chosen = await answerTo({
    ask: 'admission',
    ...{ lines: candidateLines(candidate, terms, PLAIN), name: nameFor(candidate, terms) },
    ...{ fingerprint, role, hardware, preset },
    presets: isFixed ? [preset] : Object.keys(MEMBER_PRESETS),
    replaces: replaces?.shown ?? null,
  });
  if (chosen === null || chosen === false) return null;
  return { name: chosen.name, preset: isMemberPreset(chosen.preset) ? chosen.preset : preset };
}
