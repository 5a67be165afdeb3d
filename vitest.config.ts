// Every test of the repository runs with `npx vitest run`, or a folder of them by its path.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
  },
});
