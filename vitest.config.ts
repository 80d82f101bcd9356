import { defineConfig } from 'vitest/config';

/**
 * Three projects by what a test touches, told apart by its file name:
 * `x.test.ts` is pure, `x.db.test.ts` needs PostgreSQL (embedded, or DATABASE_URL) and real sockets,
 * `x.real.test.ts` reads recorded public data from TRIMTAB_REAL_DATA.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.test.ts'], exclude: ['**/*.{db,real}.test.ts', 'node_modules/**'] } },
      {
        test: {
          name: 'db',
          include: ['**/*.db.test.ts'],
          exclude: ['node_modules/**'],
          globalSetup: ['shared/testing/global-database.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'real',
          include: ['**/*.real.test.ts'],
          exclude: ['node_modules/**'],
          globalSetup: ['shared/testing/global-database.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
