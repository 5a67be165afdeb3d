// The child of relay.test.ts, in a machine of the laboratory: a relay for members whose keys are
// its arguments (`NAME=BASE64`). A line `lease A B` is answered by the ports, `counts` by the
// counts.

import { createInterface } from 'node:readline';
import type { Key } from '../../proto/ids.ts';
import { openRelay } from '../../src/mesh/relay-socket.ts';

const keys = new Map<string, Uint8Array>();
for (const word of process.argv.slice(2)) {
  const at = word.indexOf('=');
  keys.set(word.slice(0, at), Buffer.from(word.slice(at + 1), 'base64'));
}
const relay = openRelay({ publicKeyOf: (member) => keys.get(member) ?? null });
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
say('ready');
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [what, a = '', b = ''] = line.split(' ');
    if (what === 'counts') say(relay.counts());
    else void relay.lease(a as Key, b as Key).then(say);
  })
  .on('close', () => void relay.close());
