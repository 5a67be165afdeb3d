// What a result must be read with: the machine, the software, the commit, and how busy the machine
// was when the run began.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** File system of the folder that is measured. */
  readonly disk: string;
  readonly node: string;
  readonly openssl: string;
  readonly commit: string;
  /** Load average of the minute before. */
  readonly loadBefore: number;
}

export function thisMachine(root: string, dir: string): Machine {
  return {
    cpu: cpuName(),
    cores: os.availableParallelism(),
    memoryGiB: Number((os.totalmem() / 2 ** 30).toFixed(0)),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    disk: fileSystem(dir),
    node: process.version,
    openssl: process.versions.openssl,
    commit: commit(root),
    loadBefore: Number((os.loadavg()[0] ?? 0).toFixed(2)),
  };
}

function cpuName(): string {
  const text = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const name = os.cpus()[0]?.model ?? 'unknown';
  const model = /^cpu family\s*:\s*(\d+)[\s\S]*?^model\s*:\s*(\d+)/m.exec(text);
  return model === null ? name : `${name} (family ${model[1]}, model ${model[2]})`;
}

function fileSystem(dir: string): string {
  return run('findmnt', ['-no', 'FSTYPE', '-T', dir], dir);
}

function commit(root: string): string {
  const name = run('git', ['rev-parse', '--short=12', 'HEAD'], root);
  const changed = run('git', ['status', '--porcelain', '--', 'proto', 'ledger', 'src'], root);
  return changed === '' ? name : `${name} with local changes`;
}

/** The output of a tool that may be missing. */
function run(tool: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(tool, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
