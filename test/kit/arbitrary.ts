// Histories as fast-check makes and shrinks them: lists of small steps.

import fc from 'fast-check';
import { type Step, STEP_MAX } from './history.ts';

/** Histories per property; KITH_RUNS asks for more. */
export const RUNS = Number(process.env['KITH_RUNS'] ?? 120);

/** More histories take longer: the soak allows for it. */
export const PATIENCE_MS = Number(process.env['KITH_PATIENCE_MS'] ?? 30_000);

const nat = fc.nat({ max: STEP_MAX });
export const histories: fc.Arbitrary<Step[]> = fc.array(fc.tuple(nat, nat, nat, nat, nat), {
  minLength: 3,
  maxLength: 40,
  size: 'max',
});
