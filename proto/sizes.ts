// Sizes as people read them, in the unit that makes them short.

const STEP = 1024;

/** `512 MiB`, `7.8 GiB`, `60 TiB`. */
export function mibText(mib: number): string {
  return scaled(mib, ['MiB', 'GiB', 'TiB', 'PiB']);
}

export function bytesText(bytes: number): string {
  return scaled(bytes, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

function scaled(amount: number, units: readonly string[]): string {
  let at = 0;
  let left = amount;
  while (left >= STEP && at < units.length - 1) {
    left /= STEP;
    at++;
  }
  // Beside whole hundreds a tenth says nothing; of the smallest unit there are no parts.
  const digits = at === 0 || left >= 100 ? 0 : 1;
  return `${left.toFixed(digits)} ${units[at]}`;
}
