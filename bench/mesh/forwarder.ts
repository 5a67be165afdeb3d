// A plain forwarder of UDP for two sides, in a machine of the laboratory: what a relay is held
// against. Each side has a port; what comes to one goes out of the other, to whoever spoke there
// last. It asks nobody who they are, and gives as much as it can.

import { type RemoteInfo, createSocket } from 'node:dgram';

const sides = process.argv.slice(2).map((port) => {
  const socket = createSocket('udp6');
  socket.bind(Number(port));
  return { socket, from: null as RemoteInfo | null };
});
for (const [i, side] of sides.entries()) {
  const other = sides[1 - i] as typeof side;
  side.socket.on('message', (packet, from) => {
    side.from = from;
    if (other.from === null) return;
    other.socket.send(packet, other.from.port, other.from.address, () => undefined);
  });
}
