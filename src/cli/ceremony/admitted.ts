// What an operator is shown of a new machine, before and after its admission.

import type { Grant } from '../../../ledger/grant.ts';
import type { NodeAdmitBody } from '../../../ledger/kinds.ts';
import { MEMBER_PRESETS, type MemberPreset } from '../../../ledger/presets.ts';
import type { MemberState } from '../../../ledger/state.ts';
import type { Candidate } from '../../../pairing/admitter-state.ts';
import type { Hardware } from '../../../proto/hardware.ts';
import { fingerprint } from '../../../proto/fingerprint.ts';
import type { Key } from '../../../proto/ids.ts';
import type { Holders } from '../../genesis/admission.ts';
import { nodePlatform } from '../../platform.ts';
import { grantTexts } from '../grants.ts';
import { plain } from '../print.ts';
import type { Style } from '../style.ts';
import { columnsOf } from '../table.ts';
import { mibText } from '../../../proto/sizes.ts';
import { counted } from '../../../proto/when.ts';

export interface ShownTerms {
  readonly name: string | null;
  readonly preset: MemberPreset;
  readonly replaces: MemberState | null;
  /** It is a member already: this run only brings it the record. */
  readonly known: boolean;
}

export function candidateLines(
  candidate: Candidate,
  { name, preset, replaces, known }: ShownTerms,
  style: Style,
): string[] {
  const { introduction } = candidate;
  const given = nameFor(candidate, { name, replaces });
  const rights =
    replaces === null
      ? `${preset}: ${MEMBER_PRESETS[preset].what}`
      : `those of ${replaces.shown}, as far as you can give them`;
  const rows = [
    ['name', given === candidate.name ? given : `${given} (it calls itself ${candidate.name})`],
    ['fingerprint', style.bold(fingerprint(candidate.key, nodePlatform))],
    ['', 'compare it with the one on its console'],
    ...hardwareRows(introduction.hardware),
    ['asks to be', introduction.role],
    ...(known ? [['admitted', 'already; this finishes it']] : [['gets', rights]]),
    ...(replaces === null ? [] : [['in place of', `${replaces.shown}, whose key is cut`]]),
  ];
  return ['', ...columnsOf(rows, { indent: 2 }), ''];
}

/** What it will be called. */
export function nameFor(
  candidate: Candidate,
  { name, replaces }: Pick<ShownTerms, 'name' | 'replaces'>,
): string {
  return name ?? replaces?.name ?? candidate.name;
}

function hardwareRows({ model, system, cpu, cores, ...more }: Hardware): string[][] {
  const { memoryMib, diskMib, gpus } = more;
  const cards = gpus.map((gpu) => plain(gpu.name)).join(', ');
  return [
    ['machine', plain(model)],
    ['system', plain(system)],
    ['processor', `${plain(cpu)}, ${counted(cores, 'core')}`],
    ['memory', `${mibText(memoryMib)}; ${mibText(diskMib)} of disk free`],
    ...(cards === '' ? [] : [['graphics', cards]]),
  ];
}

export function candidateDocument(candidate: Candidate): {
  key: Key;
  fingerprint: string;
  role: string;
  hardware: Hardware;
} {
  const { role, hardware } = candidate.introduction;
  const print4 = fingerprint(candidate.key, nodePlatform);
  return { key: candidate.key, fingerprint: print4, role, hardware };
}

export interface Admitted {
  readonly name: string;
  readonly holders: Holders;
  readonly leftOut: readonly Grant[];
  readonly body: NodeAdmitBody;
  readonly style: Style;
}

export function admittedPage({ name, holders, leftOut, body, style }: Admitted): string[] {
  const { holding, of } = holders;
  const rights = grantTexts(body.grants).join('; ') || 'no rights';
  const missing = leftOut.map((grant) => `kith grant ${name} ${grant.action}`);
  return [
    `${style.bold(name)} is admitted, and holds the whole ledger.`,
    ...columnsOf([['may', rights]], { indent: 2 }),
    `  ${holding} of ${counted(of, 'node')} are known to hold the record; the others get it by sync.`,
    ...(missing.length === 0 ? [] : ['You cannot hand on all that it had. Who can, may run:']),
    ...missing.map((line) => `  ${line}`),
  ];
}
