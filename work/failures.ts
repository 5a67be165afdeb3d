// Why a piece of work that was taken did not come to its end by itself: one table, printed in
// docs/errors.md. Every failure carries its phase, a code, the missing number where there is one,
// and the last lines of its output. Spec: docs/running.md, "Failures".

export interface FailFacts {
  readonly what: string;
  readonly hint: string;
  /** Whether another host may do better. */
  readonly elsewhere: boolean;
}

export type FailCode =
  | 'image-missing'
  | 'image-wrong'
  | 'image-unfetched'
  | 'no-engine'
  | 'engine-refused'
  | 'engine-silent'
  | 'disk-full'
  | 'not-granted'
  | 'no-secret'
  | 'no-volume'
  | 'no-network'
  | 'gpu-gone'
  | 'start-failed'
  | 'start-late'
  | 'took-too-long'
  | 'out-of-memory'
  | 'killed'
  | 'exit-code'
  | 'host-restarted'
  | 'unhealthy'
  | 'owner-silent';

export const FAILURES: Readonly<Record<FailCode, FailFacts>> = {
  'image-missing': {
    what: 'no image goes by that name here, and no registry answers for it',
    hint: '`kith image list` shows what is held; `kith image add FILE --name NAME` adds one',
    elsewhere: true,
  },
  'image-wrong': {
    what: 'the image is not what its digest says, or of another form than the work needs',
    hint: 'add it again where it came from: `kith image add FILE`',
    elsewhere: true,
  },
  'image-unfetched': {
    what: 'no peer that holds the image could be reached',
    hint: 'look at `kith peers`; a peer that holds it must be up',
    elsewhere: true,
  },
  'no-engine': {
    what: 'the host has nothing to run it with',
    hint: '`kith doctor` there says what to install',
    elsewhere: true,
  },
  'engine-refused': {
    what: 'the engine of the host would not start it',
    hint: 'the detail is in the engine’s own words',
    elsewhere: true,
  },
  'engine-silent': {
    what: 'the engine of the host did not answer in time',
    hint: 'look at the engine there: `podman info`, `docker info`',
    elsewhere: true,
  },
  'disk-full': {
    what: 'the disk of the host is full',
    hint: 'make room there: `kith image rm`, `df`',
    elsewhere: true,
  },
  'not-granted': {
    what: 'what was started is not limited as the spec says, so it was stopped',
    hint: 'the detail names the limit; `kith doctor` there says what the host cannot do',
    elsewhere: true,
  },
  'no-secret': {
    what: 'the host has no secret by that name',
    hint: 'put it there: a file of that name in the folder `secrets` of its state, mode 0600',
    elsewhere: true,
  },
  'no-volume': {
    what: 'the host has no volume by that name',
    hint: 'make it there: a folder of that name in the folder `volumes` of its state',
    elsewhere: true,
  },
  'no-network': {
    what: 'the host cannot give it the network that its spec asks for',
    hint: 'the detail says what is missing there; network.mode none needs nothing',
    elsewhere: true,
  },
  'gpu-gone': {
    what: 'a card that was its own does not answer any more',
    hint: 'look at `nvidia-smi` there',
    elsewhere: true,
  },
  'start-failed': {
    what: 'it ended while it was being started',
    hint: 'its last lines say why: `kith logs ID`',
    elsewhere: false,
  },
  'start-late': {
    what: 'it could not be started in the time that the spec gives',
    hint: 'give it a later limits.startBy',
    elsewhere: false,
  },
  'took-too-long': {
    what: 'it ran longer than the spec allows, and was stopped',
    hint: 'give it a larger limits.maxRuntime',
    elsewhere: false,
  },
  'out-of-memory': {
    what: 'it wanted more memory than it had, and was killed for it',
    hint: 'give it more: resources.memory',
    elsewhere: false,
  },
  killed: {
    what: 'it was killed from outside',
    hint: 'somebody on the host did that, and not kith',
    elsewhere: false,
  },
  'exit-code': {
    what: 'it ended by itself, with another code than 0',
    hint: 'its last lines say why: `kith logs ID`',
    elsewhere: false,
  },
  'host-restarted': {
    what: 'the host was started anew, and the work had gone with it',
    hint: 'place it again; with lifecycle.restart always the host does so itself',
    elsewhere: true,
  },
  unhealthy: {
    what: 'it did not answer to the check of its health any more',
    hint: 'look at its output: `kith logs ID`',
    elsewhere: false,
  },
  'owner-silent': {
    what: 'its owner was not heard for so long that it was stopped here, and not wanted back',
    hint: 'the owner may have started it elsewhere: `kith work` shows where',
    elsewhere: false,
  },
};
