// The Debian package on a Debian of its own (.ci/run makes it): built, installed, used, upgraded,
// removed and purged, as dpkg does it; its units looked at by systemd, its daemon run with the
// rights that the unit gives, in a network of its own.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findTool } from '../../src/os/tools.ts';
import { ROOT } from '../repo/sources.ts';

const DEBIAN = '/var/cache/kith-tests/debian';
const EXPOSURE_MAX = 3;

const folder = fs.mkdtempSync(path.join(tmpdir(), 'kith-deb-'));
const root = path.join(folder, 'root');
const unit = (name: string): string => path.join(root, 'usr/lib/systemd/system', name);

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(tool: string, ...words: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(tool, words, { encoding: 'utf8', cwd: ROOT });
  return { code: status, out: stdout, err: stderr };
}

/** A script on that Debian, as root, in a network and with mounts that end with it. */
function inside(script: string): Ran {
  const words = ['-mn', '--propagation', 'private', '--', 'sh', '-c'];
  const enter = 'mount -t proc proc "$0/proc" && exec chroot "$0" sh -ec "$1"';
  return run('unshare', ...words, enter, root, script);
}

function done(script: string): string {
  const ran = inside(script);
  expect([ran.code, ran.code === 0 ? '' : ran.err + ran.out]).toEqual([0, '']);
  return ran.out;
}

const heldBy = (name: string): string =>
  fs.readFileSync(path.join(root, 'var/lib/kith', name), 'utf8');

function whyNot(): string | null {
  if (process.geteuid?.() !== 0) return 'installing a package needs root';
  if (!fs.existsSync(DEBIAN)) return `there is no ${DEBIAN} to install into: .ci/run makes it`;
  const missing = ['dpkg-deb', 'systemd-analyze', 'unshare'].filter((one) => !findTool(one));
  return missing.length === 0 ? null : `there is no ${missing.join(', no ')} on this machine`;
}

const missing = whyNot();
let built = '';

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

beforeEach((ctx) => {
  if (missing !== null) ctx.skip(missing);
});

describe('the Debian package', () => {
  beforeAll(() => {
    if (missing !== null) return;
    const made = run(process.execPath, 'packages/build.mjs', '--with-node');
    expect([made.code, made.err]).toEqual([0, '']);
    built = made.out.slice(0, made.out.lastIndexOf(': '));
    spawnSync('cp', ['-a', DEBIAN, root]);
    // That Debian was made without documents; the package keeps its own.
    const settings = path.join(root, 'etc/dpkg/dpkg.cfg.d');
    fs.rmSync(settings, { recursive: true });
    fs.mkdirSync(settings);
    fs.writeFileSync(path.join(settings, 'quick'), 'force-unsafe-io\n');
    fs.copyFileSync(built, path.join(root, 'kith.deb'));
    fs.mkdirSync(path.join(root, 'dev/net'), { recursive: true });
    spawnSync('mknod', ['-m', '666', path.join(root, 'dev/net/tun'), 'c', '10', '200']);
    done('dpkg -i kith.deb');
  });

  test('brings a user, a folder and a program that needs no other Node', () => {
    expect(done('stat -c "%U %G %a" /var/lib/kith; id -un kith')).toBe('kith kith 710\nkith\n');
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(done('kith --version')).toContain(`kith ${version}, `);
    expect(inside('command -v node').code).not.toBe(0);
    const manual = run('zcat', path.join(root, 'usr/share/man/man1/kith.1.gz')).out;
    expect(manual).toContain('.SS\n\\fBkith ledger accept\\-head\\fR');
    const copyright = fs.readFileSync(path.join(root, 'usr/share/doc/kith/copyright'), 'utf8');
    for (const [, file = ''] of copyright.matchAll(/, (\/usr\/lib\/kith\/\S+)$/gm)) {
      expect(fs.existsSync(path.join(root, file)), file).toBe(true);
    }
  });

  test('what root does in the folder of the daemon belongs to the daemon', () => {
    done('mkdir -m 700 /only; cd /only; kith init home --node box --no-passphrase --sheet sheet');
    const owners = done('find /var/lib/kith -printf "%U\\n" | sort -u; id -u kith');
    expect(new Set(owners.trim().split('\n')).size).toBe(1);
    // Where only root may write, with the right of root.
    expect(done('stat -c %a /only /only/sheet')).toBe('700\n600\n');
    expect(JSON.parse(done('kith status --json'))).toMatchObject({ records: 2, daemon: null });
    // Another user has a folder of their own, and none of this one.
    const other = 'setpriv --reuid=4444 --regid=4444 --clear-groups env HOME=/tmp';
    const theirs = `${other} kith status --json --dir /var/lib/kith 2>&1 || true`;
    expect(done(theirs)).not.toContain('"records":2');
    expect(done(`${other} kith status 2>&1 || true`)).toContain('/tmp/.kith');
  });

  test('the units are sound, and the walls around them are as high as was promised', () => {
    // What every system has: the targets that the units name.
    const targets = '/usr/lib/systemd/system';
    for (const name of fs.readdirSync(targets).filter((one) => one.endsWith('.target'))) {
      const file = path.join(targets, name);
      if (fs.lstatSync(file).isFile()) fs.copyFileSync(file, unit(name));
    }
    for (const name of ['kith.service', 'kith-names.path', 'kith-names.service']) {
      const sound = run('systemd-analyze', `--root=${root}`, '--man=no', 'verify', name);
      expect([name, sound.code, sound.err]).toEqual([name, 0, '']);
    }
    for (const name of ['kith.service', 'kith-names.service']) {
      const words = ['--offline=true', `--threshold=${EXPOSURE_MAX * 10}`, name];
      const walls = run('systemd-analyze', `--root=${root}`, 'security', ...words);
      expect([name, walls.code]).toEqual([name, 0]);
      expect(Number(/level for \S+: (\d+\.\d)/.exec(walls.out)?.[1])).toBeLessThanOrEqual(3);
    }
    // A host of work is root, and is said to be.
    const place = path.join(root, 'etc/systemd/system/kith.service.d/work.conf');
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.copyFileSync(path.join(root, 'usr/share/kith/work.conf'), place);
    const host = run('systemd-analyze', `--root=${root}`, '--man=no', 'verify', 'kith.service');
    expect([host.code, host.err]).toEqual([0, '']);
    fs.rmSync(path.dirname(place), { recursive: true });
  });

  test('the daemon raises the mesh as the user of the unit, and its names reach the system', () => {
    const text = fs.readFileSync(unit('kith.service'), 'utf8');
    const [, granted = ''] = /^AmbientCapabilities=(.+)$/m.exec(text) ?? [];
    const [, environment = ''] = /^Environment=(.+)$/m.exec(text) ?? [];
    const [, carrying = ''] = /^ExecStart=(.+)$/m.exec(
      fs.readFileSync(unit('kith-names.service'), 'utf8'),
    ) ?? ['', ''];
    const caps = [
      '-all',
      ...granted
        .toLowerCase()
        .split(' ')
        .map((cap) => `+${cap.slice(4)}`),
    ];
    const sets = ['inh-caps', 'ambient-caps', 'bounding-set'].map(
      (set) => `--${set}=${caps.join()}`,
    );
    const said = done(`
      ip link set lo up
      install -d -o kith -g kith /run/kith
      mkdir -p /var/lib/kith-names
      # As the walls of the unit make it: nothing below may be looked at.
      mkdir -p -m 700 /run/user/$(id -u kith)
      cd /
      env ${environment} setpriv --reuid=kith --regid=kith --clear-groups ${sets.join(' ')} \\
        --no-new-privs kith up --port 0 --json >/tmp/up 2>&1 &
      for i in $(seq 600); do
        grep -q '"mesh-up"\\|"mesh-failed"' /tmp/up && break
        sleep 0.1
      done
      grep '"mesh-up"' /tmp/up || cat /tmp/up
      cat /proc/$(kith status --json | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')/status | grep Uid
      ${carrying}
      cat /etc/hosts
      ip -6 addr | grep -c 'inet6 fd'
      kith down
      ${carrying}
      grep -c kith /etc/hosts || true
    `);
    const uid = done('id -u kith').trim();
    expect(said).toContain('"event":"mesh-up"');
    expect(said).toMatch(new RegExp(`Uid:\\s${uid}\\s${uid}\\s`));
    expect(said).toMatch(/^fd[0-9a-f:]+\tbox\.kith$/m);
    expect(said).toMatch(/^1\nstopped process \d+\n0\n$/m);
  });

  test('an upgrade and a removal leave the ledger and the keys, and so does a purge', () => {
    const before = ['nodes.jsonl', 'node.key', 'operator/key.json'].map(heldBy);
    const kept = (): string[] => ['nodes.jsonl', 'node.key', 'operator/key.json'].map(heldBy);
    done('dpkg -i kith.deb');
    expect(JSON.parse(done('kith status --json'))).toMatchObject({ records: 2 });
    done('dpkg -r kith');
    expect(fs.existsSync(path.join(root, 'usr/lib/kith'))).toBe(false);
    expect(kept()).toEqual(before);
    expect(done('dpkg -P kith')).toContain('stay in /var/lib/kith');
    expect(kept()).toEqual(before);
  });
});
