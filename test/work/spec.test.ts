// A spec is read or refused, whatever is handed in; it has one text and one digest.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodePlatform } from '../../src/platform.ts';
import { fieldRows } from '../../work/fields.ts';
import { SPEC_BYTES_MAX } from '../../work/limits.ts';
import { SPEC } from '../../work/schema.ts';
import type { Fields } from '../../work/shape.ts';
import { readSpec, specDigest, specText } from '../../work/spec.ts';
import { JOB, VM, almostSpecs, refusalOf, specOf, specs } from './specs.ts';

const digestOf = (value: unknown): string => specDigest(specOf(value), nodePlatform);

describe('a spec that says little', () => {
  test('is a job of two cores and 8 GiB for five minutes, alone', () => {
    expect(specOf(JOB)).toEqual({
      ...{ v: 1, generation: 1, kind: 'job', name: 'hello', labels: [], mounts: [], env: {} },
      resources: { cpuMilli: 2_000, memMiB: 8_192, diskMiB: 1_024 },
      constraints: { need: [], avoid: [] },
      network: { mode: 'none', publish: [] },
      limits: { maxRuntimeS: 300, pids: 256, logBytes: 10_000, nofile: 4_096 },
      lifecycle: { restart: 'never', onHostLoss: 'wait', lostAfterS: 300, stopGraceS: 10 },
      proof: 'none',
      job: {
        ...{ image: 'busybox', command: [], user: 65_534, readOnlyRoot: true, tmpMiB: 64 },
        outputs: [],
      },
    });
  });

  test('or a VM without an end', () => {
    const { kind, limits, vm } = specOf(VM);
    expect([kind, limits.maxRuntimeS]).toEqual(['vm', undefined]);
    expect(vm).toEqual({ image: 'debian-12', firmware: 'bios', balloon: true });
  });
});

describe('any value', () => {
  const values = fc.anything({
    ...{ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true },
    ...{ withObjectString: true, withSparseArray: true, withTypedArray: true },
  });
  // Anything at all where a field of a spec stands.
  const nearly = almostSpecs.chain((spec) =>
    fc
      .tuple(fc.constantFrom(...Object.keys(SPEC), '__proto__', 'nam', 'constructor'), values)
      .map(([field, value]) =>
        Object.defineProperty({ ...spec }, field, { value, enumerable: true }),
      ),
  );

  test('is a spec or a refusal that says where, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(values, fc.jsonValue(), almostSpecs, nearly), (value) => {
        const read = readSpec(value);
        if (read.ok) expect(readSpec(JSON.parse(specText(read.value)))).toEqual(read);
        else expect(read.detail).toMatch(/^\S/);
      }),
      { numRuns: 2_000, seed: 5 },
    );
  });
});

/** The same value with its keys in another order, at every depth. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, its]) => [key, turned(its)] as const)
      .toReversed(),
  );
}

describe('the text of a spec', () => {
  test('read again is the same spec', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const again = specOf(JSON.parse(specText(spec)));
        expect(again).toEqual(spec);
        expect(specText(again)).toBe(specText(spec));
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  test('and its digest do not depend on the order of keys', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const other = turned(spec);
        expect(specText(specOf(other))).toBe(specText(spec));
        expect(digestOf(other)).toBe(specDigest(spec, nodePlatform));
      }),
      { numRuns: 500, seed: 6 },
    );
  });

  test('is the same for every spelling, and another for another spec', () => {
    const base = digestOf({ ...JOB, resources: { cpuMilli: 1_500, memMiB: 1_536 } });
    const spelled = { v: 1, kind: 'job', labels: [], resources: { cpu: 1.5, memory: '1.5GiB' } };
    expect(digestOf({ ...spelled, ...JOB })).toBe(base);
    expect(digestOf({ ...spelled, ...JOB, generation: 2 })).not.toBe(base);
    const labels = ['b', 'a', 'b'];
    expect(specOf({ ...JOB, labels }).labels).toEqual(['a', 'b']);
  });

  test('is what it was: a digest names work on other machines', () => {
    expect(digestOf(JOB)).toBe('8OIuyJVa9pkYGdgEfDo1vzVsD18XbXAjwLmTgPCe5C8');
  });
});

describe('every field', () => {
  // A field alone may need another one: those stand here.
  const beside: Readonly<Record<string, object>> = {
    'lifecycle.maxRestarts': { restart: 'always' },
    'network.publish': { mode: 'mesh' },
    'vm.initrd': { kernel: 'vmlinuz' },
    'vm.cmdline': { kernel: 'vmlinuz' },
    'constraints.policy': { nodes: ['attic'] },
    'health.everyS': { tcp: 80 },
    'health.timeoutS': { tcp: 80 },
    'health.failures': { tcp: 80 },
    'health.startS': { tcp: 80 },
    'resources.memMinMiB': { memory: '8GiB' },
  };

  function examples(fields: Fields, path: readonly string[]): [string, object][] {
    return Object.entries(fields).flatMap(([name, { shape, example, amount }]) => {
      const at = [...path, name];
      const more = beside[at.join('.')] ?? {};
      const wrap = (its: string, value: unknown): object =>
        path.reduceRight<object>((inner, part) => ({ [part]: inner }), { ...more, [its]: value });
      const own: [string, object][] = [[at.join('.'), wrap(name, example)]];
      if (amount !== undefined) own.push([`${at.join('.')}*`, wrap(amount.name, amount.example)]);
      return [...own, ...(shape.is === 'object' ? examples(shape.fields, at) : [])];
    });
  }

  const all = examples(SPEC, []);

  test.each(all)('%s takes its example', (path, example) => {
    const part = path.startsWith('vm') ? 'vm' : 'job';
    const mesh = { network: { mode: 'mesh' } };
    const base: Record<string, unknown> = { ...(part === 'vm' ? VM : JOB), ...mesh };
    const own = { ...(base[part] as object), ...(example as Record<string, object>)[part] };
    const merged = { ...base, ...example, [part]: own };
    expect(refusalOf(merged)).toBe('taken');
  });

  test('is in the table that people read, under its path', () => {
    const paths = fieldRows().map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(60);
    expect(new Set(paths).size).toBe(paths.length);
    for (const [path] of all) expect(paths).toContain(path.replace('*', ''));
    expect(paths).toContain('network.publish[].hostPort');
    expect(paths).toContain('env.NAME.secret');
  });
});

describe('what is refused', () => {
  const job = (more: object): object => ({ ...JOB, ...more });
  test.each<[string, unknown, RegExp]>([
    ['nothing', null, /^spec-wrong-value: the spec: nothing is not fields/],
    ['a list', [JOB], /^spec-wrong-value: the spec: a list of 1/],
    ['no name', { job: JOB.job }, /^spec-missing-field: name: a name/],
    ['a name for a host', job({ name: 'A B' }), /^spec-wrong-value: name: "A B" is not a name/],
    [
      'a typo',
      job({ resources: { memoryy: '8GiB' } }),
      /^spec-unknown-field: resources.memoryy: did you mean memory\?$/,
    ],
    ['a typo above', job({ lables: [] }), /^spec-unknown-field: lables: did you mean labels\?$/],
    [
      'a field in another place',
      job({ memory: '8GiB' }),
      /^spec-unknown-field: memory: did you mean resources.memory\?$/,
    ],
    ['a name of its own', job({ zzzzzz: 1 }), /^spec-unknown-field: zzzzzz: known here are v, id/],
    ['a prototype', JSON.parse('{"__proto__":{},"name":"a"}'), /^spec-unknown-field: __proto__/],
    [
      'a variable __proto__',
      job({ env: JSON.parse('{"__proto__":"a"}') }),
      /^spec-wrong-value: env.__proto__: a name is/,
    ],
    [
      'no unit',
      job({ resources: { memory: 8 } }),
      /^spec-wrong-value: resources.memory: 8: say it as 512MiB or 8GiB$/,
    ],
    ['a unit of tens', job({ resources: { memory: '8GB' } }), /resources.memory: "8GB": say it as/],
    [
      'a unit where a number stands',
      job({ resources: { memMiB: '8GiB' } }),
      /resources.memMiB: "8GiB" is not a whole number/,
    ],
    [
      'both',
      job({ resources: { memMiB: 1_024, memory: '1GiB' } }),
      /^spec-twice: resources.memMiB and resources.memory$/,
    ],
    ['too much', job({ resources: { memory: '65TiB' } }), /resources.memory: 68157440 is not/],
    ['a fraction', job({ resources: { cpuMilli: 1.5 } }), /cpuMilli: 1.5 is not a whole number/],
    [
      'a choice nearly',
      job({ constraints: { policy: 'mostfree' } }),
      /policy: "mostfree": did you mean mostFree\?$/,
    ],
    [
      'a choice',
      job({ constraints: { policy: 'best' } }),
      /policy: "best" is not one of two, mostFree/,
    ],
    ['an item of a list', job({ labels: ['ok', 'NO'] }), /^spec-wrong-value: labels\[1\]: "NO"/],
    [
      'a list too long',
      job({ labels: Array.from({ length: 65 }, (_, i) => `l${i}`) }),
      /labels: a list of 65/,
    ],
    [
      'a day that is none',
      job({ limits: { startBy: '2026-02-30T00:00:00Z' } }),
      /startBy: "2026-02-30/,
    ],
    ['a moment of a zone', job({ limits: { startBy: '2026-02-01T00:00:00+01:00' } }), /startBy/],
    ['a text of two lines', job({ env: { A: 'a\nb' } }), /^spec-wrong-value: env.A: /],
    [
      'a way up',
      job({ job: { image: 'a', workdir: '/a/../b' } }),
      /^spec-wrong-value: job.workdir/,
    ],
    [
      'a control character',
      { ...VM, vm: { ...VM.vm, userData: 'a\n\u001b[2J' } },
      /userData: line 2/,
    ],
    ['an image with a space', job({ job: { image: 'a b' } }), /job.image: "a b"/],
    ['no image', job({ job: {} }), /^spec-missing-field: job.image/],
    [
      'too large',
      job({
        env: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`A${i}`, 'a'.repeat(4_000)])),
      }),
      /^spec-too-large: \d+ bytes$/,
    ],
    [
      'a loss that comes too soon',
      job({ lifecycle: { lostAfter: '1m' } }),
      /lostAfter: 60 is not a whole number, 120 to/,
    ],
  ])('%s', (_, value, why) => {
    expect(refusalOf(value)).toMatch(why);
  });

  test.each<[string, object]>([
    ['job and vm', { ...JOB, vm: VM.vm }],
    ['job or vm', { name: 'a' }],
    ['kind', { ...JOB, kind: 'vm' }],
    ['kind', { ...VM, kind: 'job' }],
    ['resources.memMinMiB', job({ resources: { memory: '1GiB', memoryMin: '2GiB' } })],
    ['constraints.policy', job({ constraints: { policy: 'pin' } })],
    ['constraints.nodes', job({ constraints: { nodes: [] } })],
    ['constraints.nodes', job({ constraints: { nodes: ['a', 'a'] } })],
    ['constraints.avoid', job({ constraints: { nodes: ['a'], avoid: ['a'] } })],
    ['network.publish', job({ network: { publish: [{ port: 80 }] } })],
    [
      'network.publish',
      job({
        network: {
          mode: 'mesh',
          publish: [
            { port: 1, hostPort: 9 },
            { port: 2, hostPort: 9 },
          ],
        },
      }),
    ],
    [
      'mounts',
      job({
        mounts: [
          { volume: 'a', target: '/a' },
          { volume: 'b', target: '/a' },
        ],
      }),
    ],
    ['mounts', { ...VM, mounts: [{ volume: 'a', target: '/a' }] }],
    ['env', { ...VM, env: { A: 'a' } }],
    ['lifecycle.maxRestarts', job({ lifecycle: { maxRestarts: 2 } })],
    ['health', job({ health: {} })],
    ['health', job({ health: { tcp: 80, command: ['a'] } })],
    ['health.tcp', job({ health: { tcp: 80 } })],
    ['health.command', { ...VM, health: { command: ['a'] } }],
    ['proof', { ...VM, proof: 'hash' }],
    ['vm.image or vm.kernel', { name: 'a', vm: {} }],
    ['vm.initrd', { name: 'a', vm: { image: 'a', initrd: 'b' } }],
    ['vm.cmdline', { name: 'a', vm: { image: 'a', cmdline: 'b' } }],
  ])('a contradiction in %s', (path, value) => {
    expect(refusalOf(value)).toMatch(`spec-conflict: ${path}: `);
  });

  test('one byte more than fits', () => {
    const filled = (last: number): object => {
      const long = Array.from({ length: 7 }, (_, i) => [`A${i}`, 'a'.repeat(4_090)]);
      return job({ env: { ...Object.fromEntries(long), Z: 'a'.repeat(last) } });
    };
    const left = SPEC_BYTES_MAX - specText(specOf(filled(0))).length;
    expect(specText(specOf(filled(left)))).toHaveLength(SPEC_BYTES_MAX);
    expect(refusalOf(filled(left + 1))).toBe(`spec-too-large: ${SPEC_BYTES_MAX + 1} bytes`);
  });
});
