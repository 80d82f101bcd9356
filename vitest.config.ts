import { defineConfig } from 'vitest/config';

const DATABASE = 'shared/testing/global-database.ts';
/** Tests of whole systems: several processes each, which must not fight with other tests for the machine. */
const SYSTEM_TESTS = [
  'infra/{loop,kill,purge,queue-hook,reload}.db.test.ts',
  'infra/{demo,drills}/*.db.test.ts',
  'infra/faults/quick*.db.test.ts',
];

/**
 * Projects by what a test touches, told apart by its file name, one after the other:
 * `x.test.ts` is pure, `x.db.test.ts` needs PostgreSQL (embedded, or DATABASE_URL) and real sockets,
 * `x.real.test.ts` reads recorded public data from TRIMTAB_REAL_DATA.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: ['**/*.{db,real}.test.ts', 'node_modules/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'db',
          include: ['**/*.db.test.ts'],
          exclude: [...SYSTEM_TESTS, 'node_modules/**'],
          globalSetup: [DATABASE],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'system',
          include: SYSTEM_TESTS,
          globalSetup: [DATABASE],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'real',
          include: ['**/*.real.test.ts'],
          exclude: ['node_modules/**'],
          globalSetup: [DATABASE],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
