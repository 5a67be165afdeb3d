// Whether a machine is what its spec says, from QEMU's own answers and from the kernel's: what is
// not seen to hold is not granted. Spec: docs/machines.md, "What is looked at".

import { type Result, ok, refuse } from '../../../proto/result.ts';
import { cpusOf } from '../../../work/qemu.ts';
import { isFields } from '../../../work/qmp.ts';
import { type Cgroup, heldBy } from '../cgroup.ts';
import type { Granted } from '../driver.ts';
import type { GuestNet } from '../guest-net.ts';
import type { Note, Process, Started } from './note.ts';
import { argvOf, boundsOf } from './process.ts';

const MIB = 1_048_576;

interface Look {
  readonly name: string;
  readonly want: string | number | boolean;
  /** Null: it could not be seen. */
  readonly found: string | number | boolean | null;
}

export interface Looked {
  readonly note: Note & { readonly started: Started };
  readonly process: Process | null;
  readonly cgroup: Cgroup | null;
  readonly net: GuestNet;
}

type Ask = (command: string) => Promise<unknown>;

export async function verified(of: Looked, ask: Ask): Promise<Result<Granted, 'not-granted'>> {
  if (of.process === null) return refuse('not-granted', 'it has ended');
  let looks: readonly Look[];
  try {
    looks = [...(await insideLooks(of, ask)), ...outsideLooks(of, of.process)];
    looks = [...looks, ...(await netLooks(of, ask))];
  } catch (error) {
    return refuse('not-granted', error instanceof Error ? error.message : String(error));
  }
  const wrong = looks.filter(({ want, found }) => found !== want);
  if (wrong.length > 0) {
    const said = wrong.map(
      ({ name, want, found }) => `${name}: ${found ?? 'not seen'}, not ${want}`,
    );
    return refuse('not-granted', said.join('; '));
  }
  const { net } = of.note;
  return ok({
    ...Object.fromEntries(looks.map(({ name, want }) => [name, want])),
    limits: of.cgroup === null ? 'none' : heldBy(of.cgroup, of.process.pid).join(','),
    ...(net.address === null ? {} : { address: net.address }),
  });
}

async function insideLooks({ note: { started } }: Looked, ask: Ask): Promise<readonly Look[]> {
  const field = async (command: string, name: string): Promise<unknown> => {
    const answer = await ask(command);
    return isFields(answer) ? answer[name] : null;
  };
  const bytes = await field('query-memory-size-summary', 'base-memory');
  const cpus = await ask('query-cpus-fast');
  const kvm = await field('query-kvm', 'enabled');
  return [
    {
      ...{ name: 'memMiB', want: started.memMiB },
      found: typeof bytes === 'number' ? bytes / MIB : null,
    },
    {
      ...{ name: 'cpus', want: cpusOf(started.cpuMilli) },
      found: Array.isArray(cpus) ? cpus.length : null,
    },
    {
      ...{ name: 'accel', want: started.accel },
      found: kvm === true ? 'kvm' : kvm === false ? 'tcg' : null,
    },
  ];
}

function outsideLooks({ note: { started }, cgroup }: Looked, { pid }: Process): readonly Look[] {
  const { uid, gid, seccomp, noNewPrivs, hasCapabilities } = boundsOf(pid);
  const groups = cgroup === null ? [] : heldBy(cgroup, pid);
  const all = cgroup === null ? [] : Object.keys(cgroup.folders);
  return [
    { name: 'user', want: started.user, found: uid },
    { name: 'group', want: started.user, found: gid },
    { name: 'seccomp', want: true, found: seccomp },
    { name: 'noNewPrivileges', want: true, found: noNewPrivs },
    { name: 'capabilities', want: 'none', found: hasCapabilities ? 'some' : 'none' },
    {
      name: 'inCgroup',
      want: cgroup !== null,
      found: all.length > 0 && groups.length === all.length,
    },
  ];
}

/** Which cards it has, by QEMU; and that they lead where they should, by the kernel. */
async function netLooks({ note, process, net }: Looked, ask: Ask): Promise<readonly Look[]> {
  const { mode } = note.net;
  const cards = await ask('query-rx-filter');
  const words = process === null ? [] : argvOf(process.pid);
  const kinds = words
    .filter((_, at) => words[at - 1] === '-netdev')
    .map((one) => one.split(',')[0]);
  const count = Array.isArray(cards) ? cards.length : -1;
  const found =
    count === 0 && kinds.length === 0
      ? 'none'
      : count === 1 && kinds.length === 1
        ? kinds[0] === 'user'
          ? 'egress'
          : 'mesh'
        : null;
  const looks: Look[] = [{ name: 'network', want: mode, found }];
  const { id, generation } = note.tag;
  if (mode === 'mesh') {
    looks.push({
      name: 'keptToItsAddress',
      want: true,
      found: await net.holds({ id, generation }),
    });
  }
  if (mode === 'egress') {
    const found_ = await net.confines(note.started.user);
    looks.push({ name: 'keptFromThisHost', want: true, found: found_ });
  }
  return looks;
}
