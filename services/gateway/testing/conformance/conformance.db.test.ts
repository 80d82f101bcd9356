import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { LINES } from './lines.ts';
import { pageCells } from './page-cells.ts';
import { type CaseResult, runConformance } from './run-conformance.ts';
import { compatibilityPage, failuresOf, totalsOf } from './table.ts';

const RUN_DEADLINE_MS = 180_000;
const PAGE = fileURLToPath(new URL('../../../../docs/compatibility.md', import.meta.url));

describe('the lines of the compatibility table', () => {
  let testDatabase: TestDatabase;
  let results: readonly CaseResult[];
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    results = await runConformance(LINES, testDatabase.connectionString);
  }, RUN_DEADLINE_MS);
  afterAll(() => testDatabase.drop());

  it('were all run: each of the list, and each demand of the gateway protocol', () => {
    const lines = new Set(LINES.map(({ line }) => line));
    const list = Array.from({ length: 82 }, (_, index) => String(index + 1));
    const demands = Array.from({ length: 10 }, (_, index) => `0.${index + 1}`);
    expect([...list, ...demands].filter((line) => !lines.has(line))).toEqual([]);
    expect(totalsOf(results).pass).toBeGreaterThan(1_000);
  });

  it('hold at every format to which they apply', () => {
    expect(failuresOf(results)).toEqual([]);
  });

  it('stand in the page as they came out', () => {
    expect(pageCells(readFileSync(PAGE, 'utf8'))).toEqual(pageCells(compatibilityPage(results)));
  });
});
