// Puts the compiled program into few files: node src/boot/bundle.mjs DIST writes DIST/kith/ from
// DIST/src/. A start reads a handful of files instead of hundreds, and the daemon keeps less in
// memory. They are CommonJS, which Node loads at half the cost of modules. What a command needs
// alone stays in a file of its own, and is read when that command runs. Why, and what it gains:
// docs/decisions/2026-12-01-bundle.md.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

/** Where the bundle of a built tree stands. */
const FOLDER = 'kith';

/**
 * Binaries of these are found by where their own files stand; and blessed is written in a
 * JavaScript (`'\200'`) that no strict parser takes.
 */
const LEFT_OUTSIDE = ['sodium-native', 'node-gyp-build', 'cpu-features', /^blessed\//];

/** Programs of their own: what a person starts, and what kith starts in threads and children. */
function entriesOf(dist) {
  const files = readdirSync(join(dist, 'src'), { recursive: true });
  const own = files.filter((path) => /(^main|-worker|\/child)\.js$/.test(path));
  return Object.fromEntries(own.map((path) => [basename(path, '.js'), join(dist, 'src', path)]));
}

/** Each looks for its binary beside itself, so it is loaded from where it was installed. */
const BINDINGS = {
  name: 'bindings',
  resolveId: (id, importer) =>
    id === './binding' && importer?.includes('/classic-level/')
      ? { id: 'classic-level/binding.js', external: true }
      : null,
};

/**
 * What Fastify would load if it were asked for it, and never is: a compiler of schemas and one of
 * serializers (src/peer/without-compilers.ts), a log, requests without a network. Together they are
 * two thirds of its source, which V8 would hold as long as the daemon runs.
 */
const NEVER_LOADED = [
  ...['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler'],
  ...['pino', 'light-my-request'],
];
const WITHOUT = {
  name: 'without',
  resolveId: (id) => (NEVER_LOADED.includes(id) ? `\0without:${id}` : null),
  load: (id) =>
    id.startsWith('\0without:')
      ? { code: `throw new Error('not in the bundle: ${id.slice(9)}')`, moduleType: 'js' }
      : null,
};

/**
 * V8 keeps a source as long as its program runs, and with a single character beyond Latin-1 each of
 * the others takes twice the memory. So they are written as escapes, which mean the same in every
 * text and pattern.
 */
function narrow(code) {
  return code.replaceAll(/[\u0100-\uffff]/g, (char) => {
    const digits = char.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${digits}`;
  });
}

/**
 * What most commands load, and what those load that only ask the daemon: one file for all of it.
 */
const COMMON = ['src/cli/run.js', 'src/cli/commands/nodes.js', 'src/cli/commands/peers.js'];

/** Knows after the reading of the sources whether a module is part of what is common. */
function commonIn(dist) {
  const common = new Set();
  const plugin = {
    name: 'common',
    buildEnd() {
      const add = (id) => {
        const info = common.has(id) ? null : this.getModuleInfo(id);
        if (info === null) return;
        common.add(id);
        info.importedIds.forEach(add);
      };
      for (const path of COMMON) add(join(dist, path));
    },
  };
  return { plugin, test: (id) => common.has(id) };
}

async function bundle(dist) {
  const { plugin, test } = commonIn(dist);
  const made = await rolldown({
    input: entriesOf(dist),
    platform: 'node',
    external: [...LEFT_OUTSIDE, /\.node$/],
    plugins: [BINDINGS, WITHOUT, plugin],
    // Packages say much about themselves that nobody here can change; what fails is thrown.
    logLevel: 'silent',
  });
  const to = join(dist, FOLDER);
  const codeSplitting = { groups: [{ name: 'common', test }] };
  const { output } = await made.generate({ format: 'cjs', comments: false, codeSplitting });
  await made.close();
  mkdirSync(to, { recursive: true });
  for (const { fileName, code } of output) writeFileSync(join(to, fileName), narrow(code));
  writeFileSync(join(to, 'package.json'), '{"type":"commonjs"}\n');
}

await bundle(resolve(process.argv[2] ?? 'dist'));
