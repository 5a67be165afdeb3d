// A job in bubblewrap: the words that start it and the two scripts around it. The outer one stays,
// keeps what the job prints and the number that it ends with; the inner one puts itself under the
// limits, and what it mounts nobody else sees. Secrets are in the words that bubblewrap reads from
// a pipe, and in no list of arguments. Spec: docs/jobs.md, "bubblewrap".

import type { Bind } from './container.ts';
import type { Spec } from './spec.ts';

export interface Bubble {
  readonly spec: Spec;
  readonly env: Readonly<Record<string, string>>;
  /** In the order in which they lie on each other. */
  readonly binds: readonly Bind[];
  readonly workdir: string;
}

const MIB = 1024 * 1024;

/** Where bubblewrap reads its words, and where it says which process it started. */
export const ARGS_FD = 8;
const INFO_FD = 9;

/**
 * FOLDER MAX WORDS…: runs the words, keeps as much of both streams in files, counts the rest, and
 * writes the exit once both are whole.
 */
export const SUPERVISE = `folder=$1 max=$2
shift 2
cd "$folder" || exit 1
echo $$ >pid.new && mv pid.new pid
keep() {
  stdbuf -o0 head -c "$max" >>"$1"
}
{
  { { "$@" 9>info 2>&4 3>&- 4>&-; echo $? >status.new; } 4>&1 1>&3 |
    { keep err; wc -c >dropped-err; } 3>&- 8<&-; } 3>&1 |
    { keep out; wc -c >dropped-out; } 8<&-
}
mv status.new status
`;

/**
 * STAGE NOFILE DOORS… -- SOURCES… -- WORDS…: enters control groups, makes the sources reachable for
 * a user who may not walk to them, and becomes the words.
 */
export const STAGE = `stage=$1 nofile=$2
shift 2
while [ "$1" != -- ]; do
  echo $$ >"$1" || exit 120
  shift
done
shift
[ -z "$stage" ] || mount -t tmpfs -o mode=755 kith "$stage" || exit 121
at=0
while [ "$1" != -- ]; do
  mkdir "$stage/$at" && mount --bind "$1" "$stage/$at" || exit 121
  at=$((at + 1))
  shift
done
shift
ulimit -n "$nofile" || exit 122
exec "$@"
`;

/**
 * What bubblewrap is told; `sources` are the root, and what is bound into it, as it can reach them.
 */
export function bubbleArgs(bubble: Bubble, sources: readonly string[]): readonly string[] {
  const { spec, env, binds, workdir } = bubble;
  const [root = '', ...others] = sources;
  const { user = 65_534, readOnlyRoot = true, tmpMiB = 0 } = spec.job ?? {};
  const tmp = ['--perms', '1777', '--size', String(tmpMiB * MIB), '--tmpfs', '/tmp'];
  return [
    ...['--unshare-user', '--uid', String(user), '--gid', String(user)],
    ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--disable-userns', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...['--hostname', 'job', '--info-fd', String(INFO_FD)],
    ...[readOnlyRoot ? '--ro-bind' : '--bind', root, '/', '--proc', '/proc'],
    ...['--dev', '/dev'],
    ...(tmpMiB > 0 ? tmp : []),
    ...binds.flatMap(({ target, readOnly }, at) => [
      ...[readOnly ? '--ro-bind' : '--bind', others[at] ?? '', target],
    ]),
    '--clearenv',
    ...Object.entries({ ...env, NVIDIA_VISIBLE_DEVICES: '' }).flatMap(([name, value]) => [
      ...['--setenv', name, value],
    ]),
    ...['--chdir', workdir],
  ];
}

/** The words after each other, as bubblewrap reads them from a pipe. */
export function piped(args: readonly string[]): string {
  return args.map((word) => `${word}\0`).join('');
}

/** What bubblewrap cannot do that the spec asks for, or null. */
export function beyondBubble({ network, resources }: Spec): string | null {
  if (network.mode !== 'none') return `network.mode ${network.mode}: bubblewrap has none to give`;
  return resources.gpu === undefined ? null : 'resources.gpu: bubblewrap gives no cards';
}
