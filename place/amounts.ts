// Amounts in sentences: rounded so that nobody is told that 8 GiB do not go into 8.0. What is asked
// for is rounded up, what there is is rounded down.

const MIB_A_GIB = 1_024;
const MIB_A_TIB = 1_048_576;
const TENTHS = 10;

/** `512 MiB`, `8 GiB`, `5.2 GiB`, `60 TiB`. */
export function mibText(mib: number, toward: 'up' | 'down'): string {
  if (mib < MIB_A_GIB) return `${mib} MiB`;
  return mib < MIB_A_TIB
    ? `${tenths(mib, MIB_A_GIB, toward)} GiB`
    : `${tenths(mib, MIB_A_TIB, toward)} TiB`;
}

/** What is needed and what there is: `8 GiB of memory, 5.2 free`, `60 TiB of disk, 9 GiB free`. */
export function needText(needMib: number, of: string, hasMib: number): string {
  if (needMib < MIB_A_GIB) return `needs ${needMib} MiB of ${of}, ${hasMib} free`;
  // In one unit, unless what there is would be next to nothing in it.
  const has = needMib < MIB_A_TIB ? tenths(hasMib, MIB_A_GIB, 'down') : mibText(hasMib, 'down');
  return `needs ${mibText(needMib, 'up')} of ${of}, ${has} free`;
}

/** `2`, `0.5`: cores. */
export function coresText(milli: number, toward: 'up' | 'down'): string {
  return tenths(milli, 1_000, toward);
}

function tenths(amount: number, unit: number, toward: 'up' | 'down'): string {
  const exact = (amount * TENTHS) / unit;
  const count = toward === 'up' ? Math.ceil(exact) : Math.floor(exact);
  const part = count % TENTHS;
  return part === 0 ? String(count / TENTHS) : `${(count - part) / TENTHS}.${part}`;
}
