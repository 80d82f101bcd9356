import type { ScoringTable, WrittenFigure } from '../scoring/scoring-report.ts';

/** What `bench:clusters` writes, and what its page is made of. */
export interface ClusterReport {
  readonly figures: readonly WrittenFigure[];
  readonly tables: readonly ScoringTable[];
  /** Pictures as SVG, by the names of their files. */
  readonly plots: Readonly<Record<string, string>>;
  readonly notMeasured: readonly { readonly goal: string; readonly reason: string }[];
  readonly environment: {
    readonly node: string;
    readonly cpus: number;
    readonly quick: boolean;
    readonly writtenAt: string;
  };
}

const HOW = `A failure goes from its facts to a cluster in steps of which each can be looked at by itself:

1. **Signature**: a hash of stage, check, turn shape, expected-against-actual and masked text, with the version of the rules.
   The model is no part of it, or one defect would be as many clusters as there are models. A known signature costs one
   look-up, and most failures are known.
2. **Template**: ids, numbers, dates, paths, quoted text, JSON and names of models become placeholders; texts that arrive
   together and differ in a few words are mined into one (after Drain).
3. **Vector**: by default hashed words, weighted by commonness and by place, because messages name the fault first and its
   particulars after. \`clusters.embedder\` takes \`local\` (sentence embeddings out of optional packages, beside the hashed
   words) or an OpenAI-compatible endpoint. Thresholds belong to the embedder and were calibrated with it.
4. **Cluster**: the heaviest template leads, lighter ones join the likest leader of their own stage and check from the
   threshold on. The order of arrival says nothing. What people pinned together or apart holds for good.
5. **Identity**: every night clusters are made anew and matched with those before by the assignment that keeps most
   failures where they were. A split leaves the id with the largest part, a merge with the oldest; more than 5 % of the
   failures are moved only with a person's word.
6. **Attribution**: a title says "on provider X" when calls of X fail more than others within equal turn shapes, models,
   tools, repos, prefixes and policies, and within each pair of these, counted by session.`;

const WEAK = `- Recorded labels are those of one leaderboard's checkers, whose messages are cleaner than what providers write, and which
  a checker made together with its labels. Which checker looked at a call is known to the clusterer, as a scorer's name is
  in production; the label is not, and details that name it are cut from the text.
- Thresholds were calibrated on these failures. For an embedder behind an endpoint there are careful values until somebody
  calibrates them: rather two clusters of one failure than one cluster of two.
- A failure that is reworded from scratch is a cluster of its own until a person merges it. The hashed default knows no
  synonyms at all; sentence embeddings see the likeness, but not enough of it to be sure.
- Categories of the narratives were given by a language model, and disagree with themselves. V rewards many small groups:
  compare it with what groups of one get. How narratives are weighed was settled on the same texts.
- Attribution is measured on traffic that was made up, with effects between two and six times the usual rate. What one
  model alone means for its only provider is left open and said so; effects below one and a half times the usual rate are
  not named.
- \`new_mode_s\` is the interval between two looks and the longest look; a busy queue of scores before it adds its own wait.`;

/** The page of the clusters' figures. Every number in it comes from the report. */
export function writeClusterPage({ figures, tables, plots, notMeasured, environment }: ClusterReport): string {
  const form = environment.quick ? ', in the quick form' : '';
  const parts = [
    '# Failure clusters',
    'Written by `npm run bench:clusters -- --write`; do not edit it by hand.',
    HOW,
    '## Figures',
    `Measured on Node ${environment.node.replace(/^v/, '')} and ${environment.cpus} processors${form}, ${environment.writtenAt.slice(0, 10)}. Labels are hidden from everything that clusters; a figure with a bar that it misses stands here as it is. Intervals are of 95 %: of models drawn anew for agreement, exact ones for shares, the spread of repetitions for the rest (of both embedders for a cold start, of the queries for the list).`,
    tableOf({ title: '', columns: ['figure', 'value', 'interval', 'bar', 'holds', 'n'], rows: figures.map(rowOf) }),
    ...Object.keys(plots).map((name) => `![Agreement with labels over the threshold](images/${name})`),
    ...tables.flatMap((table) => [`## ${table.title}`, tableOf(table)]),
    '## What is weak',
    WEAK,
    '## Not measured here',
    notMeasured.length === 0
      ? 'Everything was measured.'
      : notMeasured.map(({ goal, reason }) => `- **${goal}**: ${reason.replaceAll(/\s+/g, ' ')}.`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function rowOf({ id, value, op, bar, pass, n, interval }: WrittenFigure): ScoringTable['rows'][number] {
  const limit = bar === null ? '' : `${op === '>=' ? '≥' : '≤'} ${bar.toLocaleString('en-US')}`;
  const range = `${numberText(interval[0])} to ${numberText(interval[1])}`;
  return [`\`${id}\``, value, range, limit, pass === null ? '' : pass ? 'yes' : '**no**', n];
}

function tableOf({ columns, rows }: ScoringTable): string {
  const lines = [columns, columns.map(() => '---'), ...rows.map((row) => row.map(cellText))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cellText(cell: string | number | null): string {
  return typeof cell === 'number' ? numberText(cell) : (cell ?? '');
}

/** As many digits as say something: none of whole numbers, three of shares, one of the rest. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  if (Math.abs(value) < 0.01) return value.toPrecision(2);
  return Math.abs(value) < 10 ? value.toFixed(3) : value.toFixed(1);
}
