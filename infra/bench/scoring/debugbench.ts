import { auroc } from '#shared/calibration/auroc.ts';
import { clusterBootstrap } from '#shared/calibration/cluster-bootstrap.ts';
import type { Forecast } from '#shared/calibration/probability-error.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import type { CheckSyntax } from '../../../services/evaluator/scorers/code/check-syntax.ts';
import { loadSyntaxChecker } from '../../../services/evaluator/syntax/load-syntax-checker.ts';
import type { TriageExample } from '../../../services/evaluator/triage/fit-triage-model.ts';
import { type DebugbenchRow, readDebugbench } from './debugbench-rows.ts';
import { bareCode, unboundNames } from './python-names.ts';
import type { GoalResult, ScoringTable } from './scoring-report.ts';
import { crossFitTriage } from './triage-cross-fit.ts';

const SEED = 20_261_125;
const RESAMPLES = 1_000;
const RESAMPLES_QUICK = 200;

/**
 * How far a look at the code alone tells repairs that pass an online judge from those that do not: does it parse, does it
 * use names that it binds nowhere, what of the faulty program went, how long is it. Problems are never on both sides of a
 * split.
 */
export async function debugbenchGoal(dataFolder: string, { quick }: { readonly quick: boolean }): Promise<GoalResult> {
  const check = await loadSyntaxChecker();
  const rows = readDebugbench(dataFolder);
  const examples = rows.map((row) => exampleOf(row, check));
  const forecasts = crossFitTriage(examples, SEED).map((forecast, index) => ({
    ...forecast,
    slug: rows[index]?.slug ?? '',
  }));
  const interval = clusterBootstrap(forecasts, ({ slug }) => slug, aurocOf, {
    resamples: quick ? RESAMPLES_QUICK : RESAMPLES,
    random: seededUniform(SEED),
  });
  const value = aurocOf(forecasts) ?? Number.NaN;
  return {
    figures: [
      {
        ...{ id: 'G12', value, op: '>=', bar: null, pass: null, n: rows.length },
        interval: [interval?.low ?? Number.NaN, interval?.high ?? Number.NaN],
      },
    ],
    tables: [tableOf(examples)],
  };
}

function aurocOf(forecasts: readonly Forecast[]): number | null {
  return auroc(
    forecasts.map(({ probability }) => probability),
    forecasts.map(({ label }) => label),
  );
}

function exampleOf({ slug, buggy, fixed, passed }: DebugbenchRow, check: CheckSyntax): TriageExample {
  const { added, removed } = changedLines(linesOf(buggy), linesOf(fixed));
  return {
    features: {
      doesNotParse: check('python', fixed).type === 'invalid' ? 1 : 0,
      unboundNames: Math.min(1, unboundNames(fixed).size),
      isUnchanged: added + removed === 0 ? 1 : 0,
      removedLines: Math.log1p(removed),
      length: Math.log1p(bareCode(fixed).length),
    },
    label: passed ? 1 : 0,
    group: slug,
  };
}

function linesOf(text: string): readonly string[] {
  return bareCode(text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Lines of one text that the other has not, however they are ordered. */
function changedLines(before: readonly string[], after: readonly string[]) {
  const left = new Map<string, number>();
  for (const line of before) left.set(line, (left.get(line) ?? 0) + 1);
  let added = 0;
  for (const line of after) {
    const count = left.get(line) ?? 0;
    if (count > 0) left.set(line, count - 1);
    else added += 1;
  }
  return { added, removed: [...left.values()].reduce((sum, count) => sum + count, 0) };
}

function tableOf(examples: readonly TriageExample[]): ScoringTable {
  const row = (title: string, chosen: readonly TriageExample[]) =>
    [title, chosen.length, chosen.filter(({ label }) => label === 1).length] as const;
  const having = (name: string) => examples.filter(({ features }) => features[name] === 1);
  return {
    title: 'Repairs of programs, by what their code shows',
    columns: ['what the code shows', 'repairs', 'passed the judge'],
    rows: [
      row('all', examples),
      row('does not parse', having('doesNotParse')),
      row('uses a name that it binds nowhere', having('unboundNames')),
      row('is the faulty program unchanged', having('isUnchanged')),
    ],
  };
}
