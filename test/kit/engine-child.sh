#!/bin/bash
# An engine in a folder of its own and a mount namespace of its own, started again when it dies; it
# ends, with all its containers, when whoever started this closes its stdin, however that comes.
# FOLDER FLAVOUR
set -u
folder=$1
flavour=$2
# Where something is killed for its memory the monitor of podman leaves a file in this folder.
cd "$folder" || exit 1
# The fake cards: only this engine sees them.
mkdir -p /run/cdi
mount -t tmpfs none /run/cdi && cp "$folder/cards.json" /run/cdi/ || exit 1

podman_own=(podman --root "$folder/root" --runroot "$folder/run" --tmpdir "$folder/tmp")
case $flavour in
  podman)
    export CONTAINERS_CONF=$folder/containers.conf
    export CONTAINERS_REGISTRIES_CONF=$folder/registries.conf
    engine=("${podman_own[@]}" system service --time=0 "unix://$folder/engine.sock")
    ;;
  docker)
    engine=(dockerd --data-root "$folder/root" --exec-root "$folder/run" -H "unix://$folder/engine.sock"
      --pidfile "$folder/dockerd.pid" --iptables=false --ip6tables=false --bridge=none
      --default-ulimit nofile=4096:4096 --default-ulimit nproc=4096:4096)
    ;;
esac

keep() {
  until [ -e "$folder/stop" ]; do
    "${engine[@]}" </dev/null >>"$folder/engine.log" 2>&1 &
    echo $! >"$folder/engine.pid.new" && mv "$folder/engine.pid.new" "$folder/engine.pid"
    wait $!
    sleep 0.05
  done
}
keep &
cat >/dev/null
touch "$folder/stop"
if [ "$flavour" = podman ]; then
  "${podman_own[@]}" rm -fa -t 0 >>"$folder/engine.log" 2>&1
fi
kill "$(cat "$folder/engine.pid")"
wait
