// Seniority: who may cut whom. A rank is the path of admissions from a root, so nobody can grind a
// better one, and resolving authors in rank order decides each cut before its target.
// Spec: docs/ledger.md, "Rank and classes".

/** A root: [-epoch, index]. Anyone else: the rank of who admitted them, then that record's seq. */
export type Rank = readonly number[];
export type MemberClass = 'operator' | 'node' | 'ticket';

export interface Standing {
  readonly class: MemberClass;
  readonly rank: Rank;
}

/** Shorter is senior, then the lesser number at the first difference. Negative: `a` is senior. */
function compareRank(a: Rank, b: Rank): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Operators come before nodes and tickets whatever the path. */
export function compareStanding(a: Standing, b: Standing): number {
  const order = Number(a.class !== 'operator') - Number(b.class !== 'operator');
  return order !== 0 ? order : compareRank(a.rank, b.rank);
}
