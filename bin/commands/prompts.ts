import type { Command } from 'commander';
import { cancelPromptRun, listPromptRuns, type PromptRun } from '#shared/database/prompt-run-store.ts';
import { listCandidates } from '#shared/database/prompts/candidate-store.ts';
import { sumExpenses } from '#shared/database/prompts/expense-store.ts';
import { findPromptRun } from '#shared/database/prompts/find-prompt-run.ts';
import { findPrefixId, readPrefixLineage } from '#shared/database/prompts/prefix-lineage.ts';
import { TrimtabError } from '#shared/errors.ts';
import { runResultSchema } from '../../services/optimizer/prompts/runs/run-result.ts';
import { runSettingsSchema } from '../../services/optimizer/prompts/runs/run-settings.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { followSearch } from './follow-search.ts';
import { age, printable, printableText, printJson, printLine, printTable } from './print.ts';
import { printSearch, reasonOf } from './print-search.ts';
import { readCount } from './read-count.ts';

interface ListOptions extends CommandOptions {
  readonly limit: string;
}

const RUNS_MAX = 1_000;
const ID_CHARACTERS = 8;
const PREFIX_CHARACTERS = 12;

export function registerPrompts(program: Command, context: CommandContext): void {
  const prompts = program.command('prompts').description('Searches for prompt prefixes, and where prefixes come from');
  const json = ['--json', 'print one JSON document'] as const;
  const help = (example: string) => ['after', `\nExample:\n  trimtab prompts ${example}`] as const;
  prompts
    .command('list')
    .description('Searches, newest first')
    .option('--limit <n>', 'how many', '20')
    .option(...json)
    .addHelpText(...help('list'))
    .action((options: ListOptions) => list(context, options));
  prompts
    .command('show <search>')
    .description('One search: how it ended, what it cost, and all its candidates')
    .option(...json)
    .addHelpText(...help('show 4f0c2d11'))
    .action((name: string, options: CommandOptions) => show(context, name, options));
  prompts
    .command('compare <search...>')
    .description('Several searches side by side')
    .option(...json)
    .addHelpText(...help('compare 4f0c2d11 9a3be870'))
    .action((names: string[], options: CommandOptions) => compare(context, names, options));
  prompts
    .command('lineage <prefix>')
    .description('A prefix, those that it was made from, and the searches that found them')
    .option(...json)
    .addHelpText(...help('lineage 3c9d01f2ab04'))
    .action((name: string, options: CommandOptions) => lineage(context, name, options));
  prompts
    .command('watch <search>')
    .description('Follow a search until it ends')
    .option(...json)
    .addHelpText(...help('watch 4f0c2d11'))
    .action((name: string, options: CommandOptions) => watch(context, name, options));
  prompts
    .command('cancel <search>')
    .description('End a search before its next step; what it has spent is spent')
    .option(...json)
    .addHelpText(...help('cancel 4f0c2d11'))
    .action((name: string, options: CommandOptions) => cancel(context, name, options));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const limit = readCount(options.limit, '--limit', RUNS_MAX);
  const runs = await listPromptRuns(await context.database(), await context.project(), { limit });
  if (options.json === true) return printJson(context, runs);
  printTable(
    context,
    ['id', 'optimizer', 'check', 'model', 'status', 'why', 'improvement', 'cost', 'age'],
    runs.map((run) => rowOf(context, run)),
  );
  if (runs.length === 0) printLine(context, 'No search yet: `trimtab optimize prompt --cluster ID` begins one.');
}

function rowOf(context: CommandContext, run: PromptRun) {
  const cell = runSettingsSchema.safeParse(run.settings).data?.cell;
  const gain = runResultSchema.safeParse(run.result).data?.difference?.mean;
  return [
    run.promptRunId.slice(0, ID_CHARACTERS),
    run.optimizer,
    cell?.check ?? null,
    cell?.model ?? null,
    run.status,
    reasonOf(run),
    gain === undefined ? null : gain.toFixed(3),
    `$${run.costUsd.toFixed(4)}`,
    age(run.createdAt, context.now()),
  ];
}

async function show(context: CommandContext, name: string, options: CommandOptions): Promise<void> {
  const database = await context.database();
  const run = await findPromptRun(database, await context.project(), name);
  const candidates = await listCandidates(database, run.projectId, run.promptRunId);
  const expenses = await sumExpenses(database, run.projectId, run.promptRunId);
  if (options.json === true) return printJson(context, { ...run, candidates, expenses });
  printSearch(context, run);
  printLine(context, '\nExpenses');
  printTable(
    context,
    ['kind', 'count', 'spent', 'set aside'],
    expenses.map((each) => [each.kind, each.count, `$${each.spentUsd.toFixed(4)}`, `$${each.reservedUsd.toFixed(4)}`]),
  );
  printLine(context, '\nCandidates');
  printTable(
    context,
    ['#', 'prefix', 'made by', 'from', 'score', 'text'],
    candidates.map((each) => [
      each.position,
      each.prefixId.slice(0, PREFIX_CHARACTERS),
      each.operator,
      each.parents.map((parent) => parent.slice(0, PREFIX_CHARACTERS)).join(' + ') || null,
      each.mean === null ? null : each.mean.toFixed(3),
      shortened(each.body),
    ]),
  );
}

const TEXT_SHOWN = 60;

function shortened(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.length <= TEXT_SHOWN ? line : `${line.slice(0, TEXT_SHOWN - 1)}…`;
}

async function compare(context: CommandContext, names: readonly string[], options: CommandOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const runs = await Promise.all(names.map((name) => findPromptRun(database, projectId, name)));
  if (options.json === true) return printJson(context, runs);
  printTable(
    context,
    ['id', 'optimizer', 'status', 'why', 'seed', 'candidate', 'at least', 'replays', 'questions', 'cost', 'prefix'],
    runs.map((run) => {
      const result = runResultSchema.safeParse(run.result).data;
      const points = (value: number | null | undefined) =>
        value === null || value === undefined ? null : value.toFixed(3);
      return [
        ...[run.promptRunId.slice(0, ID_CHARACTERS), run.optimizer, run.status, reasonOf(run)],
        ...[points(result?.seed.mean), points(result?.candidate.mean), points(result?.difference?.lower)],
        ...[result?.spent.taskCalls ?? null, result?.spent.teacherCalls ?? null, `$${run.costUsd.toFixed(4)}`],
        run.candidatePrefixId?.slice(0, PREFIX_CHARACTERS) ?? null,
      ];
    }),
  );
}

async function lineage(context: CommandContext, name: string, options: CommandOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const prefixId = await findPrefixId(database, projectId, name);
  if (prefixId === null)
    throw new TrimtabError(
      'not_found',
      `there is no prefix ${name}, or several begin so; \`trimtab prompts show SEARCH\` names those of a search`,
    );
  const steps = await readPrefixLineage(database, projectId, prefixId);
  if (options.json === true) return printJson(context, steps);
  for (const [index, step] of steps.entries()) {
    const by = `${step.author}, ${age(step.createdAt, context.now())} ago`;
    printLine(
      context,
      `${index === 0 ? '' : '\nmade from '}${step.prefixId.slice(0, PREFIX_CHARACTERS)}  ${printable(by)}`,
    );
    for (const origin of step.origins) {
      const score = origin.mean === null ? 'not scored fully' : `score ${origin.mean.toFixed(3)}`;
      const from = origin.parents.map((parent) => parent.slice(0, PREFIX_CHARACTERS)).join(' + ') || 'nothing';
      printLine(
        context,
        `  search ${origin.promptRunId.slice(0, ID_CHARACTERS)} (${origin.optimizer}): candidate ${origin.position}, ${origin.operator} of ${from}, ${score}`,
      );
    }
    for (const line of printableText(step.body).split('\n')) printLine(context, `  | ${line}`);
  }
}

async function watch(context: CommandContext, name: string, options: CommandOptions): Promise<void> {
  const database = await context.database();
  const run = await findPromptRun(database, await context.project(), name);
  const ended = await followSearch(context, database, run);
  if (options.json === true) printJson(context, ended ?? run);
  else if (ended !== null) printSearch(context, ended);
}

async function cancel(context: CommandContext, name: string, options: CommandOptions): Promise<void> {
  const database = await context.database();
  const run = await findPromptRun(database, await context.project(), name);
  const cancelled = await cancelPromptRun(database, run.projectId, run.promptRunId, commandActor());
  if (options.json === true) return printJson(context, { promptRunId: run.promptRunId, cancelled });
  printLine(
    context,
    cancelled ? 'The search ends before its next step.' : `The search had ended before: it is ${run.status}.`,
  );
}
