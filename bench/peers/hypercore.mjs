// hypercore: one log per key, a Merkle tree over its blocks, one Ed25519 signature (libsodium) over
// the tree per append call, so a replica checks one signature for all the blocks of one request.
// Storage is RocksDB without a sync per write.

import Hypercore from 'hypercore';
import { join } from 'node:path';
import { mustBe, timed } from './clock.mjs';

const GROUP = 100;

export const merge = 'one writer per log: diverged copies are a fork that truncation settles';

export async function append(payloads, dir) {
  const core = await opened(dir, 'log');
  const blocks = encode(payloads);
  const ms = await timed(async () => {
    for (const block of blocks) await core.append(block);
  });
  mustBe(core.length, blocks.length, 'blocks');
  await core.close();
  return ms;
}

export async function groups(payloads, dir) {
  const core = await opened(dir, 'log');
  const blocks = encode(payloads);
  const ms = await timed(async () => {
    for (let i = 0; i < blocks.length; i += GROUP) await core.append(blocks.slice(i, i + GROUP));
  });
  mustBe(core.length, blocks.length, 'blocks');
  await core.close();
  return ms;
}

/** A replica with the key alone takes every block over an in-process stream of the library. */
export async function ingest(payloads, dir) {
  const source = await opened(dir, 'source');
  await source.append(encode(payloads));
  const replica = new Hypercore(join(dir, 'replica'), source.key);
  await replica.ready();
  const ms = await timed(async () => {
    const ours = replica.replicate(true);
    ours.pipe(source.replicate(false)).pipe(ours);
    await replica.download({ start: 0, end: payloads.length }).done();
  });
  mustBe(replica.contiguousLength, payloads.length, 'blocks');
  return ms;
}

/** Reads the head and the last block: the library checks nothing of the file again. */
export async function open(payloads, dir) {
  const written = await opened(dir, 'log');
  await written.append(encode(payloads));
  await written.close();
  let core;
  const ms = await timed(async () => {
    core = await opened(dir, 'log');
    await core.get(core.length - 1);
  });
  mustBe(core.length, payloads.length, 'blocks');
  await core.close();
  return ms;
}

async function opened(dir, name) {
  const core = new Hypercore(join(dir, name));
  await core.ready();
  return core;
}

function encode(payloads) {
  return payloads.map((payload) => Buffer.from(JSON.stringify(payload)));
}
