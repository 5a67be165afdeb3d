// What this machine and its user are called, as host labels: the names that commands propose.

import { hostname, userInfo } from 'node:os';

/** `Ada's Laptop.local` as `ada-s-laptop`; `fallback` where nothing is left. */
export function hostLabel(text: string, fallback: string): string {
  const label = text
    .split('.', 1)
    .join('')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? fallback : label;
}

export function machineLabel(): string {
  return hostLabel(hostname(), 'node');
}

export function userLabel(): string {
  try {
    return hostLabel(userInfo().username, 'operator');
  } catch {
    // A user without an entry, as in containers.
    return 'operator';
  }
}
