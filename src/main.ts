// The entry of the command. It looks at the version of Node before anything of kith is loaded, so
// that one too old says a sentence and not a syntax error.

const FLOOR = [20, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < FLOOR[0] || (major === FLOOR[0] && minor < FLOOR[1])) {
  process.stderr.write(
    `kith needs Node ${FLOOR.join('.')} or newer; this is ${process.versions.node}.\n`,
  );
  process.exitCode = 70;
} else {
  // The daemon lives for months and allocates little: a young heap that stays at its first size
  // saves 15 MB (docs/daemon.md, "Memory"). Before anything is loaded: it never shrinks again.
  if (process.argv.includes('up')) {
    process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
    // For this process alone: ./kith sets it, and what is started from here has its own needs.
    delete process.env['MALLOC_ARENA_MAX'];
  }
  // What the data folder holds is its owner's alone, also what LevelDB makes there.
  process.umask(0o077);
  void import('./cli/run.ts').then(({ main }) => main(process.argv.slice(2)));
}
