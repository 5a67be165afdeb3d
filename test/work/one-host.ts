// One host under a hand: each input is given, the disk answers at once or when it is told to, and
// what the shell would have to do is there to be looked at.

import type { Digest, Key } from '../../proto/ids.ts';
import type { Json } from '../../proto/json.ts';
import type { Request } from '../../work/documents.ts';
import { stepHost } from '../../work/host.ts';
import { hostFrom } from '../../work/host-recovery.ts';
import type { Act, Effect, Entry, Facts, Host, Input, Right, Said } from '../../work/host-state.ts';
import type { Found } from '../../work/host-state.ts';
import type { Lease, Run } from '../../work/lease.ts';
import type { Spec } from '../../work/spec.ts';
import { SMALL, WALL_MS, keyOf } from './host-world.ts';
import { digestOf } from './naming.ts';
import { JOB, specOf } from './specs.ts';

export const OWNER: Key = keyOf('owner');
export const SELF: Key = keyOf('self');
export const ID = '01JE2HZ6Q3M8Y5T0V7XW9KB4CD';
const MAY: Right = { may: true, grant: null, concurrent: null };

export class OneHost {
  host: Host;
  journal: Entry[];
  monoMs = 1_000_000;
  /** Since the last `take`. */
  effects: Effect[] = [];
  /** Whether what is stored is safe at once. */
  isQuick = true;
  boot: string;

  constructor(journal: Entry[] = [], boot = 'boot-1', monoMs = 1_000_000) {
    this.journal = journal;
    this.boot = boot;
    this.monoMs = monoMs;
    this.host = hostFrom(SELF, roundTrip(journal), boot, this.now());
    this.give({ is: 'facts', facts: SMALL });
  }

  now(): { monoMs: number; wallMs: number } {
    return { monoMs: this.monoMs, wallMs: WALL_MS + this.monoMs };
  }

  static ready(facts: Partial<Facts> = {}): OneHost {
    const one = new OneHost();
    one.give({ is: 'recovered', found: [] });
    one.give({ is: 'facts', facts: { ...SMALL, ...facts } });
    one.take();
    return one;
  }

  give(input: Input): void {
    const { host, out } = stepHost(this.host, input, this.now());
    this.host = host;
    this.effects.push(...out);
    const stored = out.flatMap((effect) => (effect.do === 'store' ? [effect] : []));
    if (this.isQuick && stored.length > 0) this.sync();
  }

  /** What was handed out reaches the disk. */
  sync(): void {
    const { pending, stalledUntilMs } = this.host;
    if (stalledUntilMs !== null || pending.length === 0) return;
    this.journal.push(...pending.map(({ entry }) => entry));
    this.give({ is: 'stored', upTo: pending.at(-1)!.seq });
  }

  /** Time passes, looked at once a second. */
  pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.monoMs += 1_000;
      this.give({ is: 'look' });
    }
  }

  /** The daemon dies, and another comes up; with `boot` it is the machine. */
  restart(found: readonly Found[] = [], boot = this.boot): OneHost {
    const monoMs = boot === this.boot ? this.monoMs + 2_000 : 5_000;
    const next = new OneHost(this.journal, boot, monoMs);
    next.give({ is: 'recovered', found });
    return next;
  }

  ask(request: Request, more: Partial<Extract<Input, { is: 'request' }>> = {}): Said | null {
    const re = digestOf([request as unknown as Json, this.effects.length]);
    const estimate =
      request.say === 'reserve'
        ? { memMiB: request.spec.resources.memMiB, diskMiB: request.spec.resources.diskMiB }
        : null;
    this.give({ is: 'request', re, request, right: MAY, estimate, ...more });
    return this.answerTo(re);
  }

  answerTo(re: Digest): Said | null {
    const found = this.effects.find((effect) => effect.do === 'answer' && effect.re === re);
    return found?.do === 'answer' ? found.said : null;
  }

  request(say: 'go' | 'cancel' | 'stop' | 'kill' | 'mine', spec: Spec, more = {}): Request {
    const head = { ...this.headOf(spec), ...more };
    if (say === 'stop' || say === 'kill') return { ...head, say: 'stop', kill: say === 'kill' };
    return { ...head, say };
  }

  reserve(spec: Spec, more = {}): Request {
    return { ...this.headOf(spec), say: 'reserve', spec, ...more };
  }

  private headOf(spec: Spec): Omit<Request, 'say' | 'spec' | 'kill'> {
    const digest = digestOf(spec as unknown as Json);
    const at = this.now().wallMs;
    return { v: 1, id: ID, generation: 1, digest, from: OWNER, to: SELF, at };
  }

  /** What was to be done since the last time this was asked. */
  take(): Effect[] {
    return this.effects.splice(0);
  }

  acts(): Act[] {
    return this.take().flatMap((effect) => (effect.do === 'drive' ? [effect.act] : []));
  }

  lease(id = ID): Lease | undefined {
    return this.host.leases.get(id);
  }

  stage(id = ID): string | undefined {
    return this.lease(id)?.life.stage;
  }

  of(id = ID): Run {
    const lease = this.lease(id)!;
    return { id, generation: lease.generation, run: lease.life.run };
  }

  /** As far as it goes by itself. */
  run(spec: Spec): void {
    this.ask(this.reserve(spec));
    this.ask(this.request('go', spec));
    this.begin();
  }

  /** From being prepared to running. */
  begin(): void {
    this.give({ is: 'prepared', of: this.of() });
    const startedAtMs = this.now().wallMs;
    this.give({ is: 'started', of: this.of(), startedAtMs, image: 'busybox' });
    this.give({ is: 'verified', of: this.of(), granted: { memMiB: 8 } });
  }

  end(exit: number | null, more: { signal?: string; oom?: boolean } = {}): void {
    const ending = { exit, signal: more.signal ?? null, oom: more.oom ?? null };
    this.give({ is: 'ended', of: this.of(), ending: { ...ending, endedAtMs: this.now().wallMs } });
  }

  /** The receipt is kept and what is left taken away, wherever it stands. */
  clear(): void {
    if (this.stage() === 'closing') this.give({ is: 'receipted', of: this.of() });
    if (this.stage() === 'clearing') this.give({ is: 'destroyed', of: this.of() });
  }

  found(): Found {
    const lease = this.lease()!;
    const { id, generation, digest, owner } = lease;
    const startedAtMs = lease.life.startedAt ?? this.now().wallMs;
    return { tag: { id, generation, digest, owner }, startedAtMs, image: 'busybox' };
  }
}

/** As it comes back from a file. */
function roundTrip(journal: readonly Entry[]): Entry[] {
  return JSON.parse(JSON.stringify(journal)) as Entry[];
}

export function job(more: Record<string, unknown> = {}): Spec {
  const resources = { cpuMilli: 1_000, memMiB: 1_024, diskMiB: 100 };
  return specOf({ ...JOB, resources, ...more });
}
