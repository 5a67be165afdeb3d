#!/bin/sh
# What kith-names.service runs: the program of src/names.ts under the Node of this package.
node=/usr/lib/kith/node
[ -x "$node" ] || node=node
exec "$node" /usr/lib/kith/dist/src/names.js "$@"
