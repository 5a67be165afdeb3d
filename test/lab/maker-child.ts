// The child of crash.test.ts: makes a laboratory with everything that could be left behind, says
// its folder, and waits to be killed.

import { fabric } from './fabric.ts';
import { lab } from './lab.ts';
import { machine } from './machine.ts';

const net = await lab();
const inside = await net.lan();
await net.nat('endpoint-dependent', { inside, outside: await net.lan({ public: true }) });
const other = await fabric();
const own = await machine('own');
const lan = await other.lan();
await other.cable(own, lan, { device: 'eth0', address: other.addressIn(lan), shaped: true });
await own.must(['wireguard-go', 'lab0']);
own.start(['sleep', '1000000']);
process.stdout.write(`${net.folder}\n`);
