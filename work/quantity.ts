// Amounts as people write them, `8GiB`, `500m`, `5m`, as the integers that everything counts in. An
// amount that does not come out whole is refused and never rounded. Spec: docs/work.md, "Amounts".

export type Unit = 'milli' | 'mib' | 'bytes' | 'seconds';

interface UnitFacts {
  /** For the sentence of a refusal: "say it as …". */
  readonly example: string;
  /** How many of the base unit each suffix is worth, in thousandths. */
  readonly suffixes: Readonly<Record<string, number>>;
}

const KIB = 1_024;
const MIB: number = KIB * KIB;

export const UNITS: Readonly<Record<Unit, UnitFacts>> = {
  milli: { example: '2 or 500m', suffixes: { '': 1_000_000, m: 1_000 } },
  mib: {
    example: '512MiB or 8GiB',
    suffixes: { MiB: 1_000, GiB: 1_000 * KIB, TiB: 1_000 * MIB },
  },
  bytes: {
    example: '64KiB or 1MiB',
    suffixes: { B: 1_000, KiB: 1_000 * KIB, MiB: 1_000 * MIB, GiB: 1_000 * MIB * KIB },
  },
  seconds: {
    example: '30s, 5m, 2h or 1d',
    suffixes: { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  },
};

// Nine digits times a TiB in thousandths stay below 2^63, not below 2^53: BigInt counts them.
const AMOUNT = /^(\d{1,9})(?:\.(\d{1,3}))? ?([A-Za-z]*)$/;

/** The integer of an amount, or null where it is none. */
export function amountIn(unit: Unit, text: string): number | null {
  const [, whole = '', part = '', suffix = ''] = AMOUNT.exec(text) ?? [];
  const { suffixes } = UNITS[unit];
  if (whole === '' || !Object.hasOwn(suffixes, suffix)) return null;
  const thousandths = BigInt(whole) * 1_000n + BigInt(part.padEnd(3, '0'));
  const scaled = thousandths * BigInt(suffixes[suffix] as number);
  if (scaled % 1_000_000n !== 0n) return null;
  const amount = Number(scaled / 1_000_000n);
  return Number.isSafeInteger(amount) ? amount : null;
}
