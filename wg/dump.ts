// What the interface holds, as `wg show INTERFACE dump` prints it. The first line begins with the
// private key and a peer's line may hold a preshared one: both are overwritten before anything else
// is made of the bytes, and only public keys are ever compared. Spec: docs/mesh.md.

import { textOf } from '../proto/bytes.ts';
import { ok, refuse, type Result } from '../proto/result.ts';
import { DUMP_LINE_BYTES_MAX } from './limits.ts';
import type { DumpCode } from './refusals.ts';

export interface ActualPeer {
  readonly publicKey: string;
  /** Somebody gave it a preshared key. We never do. */
  readonly preshared: boolean;
  readonly endpoint: string | null;
  readonly allowed: readonly string[];
  /** Seconds since 1970 by this machine's clock; 0: never. */
  readonly handshakeS: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  /** 0: none. */
  readonly keepaliveS: number;
}

export interface Actual {
  /** Null where the interface has no key. */
  readonly publicKey: string | null;
  readonly listenPort: number;
  /** By public key. */
  readonly peers: ReadonlyMap<string, ActualPeer>;
}

const TAB = 9;
const NEWLINE = 10;
const BLANK = 46;
/** `(none)` begins so, and no key does. */
const BRACKET = 40;

/** The bytes are given away: the secrets in them are overwritten. */
export function parseDump(bytes: Uint8Array): Result<Actual, DumpCode> {
  const longest = blankSecrets(bytes);
  if (longest > DUMP_LINE_BYTES_MAX) return refuse('dump-shape', `a line of ${longest} bytes`);
  const text = textOf(bytes);
  if (text === null || !text.endsWith('\n')) return refuse('dump-shape', 'cut off');
  const [head = '', ...lines] = text.slice(0, -1).split('\n');
  const own = head.split('\t');
  const listenPort = numberIn(own[2]);
  if (own.length !== 4 || listenPort === null) return refuse('dump-shape', 'line 1');
  const peers = new Map<string, ActualPeer>();
  for (const [at, line] of lines.entries()) {
    const peer = parsePeer(line);
    if (peer === null) return refuse('dump-shape', `line ${at + 2}`);
    peers.set(peer.publicKey, peer);
  }
  return ok({ publicKey: own[1] === '(none)' ? null : (own[1] as string), listenPort, peers });
}

/** Dots over the first field of the first line and the second of all others; the longest line. */
function blankSecrets(bytes: Uint8Array): number {
  let longest = 0;
  let start = 0;
  for (let line = 0; start < bytes.length; line++) {
    let field = 0;
    let at = start;
    let isBlank = line === 0 && bytes[start] !== BRACKET;
    for (; at < bytes.length && bytes[at] !== NEWLINE; at++) {
      if (bytes[at] === TAB) {
        field += 1;
        isBlank = line > 0 && field === 1 && bytes[at + 1] !== BRACKET;
      } else if (isBlank) bytes[at] = BLANK;
    }
    longest = Math.max(longest, at - start);
    start = at + 1;
  }
  return longest;
}

type Numbers = [number | null, number | null, number | null];

function parsePeer(line: string): ActualPeer | null {
  const fields = line.split('\t');
  const [publicKey = '', preshared, endpoint = '', allowed = ''] = fields;
  const [handshakeS, rxBytes, txBytes] = [4, 5, 6].map((at) => numberIn(fields[at])) as Numbers;
  const keepaliveS = fields[7] === 'off' ? 0 : numberIn(fields[7]);
  if (fields.length !== 8 || publicKey.length !== 44) return null;
  if (handshakeS === null || rxBytes === null || txBytes === null || keepaliveS === null) {
    return null;
  }
  return {
    publicKey,
    preshared: preshared !== '(none)',
    // In the form of RFC 5952 already, which is ours, too.
    endpoint: endpoint === '(none)' ? null : endpoint,
    allowed: allowed === '(none)' ? [] : allowed.split(','),
    ...{ handshakeS, rxBytes, txBytes, keepaliveS },
  };
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,20}$/.test(text) ? Number(text) : null;
}
