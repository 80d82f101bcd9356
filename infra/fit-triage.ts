import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from '#shared/content-hash.ts';
import { readEnvironment } from '#shared/environment.ts';
import { fitTriageModel } from '../services/evaluator/triage/fit-triage-model.ts';
import { readTau2Examples, readTauExamples } from './bench/scoring/triage-runs.ts';

/** Writes the weights with which triage begins, from the public runs in `TRIMTAB_REAL_DATA`. */
const FILE = join(import.meta.dirname, '../services/evaluator/triage/triage-weights.json');
const DIGITS = 6;

const folder = readEnvironment(process.env).realDataDir;
if (folder === undefined) {
  process.stderr.write('TRIMTAB_REAL_DATA has to lead to the recorded runs\n');
  process.exitCode = 1;
} else {
  const examples = [...readTau2Examples(folder), ...readTauExamples(folder)];
  const fitted = fitTriageModel(examples, { version: '', source: 'tau-bench and tau2-bench' });
  const rounded = JSON.parse(
    JSON.stringify(fitted, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value,
    ),
  ) as typeof fitted;
  const version = `triage-${contentHash(rounded).slice(0, 8)}`;
  writeFileSync(FILE, `${JSON.stringify({ ...rounded, version }, null, 2)}\n`);
  process.stdout.write(`${version}: ${rounded.features.length} features of ${examples.length} runs\n`);
}
