#!/bin/sh
# Makes a clone ready to run: the slow path of ./kith and the first step of `npm test`. One at a
# time: a second start waits for the kernel's lock, which ends with the process that holds it.
# Says what it does on stderr; 70 when it could not.

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 70

if ! command -v node >/dev/null; then
  echo 'kith needs Node 20.19 or newer and finds no node in PATH: install it from nodejs.org.' >&2
  exit 70
fi
# In words that any Node reads.
if ! node -e 'var v = process.versions.node.split(".").map(Number);
  process.exit(v[0] > 20 || (v[0] === 20 && v[1] >= 19) ? 0 : 1)'; then
  echo "kith needs Node 20.19 or newer; this is $(node --version). Install one from nodejs.org." >&2
  exit 70
fi

exec 9<"$here/ready.sh"
if ! command -v flock >/dev/null; then
  echo 'kith: no flock on this machine: do not start kith twice until this has ended.' >&2
elif ! flock -n 9; then
  echo 'kith: another start is installing or building; waiting for it.' >&2
  flock 9
fi

node "$here/ready.mjs" "$@" >&2
