// What the new machine answers to the questions of a ceremony: with its own keys, from its own
// disk. Spec: docs/pairing.md, "The newcomer".

import { SCHEMAS } from '../../ledger/kinds.ts';
import type { NodeAdmitBody } from '../../ledger/kinds.ts';
import { acceptanceMessage } from '../../ledger/proof.ts';
import type { NewcomerAnswer, NewcomerQuestion } from '../../pairing/newcomer-state.ts';
import { fromBase64url, utf8 } from '../../proto/bytes.ts';
import type { Key, RecordId, Signature } from '../../proto/ids.ts';
import { parseCanonical } from '../../proto/json.ts';
import type { KeyHost } from '../keys/host.ts';
import type { Identity } from '../keys/identity.ts';
import { type Delivery, deliveryInto } from './delivery.ts';
import { type VerifyPool, verifyPool } from '../store/verify-pool.ts';
import { REHEARSED_RECORDS } from './limits.ts';
import { madeUpLines } from './made-up.ts';
import { keepReachable } from './reachable.ts';
import { rehearse } from './rehearsal.ts';

export interface NewcomerDesk {
  /** Once the code is shown: while a person types it there is time for what will be needed. */
  prepare(): void;
  answer(run: number, question: NewcomerQuestion): Promise<NewcomerAnswer>;
  /** Removes what runs have put aside. */
  close(): void;
}

export function newcomerDesk(host: KeyHost, identity: Identity, folder: string): NewcomerDesk {
  const threads = verifyPool();
  const deliveries = new Map<number, Delivery>();
  const deliveryOf = (run: number): Delivery => {
    const held = deliveries.get(run) ?? deliveryInto(folder, run, threads);
    deliveries.set(run, held);
    return held;
  };
  return {
    prepare() {
      threads.start();
      rehearse();
      void rehearseDelivery(folder, threads);
    },
    async answer(run, question) {
      switch (question.what) {
        case 'claim':
          return { kind: 'claimed', claim: identity.wireguard.claim(question.network) };
        case 'sign':
          return { kind: 'signed', signature: signed(identity, question.message) };
        case 'accept':
          return accept(identity, question);
        case 'take':
          await deliveryOf(run).take(question.lines);
          return { kind: 'taken' };
        case 'verify': {
          const { network, record, members } = question;
          const { publicKey: key } = identity;
          const isBelieved = await deliveryOf(run).believe({ network, record, key });
          if (isBelieved) keepReachable(host, folder, members);
          return { kind: isBelieved ? 'believed' : 'refused' };
        }
      }
    },
    close() {
      for (const delivery of deliveries.values()) delivery.drop();
      void threads.close();
    },
  };
}

/** Runs are counted from one. */
const NO_RUN = 0;

async function rehearseDelivery(folder: string, threads: VerifyPool): Promise<void> {
  try {
    const delivery = deliveryInto(folder, NO_RUN, threads);
    await delivery.take(utf8(`${madeUpLines(REHEARSED_RECORDS).join('\n')}\n`));
    delivery.drop();
  } catch {
    // What fails here fails again where it counts.
  }
}

function signed({ signer }: Identity, message: Uint8Array): Uint8Array {
  return fromBase64url(signer.signOther(message)) as Uint8Array;
}

/** Any signature of the right length: the shape of a body is checked before it has its own. */
const SOME_SIGNATURE = 'A'.repeat(86) as Signature;

function accept(
  identity: Identity,
  { network, admitter, body: text }: { network: RecordId; admitter: Key; body: string },
): NewcomerAnswer {
  const parsed = parseCanonical(text);
  if ('why' in parsed) return { kind: 'refused' };
  const body = parsed.value as unknown as NodeAdmitBody;
  const whole = { ...body, acceptance: SOME_SIGNATURE };
  if (SCHEMAS['node.admit'](whole as never) !== null) return { kind: 'refused' };
  const message = acceptanceMessage(network, admitter, body);
  return { kind: 'accepted', signature: signed(identity, message) };
}
