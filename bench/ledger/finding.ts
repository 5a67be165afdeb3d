// One line of the results: what was measured, what stands beside it from the same run, the goal of
// the issue where it names one, and how it is written for people.

export type Unit =
  | ('/s' | 'ms' | 'us' | 's' | 'MB' | 'bytes' | 'trips' | 'checks' | 'asked')
  | ('%' | 'Mbit/s');

export interface Quantity {
  readonly value: number;
  readonly unit: Unit;
}

export interface Finding {
  readonly row: string;
  readonly what: string;
  readonly measured: Quantity;
  /** The floor measured in turn with it. */
  readonly beside?: Quantity & { readonly what: string };
  /** Measured over beside, the median of the paired runs; the other way round for durations. */
  readonly ratio?: number;
  readonly goal?: Goal;
  /** How it was measured, in a sentence. */
  readonly how: string;
}

export interface Goal {
  /** Which number it bounds. */
  readonly of: 'ratio' | 'measured';
  readonly least?: number;
  readonly most?: number;
}

/** Whether the goal is reached; null where there is none. */
export function isReached(finding: Finding): boolean | null {
  const { goal, ratio, measured } = finding;
  if (goal === undefined) return null;
  const value = goal.of === 'ratio' ? ratio : measured.value;
  if (value === undefined) return false;
  return value >= (goal.least ?? 0) && value <= (goal.most ?? Number.POSITIVE_INFINITY);
}

export function quantityText({ value, unit }: Quantity): string {
  const text = grouped(value);
  switch (unit) {
    case '/s':
      return `${text}/s`;
    case 'us':
      return `${text} µs`;
    case 'trips':
      return value === 1 ? '1 round trip' : `${text} round trips`;
    case 'asked':
      return `${value.toFixed(2)} hosts`;
    case 'checks':
      return `${text} signature checks`;
    default:
      return `${text} ${unit}`;
  }
}

/** Three digits that matter, and thousands apart. */
export function grouped(value: number): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function goalText(finding: Finding): string {
  const { goal, measured } = finding;
  if (goal === undefined) return '';
  const text = (bound: number): string =>
    goal.of === 'ratio' ? `${bound} x` : quantityText({ value: bound, unit: measured.unit });
  return [
    goal.least === undefined ? '' : `≥ ${text(goal.least)}`,
    goal.most === undefined ? '' : `≤ ${text(goal.most)}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

export function ratioText(finding: Finding): string {
  return finding.ratio === undefined ? '' : `${finding.ratio.toFixed(2)} x`;
}

export function verdictText(finding: Finding): string {
  const reached = isReached(finding);
  return reached === null ? '' : reached ? 'reached' : '**missed**';
}
