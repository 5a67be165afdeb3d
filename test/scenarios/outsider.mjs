// Run in a machine, by whomever: does to members what somebody without a key can do, one deed from
// standard input as JSON, and says in one line of JSON what came of it. Bytes are base64.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';

// For one that never answers: what is asked is whether the other end closes by itself.
const PATIENCE_MS = 60_000;

const say = (value) => console.log(JSON.stringify(value));
const bytesOf = (base64) => Buffer.from(base64, 'base64');

/** Sends the bytes when it is connected; all that comes until the end. */
function exchange(socket, ready, bytes) {
  const parts = [];
  let [connected, ended, error] = [false, false, null];
  const late = setTimeout(() => socket.destroy(), PATIENCE_MS);
  socket.once('connect', () => (connected = true));
  socket.once(ready, () => socket.write(bytes));
  socket.on('data', (part) => parts.push(part));
  socket.on('end', () => (ended = true));
  socket.on('error', ({ code }) => (error = code));
  return new Promise((resolve) => {
    socket.on('close', () => {
      clearTimeout(late);
      const received = Buffer.concat(parts).toString('latin1');
      resolve({ connected, closed: ended || error !== null, error, received });
    });
  });
}

const DEEDS = {
  path: ({ path, bytes }) => exchange(connect(path), 'connect', bytesOf(bytes)),
  tcp: ({ to, bytes }) => exchange(connect(to), 'connect', bytesOf(bytes)),
  tls: ({ to, bytes, cert, key }) => {
    const tls = { cert, key, rejectUnauthorized: false, sigalgs: 'ed25519' };
    return exchange(connectTls({ ...to, ...tls }), 'secureConnect', bytesOf(bytes));
  },
  // As often as asked, a moment apart: what comes back in all that time.
  udp: ({ to, from, bytes, times }) =>
    new Promise((resolve) => {
      const answers = [];
      let error = null;
      const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (answer) => answers.push(answer.toString('base64')));
      socket.on('error', ({ code }) => (error = code));
      const send = (left) => {
        if (left > 0) socket.send(bytesOf(bytes), (failed) => (error ??= failed?.code ?? null));
        if (left > 0) setTimeout(send, 100, left - 1);
        else socket.close(() => resolve({ answers, error }));
      };
      socket.bind({ address: from, port: 0 }, () => {
        socket.connect(to.port, to.host, () => send(times));
      });
    }),
  // Stays until its maker closes its input; says each time how many are held, and how many were
  // closed.
  flood({ to, count }) {
    let [held, closed] = [0, 0];
    for (let i = 0; i < count; i++) {
      const socket = connect(to);
      socket.on('error', () => undefined);
      socket.on('connect', () => (held += 1));
      socket.on('close', () => (closed += 1));
    }
    setInterval(() => say({ held, closed }), 200);
  },
  // Hears the beacons of the others, sends each again as its own, and says who then comes to the
  // port that they name.
  echo({ broadcast, port }) {
    const beacons = createSocket({ type: 'udp4', reuseAddr: true });
    const own = new Set();
    beacons.bind(7_450, () => beacons.setBroadcast(true));
    beacons.on('message', (bytes) => own.add(bytes.toString('base64')));
    setInterval(() => {
      for (const one of [...own].slice(-8)) beacons.send(bytesOf(one), 7_450, broadcast);
      say({ beacons: own.size });
    }, 1_000);
    const door = createSocket('udp4');
    door.bind(port);
    door.on('message', (bytes, from) => say({ visitor: from.address, size: bytes.length }));
  },
};

const lasting = process.argv[1] === 'lasting';
const lines = lasting ? null : await text(process.stdin);
if (lines !== null) say(await DEEDS[JSON.parse(lines).deed](JSON.parse(lines)));
else {
  const deed = JSON.parse(process.argv[2]);
  DEEDS[deed.deed](deed);
  process.stdin.on('end', () => process.exit(0)).resume();
}
