import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { Running } from '../../src/work/driver.ts';
import { createTyping } from '../../src/work/typing.ts';

interface Machine {
  readonly running: Running;
  readonly views: PassThrough[];
  typed(): string;
}

/** A machine whose console says what was typed at it. */
function machine(consoles = Infinity): Machine {
  const views: PassThrough[] = [];
  let said = '';
  const console = async (): Promise<PassThrough | null> => {
    if (views.length >= consoles) return null;
    const view = new PassThrough();
    view.on('data', (bytes: Buffer) => (said += bytes.toString()));
    views.push(view);
    return view;
  };
  return { running: { console } as unknown as Running, views, typed: () => said };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('keys go in by one view, in their order', async () => {
  const guest = machine();
  const typing = createTyping();
  for (const key of 'uname -a\n') {
    expect(await typing.type('a', guest.running, bytes(key))).toBe(true);
  }
  await vi.waitFor(() => expect(guest.typed()).toBe('uname -a\n'));
  expect(guest.views).toHaveLength(1);
  typing.close();
  expect(guest.views[0]?.destroyed).toBe(true);
});

test('a view that nobody types at is given back, and taken again', async () => {
  const guest = machine();
  const typing = createTyping(20);
  await typing.type('a', guest.running, bytes('x'));
  await vi.waitFor(() => expect(guest.views[0]?.destroyed).toBe(true));
  expect(await typing.type('a', guest.running, bytes('y'))).toBe(true);
  expect(guest.views).toHaveLength(2);
  typing.close();
});

test('what was started anew under the name has a view of its own', async () => {
  const [before, after] = [machine(), machine()];
  const typing = createTyping();
  await typing.type('a', before.running, bytes('x'));
  await typing.type('a', after.running, bytes('y'));
  expect(before.views[0]?.destroyed).toBe(true);
  await vi.waitFor(() => expect(after.typed()).toBe('y'));
  typing.close();
});

test('nothing that runs, no console, a console that broke: it says so', async () => {
  const typing = createTyping();
  expect(await typing.type('a', null, bytes('x'))).toBe(false);
  expect(await typing.type('b', machine(0).running, bytes('x'))).toBe(false);
  const guest = machine();
  await typing.type('c', guest.running, bytes('x'));
  guest.views[0]?.destroy(new Error('the machine has ended'));
  await vi.waitFor(async () => {
    expect(await typing.type('c', guest.running, bytes('y'))).toBe(true);
    expect(guest.views).toHaveLength(2);
  });
  typing.close();
});
