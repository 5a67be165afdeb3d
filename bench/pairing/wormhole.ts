// magic-wormhole doing its pairing: a code of words that one types, PAKE (SPAKE2) through a mailbox
// server, and a line of text under the key. The clients are Debian's own; its server is not in
// Debian, so a stand-in on loopback speaks for it (mailbox.py).

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Waiting } from './ceremony.ts';
import { type Running, run } from './processes.ts';

/** Debian's, beside which magic-wormhole is installed. */
const PYTHON = '/usr/bin/python3';

export interface Mailbox {
  readonly version: string;
  readonly url: string;
  readonly server: Running;
}

/** The mailbox, or why there is none. */
export async function mailboxAt(root: string): Promise<Mailbox | { readonly why: string }> {
  try {
    const version = execFileSync('wormhole', ['--version'], { stdio: 'pipe' }).toString().trim();
    const server = run(PYTHON, [join(root, 'bench/pairing/mailbox.py')]);
    const { text } = await server.until((line) => /^[0-9]+$/.test(line));
    return { version, url: `ws://127.0.0.1:${text}/v1`, server };
  } catch (error) {
    const [first] = String(error instanceof Error ? error.message : error).split('\n');
    return { why: `magic-wormhole cannot be run: ${first}` };
  }
}

const CODE = /^wormhole receive (?<code>[0-9]+-[a-z-]+)/;
const TEXT = 'admitted';

/** A sender, and somebody who has begun to type its code. */
export async function almostReceived({ url }: Mailbox): Promise<Waiting> {
  const at = ['--relay-url', url];
  const sending = run('wormhole', [...at, 'send', '--hide-progress', '--text', TEXT]);
  const shown = await sending.until((text) => CODE.test(text));
  const code = CODE.exec(shown.text)?.groups?.['code'] as string;
  const receiving = run('wormhole', [...at, 'receive', '--hide-progress']);
  receiving.write(code.slice(0, -1));
  return {
    async finish() {
      const typedMs = performance.now();
      receiving.write(`${code.slice(-1)}\n`);
      const came = await receiving.until((text) => text.endsWith(TEXT));
      await Promise.all([sending.ended, receiving.ended]);
      return came.atMs - typedMs;
    },
  };
}
