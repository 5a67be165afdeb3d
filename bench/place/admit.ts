// How long a host takes to answer a signed reservation, and how many it takes a second: reading and
// checking the request, the step of the host, its journal with one sync for all that wait, and the
// signed answer. Many placers ask at once. Beside it the same journal, one bare line at a time.

import { generateKeyPairSync, sign } from 'node:crypto';
import type { Json } from '../../proto/json.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { nodePlatform } from '../../src/platform.ts';
import { realDisk } from '../../src/store/disk.ts';
import { openWorkJournal } from '../../src/work/journal.ts';
import type { Request, SignedDocument } from '../../work/documents.ts';
import { hostFrom } from '../../work/host-recovery.ts';
import type { Effect, Host, Input, Said } from '../../work/host-state.ts';
import { stepHost } from '../../work/host.ts';
import { documentMessage, readRequest } from '../../work/signing.ts';
import { readSpec, specDigest } from '../../work/spec.ts';
import { percentile } from '../ledger/measure.ts';

export interface Admitted {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** One line and one sync, the median. */
  readonly bareMs: number;
}

const ROOMY = {
  ...{ cpuMilli: 1_024_000, memMiB: 4_194_304, diskMiB: 4_194_304, cards: [] },
  ...{ memAvailableMiB: 4_194_304, diskAvailableMiB: 4_194_304 },
};

interface Signer {
  readonly key: Key;
  sign(message: Uint8Array): string;
}

function signer(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return {
    key: x as Key,
    sign: (message) => sign(null, message, privateKey).toString('base64url'),
  };
}

export async function admitted(
  folder: string,
  placers: number,
  seconds: number,
): Promise<Admitted> {
  const journal = await openWorkJournal(realDisk, folder);
  const bare: number[] = [];
  for (let i = 0; i < 50; i++) {
    const began = performance.now();
    await journal.append([JSON.stringify({ is: 'counts', completed: 0, failed: i })]);
    bare.push(performance.now() - began);
  }
  const [placer, self] = [signer(), signer()];
  const heard = new Map<Digest, (said: Said) => void>();
  let host: Host = hostFrom(self.key, [], 'bench', now());
  let waiting: Effect[] = [];
  let isWriting = false;

  const give = (input: Input): void => {
    const { host: next, out } = stepHost(host, input, now());
    host = next;
    for (const effect of out) {
      if (effect.do === 'store') waiting.push(effect);
      else if (effect.do === 'answer') reply(effect);
    }
    if (!isWriting && waiting.length > 0) void write();
  };
  const write = async (): Promise<void> => {
    isWriting = true;
    const batch = waiting.flatMap((effect) => (effect.do === 'store' ? [effect] : []));
    waiting = [];
    await journal.append(batch.map(({ entry }) => JSON.stringify(entry)));
    isWriting = false;
    give({ is: 'stored', upTo: batch.at(-1)?.seq ?? 0 });
    if (waiting.length > 0) void write();
  };
  const reply = ({ re, to, said }: Extract<Effect, { do: 'answer' }>): void => {
    const { id, generation, digest, from, to: node } = to;
    const head = {
      v: 1,
      id,
      generation,
      digest,
      from: node,
      to: from,
      at: Date.now(),
      re,
    } as const;
    self.sign(documentMessage({ ...head, ...said }));
    heard.get(re)?.(said);
    heard.delete(re);
  };
  const ask = (signed: SignedDocument): Promise<Said> =>
    new Promise((resolve, reject) => {
      const read = readRequest(signed, nodePlatform);
      if (!read.ok) {
        reject(new Error(`${read.code} ${read.detail}`));
        return;
      }
      const { document: request, digest: re } = read.value;
      heard.set(re, resolve);
      const right = { may: true, grant: null, concurrent: null } as const;
      const estimate = request.say === 'reserve' ? { memMiB: 64, diskMiB: 0 } : null;
      give({ is: 'request', re, request, right, estimate });
    });

  give({ is: 'facts', facts: ROOMY });
  give({ is: 'recovered', found: [] });
  const requests = requestsOf(placer, self.key);
  const took: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1_000;
  await Promise.all(
    Array.from({ length: placers }, async () => {
      while (performance.now() < until) {
        const { reserve, cancel } = requests();
        const asked = performance.now();
        const said = await ask(reserve);
        took.push(performance.now() - asked);
        if (said.say !== 'reserved') throw new Error(`refused: ${JSON.stringify(said)}`);
        await ask(cancel);
      }
    }),
  );
  const tookS = (performance.now() - began) / 1_000;
  await journal.close();
  return {
    ...{ p50Ms: percentile(took, 50), p99Ms: percentile(took, 99) },
    ...{ perSecond: took.length / tookS, bareMs: percentile(bare, 50) },
  };
}

function now(): { monoMs: number; wallMs: number } {
  return { monoMs: performance.now(), wallMs: Date.now() };
}

/** Signed as they are asked for: the time of that is the placer's, and not measured. */
function requestsOf(
  { key, sign: signed }: Signer,
  to: Key,
): () => { reserve: SignedDocument; cancel: SignedDocument } {
  const resources = { cpuMilli: 100, memMiB: 64, diskMiB: 0 };
  const read = readSpec({ name: 'work', job: { image: 'busybox' }, resources });
  if (!read.ok) throw new Error(read.detail);
  const spec = read.value;
  const digest = specDigest(spec, nodePlatform);
  let count = 0;
  const paper = (request: Request): SignedDocument => ({
    document: request as unknown as Json,
    signature: signed(documentMessage(request)),
  });
  return () => {
    const id = `01JE2HZ6Q3M8Y5T0${String(count++).padStart(10, '0')}`;
    const head = { v: 1, id, generation: 1, digest, from: key, to, at: Date.now() } as const;
    return {
      reserve: paper({ ...head, say: 'reserve', spec }),
      cancel: paper({ ...head, say: 'cancel' }),
    };
  };
}
