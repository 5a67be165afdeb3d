// A spec out of the options of `kith run` and `kith vm`: the same object as a file would give, read
// by the same schema, so that every mistake is named by the same words.

import type { Result } from '../../proto/result.ts';
import type { SpecCode } from '../../work/refusals.ts';
import { type Spec, readSpec } from '../../work/spec.ts';
import type { Call } from './command.ts';
import { Stop, wrongUse } from './complaint.ts';

const NAME_CHARS_MAX = 63;

/** Absent options are left to the defaults of the schema. */
export function specBy(
  call: Call,
  more: Readonly<Record<string, unknown>>,
): Result<Spec, SpecCode> {
  const publish = call.values('publish').map(portIn);
  const network = call.value('network');
  return readSpec({
    name: call.value('name') ?? nameFor(call),
    resources: {
      ...given('cpu', call.value('cpus')),
      ...given('memory', call.value('mem')),
      ...given('disk', call.value('disk')),
      ...gpus(call.value('gpus'), call.value('min-vram')),
    },
    constraints: constraintsBy(call),
    ...(network === undefined && publish.length === 0
      ? {}
      : { network: { ...given('mode', network), publish } }),
    limits: given('maxRuntime', call.value('timeout')),
    lifecycle: {
      ...given('restart', call.value('restart')),
      ...(call.flag('replace') ? { onHostLoss: 'replace' } : {}),
    },
    ...more,
  });
}

/** Nodes that are named are asked in that order, unless another policy is named, too. */
function constraintsBy(call: Call): object {
  const nodes = call.values('on');
  return {
    ...(nodes.length === 0 ? {} : { nodes, policy: 'pin' }),
    ...given('policy', call.value('policy')),
    need: call.values('need'),
    avoid: call.values('avoid'),
  };
}

function given(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

function gpus(count: string | undefined, minVram: string | undefined): object {
  if (count === undefined) return minVram === undefined ? {} : { gpu: { minVram } };
  if (!/^\d{1,3}$/.test(count)) {
    throw new Stop(wrongUse(`--gpus is no such number: ${count}`, 'say how many: 1'));
  }
  return { gpu: { count: Number(count), ...given('minVram', minVram) } };
}

const PORTS = /^(?:(\d{1,5}):)?(\d{1,5})(?:\/(tcp|udp))?$/;

function portIn(text: string): object {
  const [, host, port, protocol] = PORTS.exec(text) ?? [];
  if (port === undefined) {
    throw new Stop(wrongUse(`--publish is no port: ${text}`, 'say 80, 8080:80 or 53/udp'));
  }
  return {
    port: Number(port),
    ...(host === undefined ? {} : { hostPort: Number(host) }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

/** `pictures.example/films:4` is called films. */
function nameFor(call: Call): string {
  const image = call.value('image') ?? call.command.path[0] ?? 'work';
  const last = image.split('/').at(-1) ?? image;
  const bare = last.split(/[:@]/)[0] ?? last;
  const name = bare
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, NAME_CHARS_MAX);
  return name === '' ? 'work' : name;
}

/** `NAME=VALUE`, or `NAME=@SECRET` for a secret of the host. */
export function environmentOf(values: readonly string[]): Record<string, unknown> {
  const entries = values.map((text): [string, unknown] => {
    const at = text.indexOf('=');
    if (at < 1) throw new Stop(wrongUse(`--env is no NAME=VALUE: ${text}`, 'say LANG=C.UTF-8'));
    const value = text.slice(at + 1);
    return [text.slice(0, at), value.startsWith('@') ? { secret: value.slice(1) } : value];
  });
  return Object.fromEntries(entries);
}
