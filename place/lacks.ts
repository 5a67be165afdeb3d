// Why a node cannot take a piece of work: a code, the numbers that are missing, and the sentence
// for a person: "needs 8 GiB of memory, 5.2 free". The table is printed in docs/errors.md.

export type LackCode =
  | 'place-frozen'
  | 'place-cloned'
  | 'place-drained'
  | 'place-takes-none'
  | 'place-not-ready'
  | 'place-no-driver'
  | 'place-observer'
  | 'place-unheard'
  | 'place-not-alive'
  | 'place-no-right'
  | 'place-over-right'
  | 'place-not-named'
  | 'place-avoided'
  | 'place-no-label'
  | 'place-other-arch'
  | 'place-unknown-room'
  | 'place-no-cpu'
  | 'place-no-memory'
  | 'place-no-disk'
  | 'place-no-gpu';

export interface Lack {
  readonly code: LackCode;
  /** For this node: with the numbers. */
  readonly why: string;
  /** What was asked for and what there is, in the unit of the spec, where it is a number. */
  readonly needs?: number;
  readonly has?: number;
}

export interface LackFacts {
  readonly what: string;
  readonly hint: string;
}

export const PLACE_REFUSALS: Readonly<Record<LackCode, LackFacts>> = {
  'place-frozen': {
    what: 'the node wrote two records at one place, and is frozen',
    hint:
      'an operator settles it: `kith remove` with --at naming the record that stands; the machine ' +
      'joins again with a new key',
  },
  'place-cloned': {
    what: 'two machines speak with the key of the node',
    hint: 'stop one of them; if it was copied, remove the node and admit both anew',
  },
  'place-drained': {
    what: 'the node is being emptied',
    hint: '`kith set drained/NODE --unset` lets work come again',
  },
  'place-takes-none': {
    what: 'the node takes no work',
    hint: '`kith status` there says why: it may be a copy, or of an older version',
  },
  'place-not-ready': {
    what: 'the daemon of the node has just started, or is being replaced',
    hint: 'wait a little: it says when it is ready',
  },
  'place-no-driver': {
    what: 'the node has nothing to run such work with',
    hint: '`kith doctor` there says what to install',
  },
  'place-observer': {
    what: 'the node is an observer or a guest: it places no such work, and takes none',
    hint: '`kith grant NODE place.job` makes it one that does',
  },
  'place-unheard': {
    what: 'nothing was heard of the node itself',
    hint: 'is its daemon running with a mesh? `kith peers` shows the link to it',
  },
  'place-not-alive': {
    what: 'the node has been silent for too long',
    hint: '`kith peers` says what is wrong with the link to it',
  },
  'place-no-right': {
    what: 'this machine may not place such work there',
    hint: 'an operator gives the right: `kith grant NODE place.job`',
  },
  'place-over-right': {
    what: 'the work is larger than the right to place allows',
    hint: 'ask for less, or an operator for a wider grant',
  },
  'place-not-named': {
    what: 'the spec names other nodes',
    hint: 'see constraints.nodes in the spec',
  },
  'place-avoided': { what: 'the spec avoids the node', hint: 'see constraints.avoid in the spec' },
  'place-no-label': {
    what: 'the node lacks a label that the spec needs',
    hint: 'see constraints.need in the spec; `kith nodes` lists the labels',
  },
  'place-other-arch': {
    what: 'the processor of the node is another, or unknown',
    hint: 'a node says its own by the label arch-amd64 or arch-arm64',
  },
  'place-unknown-room': {
    what: 'the node does not know how much it has',
    hint: 'unknown is not taken for room: see `kith doctor` there',
  },
  'place-no-cpu': { what: 'too few cores', hint: 'ask for less, or for another node' },
  'place-no-memory': { what: 'too little memory', hint: 'ask for less, or for another node' },
  'place-no-disk': {
    what: 'too little room on the disk',
    hint: 'ask for less, or make room there',
  },
  'place-no-gpu': {
    what: 'too few cards of that kind, or too small ones',
    hint: 'ask for less, or for another node',
  },
};
