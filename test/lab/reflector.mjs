// Run in a machine: a UDP socket at the port of the first word. It says each packet that comes and
// from where, on its standard output, and answers the sender with what that one looks like. Each
// line of its standard input, `ADDRESS PORT`, sends one packet.

import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const socket = createSocket('udp4');
socket.on('message', (bytes, { address, port }) => {
  const text = bytes.toString();
  console.log(`${address} ${port} ${text}`);
  if (text === 'hello') socket.send(`you are ${address} ${port}`, port, address);
});
socket.bind(Number(process.argv[2]), () => console.log('ready'));
createInterface({ input: process.stdin }).on('line', (line) => {
  const [address, port] = line.split(' ');
  socket.send('hello', Number(port), address);
});
