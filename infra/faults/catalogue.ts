import { BROKEN_CONTENT } from './catalogue/broken-content.ts';
import type { CatalogueRow } from './catalogue/catalogue-row.ts';
import { KILLED_PROCESSES } from './catalogue/killed-processes.ts';
import { MOVING_POLICIES } from './catalogue/moving-policies.ts';
import { STORES_AWAY } from './catalogue/stores-away.ts';

/** Every fault of the list, in its order; a fault may have several forms. */
export const CATALOGUE: readonly CatalogueRow[] = [
  ...KILLED_PROCESSES,
  ...STORES_AWAY,
  ...BROKEN_CONTENT,
  ...MOVING_POLICIES,
].sort((left, right) => left.fault - right.fault);

/** Files that hold proofs and are no cases of the suite. */
export function provingTestFiles(): readonly string[] {
  return [...new Set(CATALOGUE.flatMap(({ tests }) => tests.map(({ file }) => file)))];
}

/** Where a row is shown, each once. */
export function backendsOf({ backends, tests }: CatalogueRow): readonly string[] {
  return [...new Set([...backends, ...tests.map(({ backend }) => backend)])];
}
