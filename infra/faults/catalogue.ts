/** A test that stands elsewhere and proves a row: every test of the file whose name begins so. */
export interface ProvingTest {
  readonly file: string;
  /** Beginning of the test's own name. */
  readonly name: string;
  readonly backend: 'PostgreSQL' | 'Redis' | 'any';
}

/** One fault of the list, or one form of it. */
export interface CatalogueRow {
  /** Of the list of faults. */
  readonly fault: number;
  readonly row: string;
  readonly what: string;
  readonly criterion: string;
  /** Where a case of this suite runs; none for rows that tests elsewhere prove. */
  readonly backends: readonly ('PostgreSQL' | 'Redis' | 'any')[];
  readonly tests: readonly ProvingTest[];
}

const BOTH = ['PostgreSQL', 'Redis'] as const;

export const CATALOGUE: readonly CatalogueRow[] = [
  {
    fault: 7,
    row: 'postgres-stopped',
    what: 'PostgreSQL is stopped for a second under load',
    criterion: 'nothing lost or doubled, work resumes within 3 s',
    backends: BOTH,
    tests: [],
  },
];

/** Files that hold proofs and are no cases of the suite. */
export function provingTestFiles(): readonly string[] {
  return [...new Set(CATALOGUE.flatMap(({ tests }) => tests.map(({ file }) => file)))];
}

/** Where a row is shown, each once. */
export function backendsOf({ backends, tests }: CatalogueRow): readonly string[] {
  return [...new Set([...backends, ...tests.map(({ backend }) => backend)])];
}
