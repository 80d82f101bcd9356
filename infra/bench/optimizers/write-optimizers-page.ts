import type { WrittenFigure } from '../scoring/scoring-report.ts';
import type { CellScores } from './cell.ts';
import { DIFFERENCES } from './differences.ts';
import { BUDGETS, LANDSCAPES, noisesOf, OPTIMIZERS } from './landscape-figures.ts';
import type { LandscapeName } from './landscapes/world-constants.ts';
import { linePlot } from './line-plot.ts';
import { medianOf } from './median-figure.ts';
import type { OptimizerReport } from './optimizer-report.ts';
import { REFERENCE_DEMONSTRATIONS, REFERENCE_SCORES } from './reference-scores.ts';

/** The page of the prompt optimizers and its plots by file name. Every number of ours comes from the report. */
export function writeOptimizersPage(report: OptimizerReport): {
  readonly page: string;
  readonly plots: Readonly<Record<string, string>>;
} {
  const { environment, figures, cells, elsewhere, notMeasured } = report;
  const plots: Record<string, string> = {};
  const parts = [
    '# How well prompt optimizers work',
    'Written by `npm run bench:optimizers -- --write`; do not edit it by hand.',
    INTRODUCTION,
    `Measured on Node ${environment.node.replace(/^v/, '')} and ${environment.cpus} processors, ${environment.seeds} seeds a cell${environment.quick ? ', in the quick form' : ''}, ${environment.writtenAt.slice(0, 10)}.`,
    '## Figures',
    figureTable(figures),
    ...elsewhere.flatMap((each) => [`## The same on ${each.worlds}`, figureTable(each.figures)]),
    '## Beside the references',
    REFERENCE_NOTE,
    referenceTable(cells),
    demonstrationTable(figures),
    ...LANDSCAPES.flatMap((landscape) => landscapeParts(landscape, cells, plots)),
    '## Where ours differ from the published algorithms',
    table(
      ['optimizer', 'published', 'here', 'why'],
      DIFFERENCES.map((row) => [...row]),
    ),
    '## Not measured here',
    notMeasured.length === 0
      ? 'Everything was measured.'
      : notMeasured.map(({ goal, reason }) => `- **${goal}**: ${reason}.`).join('\n'),
  ];
  return { page: `${parts.join('\n\n')}\n`, plots };
}

const INTRODUCTION = `Six optimizers rewrite a prompt on simulated tasks, whose models answer as a pure function of the request. What counts is
the true share of rows that nobody saw which the **returned** prompt answers well: medians over paired seeds with bootstrap
intervals of 95 %. A budget is of task calls and includes the final report; a prompt comes back only if that report, on rows
that the search never touched, proves it better than the seed. The constants of the worlds are in one data file, which was
fixed before anything was tuned; other seeds and other constants are measured, too. A figure that misses its bar stands here
as it is.

- **L1 checklist**: 10 useful rules among 30; a row needs one to three of them; more than twelve rules hurt.
- **L2 ridge**: rules work in pairs, halves do harm, and a trap at 0.6 keeps everything else from working.
- **L3 two providers**: a prefix each; rules that help one and harm the other.
- **L4 memorise**: the teacher half the time pastes the answer of one row; a tenth of the rows nobody can solve.
- **L5 demonstrations**: 20 candidates, of which six cover everything.
- **L6 dirty judge**: L1 with 15 % flipped labels, a liking for long answers, and every twentieth call failing.
- **L7 drift**: L3 under live traffic, where a provider degrades or a bad policy ships; delays and regret in sessions.`;

const REFERENCE_NOTE = `The references' numbers are means of 10 seeds on landscapes of the same kind, from a prototype of another make: take them
as good to about 0.1. Their claims are maxima of the search; ours are what the report split says.`;

function figureTable(figures: readonly WrittenFigure[]): string {
  return table(
    ['figure', 'value', '95 % interval', 'bar', 'holds', 'n'],
    figures.map(({ id, value, op, bar, pass, n, interval }) => [
      `\`${id}\``,
      number(value),
      `${number(interval[0])} to ${number(interval[1])}`,
      bar === null ? '' : `${op === '>=' ? '≥' : '≤'} ${bar}`,
      pass === null ? '' : pass ? 'yes' : '**no**',
      String(n),
    ]),
  );
}

function referenceTable(cells: readonly CellScores[]): string {
  const rows = REFERENCE_SCORES.map((reference) => {
    const { landscape, optimizer, noise, taskCalls } = reference;
    const ours = cells
      .filter(({ spec }) => spec.landscape === landscape && spec.optimizer === optimizer && spec.noise === noise)
      .filter(({ spec }) => spec.budget <= taskCalls)
      .toSorted((left, right) => right.spec.budget - left.spec.budget)[0];
    return [
      landscape,
      optimizer,
      percent(noise),
      reference.claimed === null ? '' : number(reference.claimed),
      number(reference.heldOut),
      String(taskCalls),
      ours === undefined ? '' : number(medianOf(ours.heldOut).value),
      ours === undefined ? '' : String(ours.spec.budget),
    ];
  });
  const columns = ['', 'optimizer', 'flips', 'reference claims', 'reference', 'calls', 'ours', 'calls at most'];
  return table(columns, rows);
}

function demonstrationTable(figures: readonly WrittenFigure[]): string {
  const ours = (id: string) => {
    const found = figures.find((figure) => figure.id === id);
    return found === undefined ? '' : number(found.value);
  };
  return table(
    ['demonstrations by', '30 trials', '100 trials'],
    [
      ...REFERENCE_DEMONSTRATIONS.map(([encoding, at30, at100]) => [
        `reference: ${encoding}`,
        number(at30),
        number(at100),
      ]),
      ['ours: inclusion bits', ours('L5_bayes_30'), ours('L5_bayes_100')],
    ],
  );
}

/** A table of medians by budget, a plot of them, and what the searches cost. */
function landscapeParts(
  landscape: LandscapeName,
  cells: readonly CellScores[],
  plots: Record<string, string>,
): string[] {
  return noisesOf(landscape).flatMap((noise) => {
    const at = (optimizer: string, budget: number) =>
      cells.find(
        ({ spec }) =>
          spec.landscape === landscape &&
          spec.noise === noise &&
          spec.optimizer === optimizer &&
          spec.budget === budget &&
          spec.options === undefined,
      );
    const measured = OPTIMIZERS.filter((optimizer) => BUDGETS.every((budget) => at(optimizer, budget) !== undefined));
    if (measured.length === 0) return [];
    const file = `${landscape}-${Math.round(noise * 100)}.svg`;
    const title = `${landscape}, ${percent(noise)} flips: true held-out score`;
    const medians = (optimizer: string) =>
      BUDGETS.map((budget) => medianOf(at(optimizer, budget)?.heldOut ?? []).value);
    const best = Math.max(...measured.flatMap(medians));
    plots[file] = linePlot(
      title,
      BUDGETS.map(String),
      measured.map((name) => ({ name, values: medians(name) })),
    );
    const rows = measured.map((optimizer) => {
      const all = BUDGETS.map((budget) => at(optimizer, budget)).filter((each) => each !== undefined);
      const largest = all.at(-1);
      const reached = BUDGETS.find((_budget, index) => (medians(optimizer)[index] ?? 0) >= 0.9 * best);
      return [
        optimizer,
        ...all.map(({ heldOut }) => withInterval(heldOut)),
        number(medians(optimizer).reduce((sum, value) => sum + value, 0) / BUDGETS.length),
        reached === undefined || best === 0 ? '' : String(reached),
        number(medianOf((largest?.claimGap ?? []).map(Math.abs)).value),
        whole(largest?.taskCalls),
        whole(largest?.teacherCalls),
        `${whole(largest?.secondsAlone)} / ${whole(largest?.secondsWithEight)}`,
      ];
    });
    const columns = ['', ...BUDGETS.map(String), 'area', '90 % by', 'claim gap', 'calls', 'teacher', 'seconds, 1 / 8'];
    return [`## ${title}`, `![${title}](optimizers/${file})`, table(columns, rows)];
  });
}

function withInterval(values: readonly number[]): string {
  const { value, interval } = medianOf(values);
  return `${number(value)} (${number(interval[0])} to ${number(interval[1])})`;
}

const whole = (values: readonly number[] | undefined) => medianOf(values ?? []).value.toFixed(0);
const percent = (share: number) => `${Math.round(share * 100)} %`;

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}

/** Columns are padded to one width, as the formatter of the repository wants them. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [columns, ...rows].map((row) => row.map((text) => text.replaceAll('|', '\\|')));
  const widths = columns.map((_column, at) => Math.max(3, ...all.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = all;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
