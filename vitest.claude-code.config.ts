import { defineConfig } from 'vitest/config';

/** The real Claude Code command line, installed from npm when the suite starts: `npm run test:claude-code`. */
export default defineConfig({
  test: {
    name: 'agent',
    include: ['infra/claude-code/*.session.ts'],
    globalSetup: ['shared/testing/global-database.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
