export type RowBackend = 'PostgreSQL' | 'Redis' | 'any';

/** A test that stands elsewhere and proves a row: every test of the file whose own name begins so. */
export interface ProvingTest {
  readonly file: string;
  readonly name: string;
  readonly backend: RowBackend;
}

/** One fault of the list, or one form of it. */
export interface CatalogueRow {
  /** Number in the list of faults. */
  readonly fault: number;
  readonly row: string;
  readonly what: string;
  readonly criterion: string;
  /** Where a case of this suite runs. */
  readonly backends: readonly RowBackend[];
  /** Where the proof stands, when no case of this suite is it. Neither: the row is shown as not run. */
  readonly tests: readonly ProvingTest[];
}

export const BOTH = ['PostgreSQL', 'Redis'] as const;

/** The same test on both backends: the queue's contract. */
export function contractTest(name: string): readonly ProvingTest[] {
  return [
    { file: 'shared/queue/queue-postgres.db.test.ts', name, backend: 'PostgreSQL' },
    { file: 'shared/queue/queue-redis.db.test.ts', name, backend: 'Redis' },
  ];
}

/** Tests of one file that have nothing to do with the queue. */
export function testsOf(file: string, ...names: readonly string[]): readonly ProvingTest[] {
  return names.map((name) => ({ file, name, backend: 'any' }));
}
