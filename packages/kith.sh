#!/bin/sh
# Starts kith as it was packaged. Whose folder it is, decides as whom: what root does in the folder
# of another user, it does as that user, so that the daemon can read it afterwards; with root's
# right to open files and to make interfaces, so that it goes wherever root would. Without a word of
# it root means the folder of this machine, and everybody else their own. Spec: docs/packages.md.

machine=/var/lib/kith
lib=/usr/lib/kith
node=$lib/node
[ -x "$node" ] || node=node

if [ "$(id -u)" -eq 0 ]; then
  export KITH_DIR="${KITH_DIR:-$machine}"
  folder=$KITH_DIR
  last=
  for word in "$@"; do
    [ "$last" = --dir ] && folder=$word
    case $word in
      --dir=*) folder=${word#--dir=} ;;
      --) break ;;
    esac
    last=$word
  done
  owner=$(stat -c %u -- "$folder" 2>/dev/null || echo 0)
  if [ "$owner" -ne 0 ]; then
    group=$(stat -c %g -- "$folder")
    may=-all,+dac_override,+net_admin,+net_raw
    exec setpriv --reuid="$owner" --regid="$group" --clear-groups --inh-caps=$may \
      --ambient-caps=$may -- "$node" "$lib/dist/src/main.js" "$@"
  fi
fi

exec "$node" "$lib/dist/src/main.js" "$@"
