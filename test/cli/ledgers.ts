// Ledger files for the tests of the command line, and the real ./kith run on them.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Decoded } from '../../ledger/record.ts';
import { type Actor, PEER, Scribe, actor, acts, everything } from '../kit/actors.ts';

export const ROOT: string = join(import.meta.dirname, '../..');

/** A folder that is gone after the tests of the file. */
export function scratch(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kith-cli-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface House {
  readonly scribe: Scribe;
  readonly anna: Actor;
  readonly bert: Actor;
  readonly lamp: Actor;
  readonly stove: Actor;
  readonly bertsAdmission: Decoded;
  readonly lampsAdmission: Decoded;
}

/** Anna founded it; Bert is an operator; the lamp is a node; the stove was removed by Bert. */
export function house(network = 'home'): House {
  const [anna, bert] = [actor('anna'), actor('bert')];
  const [lamp, stove] = [actor('lamp'), actor('stove')];
  const scribe = new Scribe(network, [anna]);
  const more = { ipv4: '10.7.0.2', labels: ['upstairs'] };
  const bertsAdmission = scribe.operator(bert, anna, [], everything(4));
  const lampsAdmission = scribe.by(anna, acts.node(lamp, anna, scribe.ledger, PEER, more));
  scribe.node(stove, bert, [bertsAdmission]);
  scribe.by(lamp, acts.update({ endpoints: ['lamp.example:7447'] }));
  const stoveFirst = scribe.by(stove, acts.update({ labels: ['hot'] }));
  scribe.by(stove, acts.update({ labels: ['hotter'] }));
  scribe.remove(stove, bert, [bertsAdmission], stoveFirst);
  scribe.by(anna, acts.commit('heating.mode', 'away'));
  scribe.by(bert, acts.commit('heating.mode', 'on'), { auth: [bertsAdmission] });
  return { scribe, anna, bert, lamp, stove, bertsAdmission, lampsAdmission };
}

export function textOf(records: readonly { readonly line: string }[]): string {
  return records.map(({ line }) => `${line}\n`).join('');
}

/** A data folder that holds these records. */
export function dataFolder(at: string, records: readonly Decoded[]): string {
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'nodes.jsonl'), textOf(records));
  return at;
}

export interface Ran {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

export interface Setting {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** `./kith` with these words, in an environment that holds no ledger of the person who tests. */
export function start(words: readonly string[], setting: Setting = {}): Started {
  const env = { ...process.env, KITH_DIR: join(tmpdir(), 'kith-cli-nowhere'), ...setting.env };
  const cwd = setting.cwd ?? tmpdir();
  const child = spawn(join(ROOT, 'kith'), words, { cwd, env });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.on('error', () => undefined).end(setting.input ?? '');
  const ended = new Promise<Ran>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, out, err }));
  });
  return { child, ended };
}

export function kith(words: readonly string[], setting: Setting = {}): Promise<Ran> {
  return start(words, setting).ended;
}
