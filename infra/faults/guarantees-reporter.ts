import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { CatalogueRow } from './catalogue/catalogue-row.ts';
import { backendsOf, CATALOGUE } from './catalogue.ts';
import { type Measurement, readMeasured, writeMeasured } from './measured.ts';
import { GUARANTEES_FILE, renderGuarantees } from './render-guarantees.ts';

/** Writes what a run of the suite has shown, and nothing else, into the table of guarantees. */
export class GuaranteesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const ended = tests.filter((test) => test.result().state !== 'skipped' && test.result().state !== 'pending');
    const news = CATALOGUE.flatMap((row) =>
      backendsOf(row).flatMap((backend) => measurementOf(row, backend, ended) ?? []),
    );
    writeMeasured(news, ({ row, backend }) =>
      CATALOGUE.some((each) => each.row === row && backendsOf(each).some((known) => known === backend)),
    );
    writeFileSync(GUARANTEES_FILE, renderGuarantees(CATALOGUE, readMeasured()));
  }
}

/** Null when nothing of the row ran. */
function measurementOf(row: CatalogueRow, backend: string, ended: readonly TestCase[]): Measurement | null {
  const own = ended.filter((test) => {
    const result = test.meta().faultResult;
    return result?.row === row.row && result.backend === backend;
  });
  const proofs = row.tests.filter((each) => each.backend === backend);
  const proving = proofs.flatMap(({ file, name }) =>
    ended.filter((test) => test.module.relativeModuleId === file && test.name.startsWith(name)),
  );
  const tests = [...own, ...proving];
  if (tests.length === 0) return null;
  const results = own.flatMap((test) => test.meta().faultResult ?? []);
  // A row with a case of its own has proofs beside it; one without is nothing but its proofs.
  const isWhole =
    own.length > 0 ||
    proofs.every(({ file, name }) =>
      proving.some((test) => test.module.relativeModuleId === file && test.name.startsWith(name)),
    );
  return {
    ...{ row: row.row, backend, tests: tests.length },
    verdict: isWhole && tests.every((test) => test.result().state === 'passed') ? 'pass' : 'fail',
    seed: results[0]?.seed ?? null,
    figures: results.flatMap(({ figures }) =>
      figures.map((figure) => ({ ...figure, value: Number.isFinite(figure.value) ? figure.value : null })),
    ),
    measuredOn: new Date().toISOString().slice(0, 10),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    cores: availableParallelism(),
  };
}
