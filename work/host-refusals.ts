// Why a host does not take a piece of work, or does not do what a placer asks: one table, printed
// in docs/errors.md. A refusal is signed, and carries the missing number where it is one. Spec:
// docs/running.md, "Requests".

import type { RefusalCode } from './documents.ts';

export interface AnswerFacts {
  readonly what: string;
  readonly hint: string;
  /** Whether another host may take it. */
  readonly elsewhere: boolean;
}

export const HOST_REFUSALS: Readonly<Record<RefusalCode, AnswerFacts>> = {
  'no-cpu': {
    what: 'too few cores are left to promise',
    hint: 'ask for less, or for another node',
    elsewhere: true,
  },
  'no-mem': {
    what: 'too little memory is left to promise, or free at this moment',
    hint: 'ask for less, or for another node; `kith work` shows what runs there',
    elsewhere: true,
  },
  'no-disk': {
    what: 'too little room is left on the disk, or its journal cannot be written',
    hint: 'ask for less, or make room there',
    elsewhere: true,
  },
  'no-gpu': {
    what: 'too few cards of that kind are free',
    hint: 'each card has one holder; ask for less, or wait for one',
    elsewhere: true,
  },
  'gpu-unhealthy': {
    what: 'there are such cards, and they do not answer',
    hint: 'look at `nvidia-smi` there',
    elsewhere: true,
  },
  'no-port': {
    what: 'a port that the work is to be published at is taken on the host',
    hint: 'give another hostPort, or none: then the host chooses one that is free',
    elsewhere: true,
  },
  'no-cap': {
    what: 'the host knows of no right by which this may be placed there',
    hint: 'an operator gives it: `kith grant NODE place.job`; a new one must reach the host first',
    elsewhere: true,
  },
  draining: {
    what: 'the host takes no new work',
    hint: '`kith resume NODE` ends that',
    elsewhere: true,
  },
  recovering: {
    what: 'the host has just come up and looks for the work that it had',
    hint: 'ask again in some seconds',
    elsewhere: true,
  },
  'past-start-by': {
    what: 'the time by which it must have begun is over',
    hint: 'give it a later limits.startBy',
    elsewhere: false,
  },
  'stale-generation': {
    what: 'the host knows a later generation of this work',
    hint: 'its owner has placed it again since: `kith work show ID`',
    elsewhere: false,
  },
  'not-authorised': {
    what: 'another node answers for this work',
    hint: 'say it on the node that placed it, or have `work.stop`',
    elsewhere: false,
  },
  'digest-mismatch': {
    what: 'by this id the host knows another spec',
    hint: 'a changed spec is other work: give it an id of its own',
    elsewhere: false,
  },
  'no-driver': {
    what: 'the host has nothing to run such work with',
    hint: '`kith doctor` there says what to install',
    elsewhere: true,
  },
  'too-much': {
    what: 'it is more than the right to place allows',
    hint: 'ask for less, wait for other work to end, or ask an operator for a wider grant',
    elsewhere: false,
  },
  'unknown-work': {
    what: 'the host has no such work',
    hint: 'a reservation lapses after half a minute; `kith work` shows what runs where',
    elsewhere: false,
  },
  'not-addressed': {
    what: 'the request is for another node',
    hint: 'it was sent on by somebody; nothing was done',
    elsewhere: false,
  },
  'stale-request': {
    what: 'the request is old, or the clock of one of the two is wrong',
    hint: 'compare `date` on both',
    elsewhere: true,
  },
  policy: {
    what: 'the host does not do that now',
    hint: 'the detail says why',
    elsewhere: true,
  },
};
