import { defineConfig } from 'vitest/config';

/** Every property of the codecs and of the parsers before them, 10,000 times: `npm run test:fuzz`. */
export default defineConfig({
  test: {
    name: 'fuzz',
    include: ['shared/formats/**/*.test.ts', 'shared/upstream/**/*.test.ts'],
    exclude: ['**/*.{db,real}.test.ts', 'node_modules/**'],
    setupFiles: ['shared/testing/fuzz-setup.ts'],
    testTimeout: 3_600_000,
    maxWorkers: 2,
  },
});
