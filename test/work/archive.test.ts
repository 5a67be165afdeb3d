// Archives as they come: taken apart wherever they are cut, and renamed without a change beside.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { renaming } from '../../work/image-archive.ts';
import { tarReader } from '../../work/tar.ts';

const FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-archive-'));
afterAll(() => fs.rmSync(FOLDER, { recursive: true, force: true }));

let count = 0;

/** An archive of these files, by the tar of the system. */
function archive(files: Readonly<Record<string, string>>, format = 'gnu'): Buffer {
  count += 1;
  const folder = path.join(FOLDER, String(count));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  const file = `${folder}.tar`;
  const words = [`--format=${format}`, '-C', folder, '-cf', file, ...Object.keys(files)];
  expect(spawnSync('tar', words).status).toBe(0);
  return fs.readFileSync(file);
}

function contentOf(bytes: Uint8Array, size: number): Record<string, string> | null {
  const reader = tarReader();
  const found: Record<string, string> = {};
  let name = '';
  for (let at = 0; at < bytes.length; at += size) {
    const parts = reader.take(bytes.subarray(at, at + size));
    if (parts === null) return null;
    for (const part of parts) {
      if (part.kind === 'entry') found[(name = part.entry.name)] = '';
      if (part.kind === 'bytes') found[name] += Buffer.from(part.bytes).toString();
    }
  }
  return found;
}

function renamed(bytes: Uint8Array, size = 700): Buffer | null {
  const to = renaming('localhost/kith:iX');
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const parts = to.take(bytes.subarray(at, at + size));
    if (parts === null) return null;
    out.push(...parts);
  }
  const end = to.end();
  return end === null ? null : Buffer.concat([...out, ...end]);
}

const LONG = `${'folder/'.repeat(20)}a file with a long name ${'x'.repeat(80)}`;
const FILES = { a: '', 'b/c': 'text', [LONG]: 'long'.repeat(500), d: 'x'.repeat(512) };

describe('an archive', () => {
  test.each(['gnu', 'pax', 'posix'])('of the form %s comes apart, wherever it is cut', (format) => {
    const bytes = archive(FILES, format);
    for (const size of [1, 511, 512, 513, bytes.length]) {
      expect(contentOf(bytes, size)).toEqual(FILES);
    }
  });

  test('that is damaged, or none, is refused', () => {
    const bytes = Buffer.from(archive(FILES));
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    expect(contentOf(bytes, 512)).toBeNull();
    expect(contentOf(Buffer.from('x'.repeat(600)), 512)).toBeNull();
  });
});

describe('an image', () => {
  const config = { Config: 'c.json', RepoTags: ['busybox:latest'], Layers: ['l'] };
  const manifest = JSON.stringify([config]);

  test('of Docker has our name and nobody else’s afterwards', () => {
    const files = {
      'c.json': '{}',
      [LONG]: 'layer',
      'manifest.json': manifest,
      repositories: '{}',
    };
    const bytes = renamed(archive(files));
    const found = contentOf(bytes ?? Buffer.alloc(0), 512) ?? {};
    expect(Object.keys(found)).toEqual(['c.json', LONG, 'manifest.json']);
    expect(JSON.parse(found['manifest.json'] ?? '')).toEqual([
      { ...config, RepoTags: ['localhost/kith:iX'] },
    ]);
    expect(found[LONG]).toBe('layer');
    const listed = spawnSync('tar', ['-tf', '-'], { input: bytes ?? '', encoding: 'utf8' });
    expect([listed.status, listed.stderr]).toEqual([0, '']);
  });

  test('of OCI has it in its annotations', () => {
    const index = { schemaVersion: 2, manifests: [{ digest: 'sha256:1', size: 2 }] };
    const bytes = renamed(archive({ 'oci-layout': '{}', 'index.json': JSON.stringify(index) }));
    const found = contentOf(bytes ?? Buffer.alloc(0), 512) ?? {};
    expect(JSON.parse(found['index.json'] ?? '')).toMatchObject({
      manifests: [
        {
          digest: 'sha256:1',
          annotations: { 'org.opencontainers.image.ref.name': 'localhost/kith:iX' },
        },
      ],
    });
  });

  test.each([
    ['two images', { 'manifest.json': JSON.stringify([config, config]) }],
    ['no JSON', { 'manifest.json': '{' }],
    ['two in its index', { 'index.json': '{"manifests":[{},{}]}' }],
    ['none at all', { a: 'b' }],
  ])('is none with %s', (_, files) => {
    expect(renamed(archive(files))).toBeNull();
  });
});
