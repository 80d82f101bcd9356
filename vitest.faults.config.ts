import { defineConfig } from 'vitest/config';
import { provingTestFiles } from './infra/faults/catalogue.ts';
import { GuaranteesReporter } from './infra/faults/guarantees-reporter.ts';

/**
 * Every fault of the catalogue, by its own case or by the test that proves it, into docs/guarantees.md:
 * `npm run test:faults`. A part of them (`npm run test:faults -- redis`) writes its own rows only.
 */
export default defineConfig({
  test: {
    name: 'faults',
    include: ['infra/faults/cases/*.fault.ts', ...provingTestFiles()],
    globalSetup: ['shared/testing/global-database.ts'],
    reporters: ['default', new GuaranteesReporter()],
    testTimeout: 1_200_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
