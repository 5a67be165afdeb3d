// A QEMU is started: with all files opened for it, in a control group of its own, as a user that
// has nothing else on this machine, detached, so that it outlives whoever starts it. Spec:
// docs/machines.md, "The process".

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { assert } from '../../../proto/assert.ts';
import { type Machine, type OpenFile, qemuArgs } from '../../../work/qemu.ts';
import { findTool, needTool } from '../../os/tools.ts';
import { atSocket } from './socket-path.ts';

export const QEMU = 'qemu-system-x86_64';
export const SOCKETS = { qmp: 'qmp', console: 'console' } as const;
export const CONSOLE_LOG = 'console.log';
export const COMPLAINTS = 'qemu.log';

/** Enters the groups that come first, and becomes the rest, which begins after the dashes. */
const ENTER =
  'ulimit -c 0; while [ "$1" != -- ]; do echo $$ > "$1" || exit 70; shift; done; shift; exec "$@"';
const TUN = '/dev/net/tun';
/** In a view of its own of the file system, with a tunnel device that its user may open. */
const WITH_TUN = `mount --bind "$1" ${TUN} && shift && exec "$@"`;

export interface Identity {
  readonly user: number;
  /** Groups beside its own: that of /dev/kvm. */
  readonly groups: readonly number[];
}

export interface Launch {
  readonly folder: string;
  readonly identity: Identity;
  /** Where a process enters the control group. */
  readonly doors: readonly string[];
  /** It opens an interface of the host. */
  readonly needsTun: boolean;
}

/** The parts of a machine that are files, by path; what comes of them is numbers. */
export interface Files {
  readonly disk: { readonly overlay: string; readonly base: string | null } | null;
  readonly seed: string | null;
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly uefi: { readonly code: string; readonly vars: string } | null;
}

export type Described = Omit<
  Machine,
  'qmp' | 'console' | 'consoleLog' | 'disk' | 'seed' | 'boot' | 'uefi'
> & { readonly cmdline: string; readonly baseFormat: 'qcow2' | 'raw' };

interface Inherited {
  /** As the child will see them, from the third on. */
  readonly fds: readonly number[];
  file(path: string, flags: number): OpenFile;
  /** A socket that listens under this name, also when nobody of us does any more. */
  socket(path: string): Promise<OpenFile>;
  /** The child has its own. */
  close(): void;
}

function createInherited(): Inherited {
  const fds: number[] = [];
  const files: number[] = [];
  const servers: Server[] = [];
  const numbered = (fd: number): OpenFile => {
    fds.push(fd);
    return { fd: fds.length + 2 };
  };
  return {
    fds,
    file(path, flags) {
      const fd = openSync(path, flags, 0o600);
      files.push(fd);
      return numbered(fd);
    },
    async socket(path) {
      const server = await listening(path);
      servers.push(server);
      const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
      assert(Number.isSafeInteger(fd) && fd > 2, 'a listening socket has a number');
      return numbered(fd);
    },
    close() {
      for (const server of servers) server.close();
      for (const fd of files) closeSync(fd);
    },
  };
}

async function listening(path: string): Promise<Server> {
  const server = createServer();
  // Under another name first: the server takes its name away when it is closed.
  const draft = `${path}.new`;
  for (const name of [path, draft]) rmSync(name, { force: true });
  const umask = process.umask(0o177);
  try {
    const bound = once(server, 'listening');
    atSocket(draft, (short) => server.listen(short));
    process.umask(umask);
    await bound;
  } finally {
    process.umask(umask);
  }
  renameSync(draft, path);
  return server;
}

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** Starts it; whether it comes up is seen on its control socket. */
export async function launch(
  { folder, identity, doors, needsTun }: Launch,
  described: Described,
  files: Files,
): Promise<ChildProcess> {
  const inherited = createInherited();
  const read = (path: string | null): OpenFile | null =>
    path === null ? null : inherited.file(path, O_RDONLY);
  const complaints = openSync(join(folder, COMPLAINTS), O_WRONLY | O_CREAT | O_APPEND, 0o600);
  try {
    const { disk, uefi } = files;
    const kernel = read(files.kernel);
    const machine: Machine = {
      ...described,
      qmp: await inherited.socket(join(folder, SOCKETS.qmp)),
      console: await inherited.socket(join(folder, SOCKETS.console)),
      consoleLog: inherited.file(join(folder, CONSOLE_LOG), O_WRONLY | O_CREAT | O_APPEND),
      disk:
        disk === null
          ? null
          : {
              ...inherited.file(disk.overlay, O_RDWR),
              format: 'qcow2',
              base:
                disk.base === null
                  ? null
                  : { ...inherited.file(disk.base, O_RDONLY), format: described.baseFormat },
            },
      seed: read(files.seed),
      boot:
        kernel === null ? null : { kernel, initrd: read(files.initrd), cmdline: described.cmdline },
      uefi:
        uefi === null
          ? null
          : { code: inherited.file(uefi.code, O_RDONLY), vars: inherited.file(uefi.vars, O_RDWR) },
    };
    const tun = needsTun ? await openTun(folder, identity) : null;
    const bare = [...asUser(identity), QEMU, ...qemuArgs(machine)];
    const within =
      tun === null
        ? bare
        : ['unshare', '--mount', '--propagation', 'private', '/bin/sh', '-c', WITH_TUN]
            .concat('sh', tun)
            .concat(bare);
    return spawn('/bin/sh', ['-c', ENTER, 'sh', ...doors, '--', ...within], {
      cwd: folder,
      env: { PATH: pathOf(), LC_ALL: 'C' },
      stdio: ['ignore', complaints, complaints, ...inherited.fds],
      detached: true,
    });
  } finally {
    inherited.close();
    closeSync(complaints);
  }
}

/** What comes before a program that is to run as that user and nothing more. */
export function asUser({ user, groups }: Identity): readonly string[] {
  return [
    ...['setpriv', `--reuid=${user}`, `--regid=${user}`, '--inh-caps=-all', '--no-new-privs'],
    groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`,
  ];
}

/** A node of the tunnel device that the user may open; null: it may open the one of the machine. */
async function openTun(folder: string, { user }: Identity): Promise<string | null> {
  if ((statSync(TUN).mode & 0o006) === 0o006) return null;
  const node = join(folder, 'tun');
  rmSync(node, { force: true });
  await needTool(['mknod', '--mode=600', node, 'c', '10', '200']);
  await needTool(['chown', `${user}:${user}`, node]);
  return node;
}

/** Programs of the system are found wherever root has them. */
export function pathOf(): string {
  return `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`;
}

export function missingTools(): readonly string[] {
  return [QEMU, 'qemu-img', 'setpriv'].filter((name) => findTool(name) === null);
}
