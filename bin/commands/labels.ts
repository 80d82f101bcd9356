import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { cohenKappa, confusionOf } from '#shared/calibration/agreement.ts';
import { listLabels, readDoubleLabels, writeLabel } from '#shared/database/label-store.ts';
import { type LabelInput, type LabelMetric, labelInputSchema, labelMetricSchema } from '#shared/domain/label.ts';
import { TrimtabError } from '#shared/errors.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printNote, printTable } from './print.ts';
import { readCount } from './read-count.ts';

interface AddOptions extends CommandOptions {
  readonly call?: string;
  readonly session?: string;
  readonly metric?: string;
  readonly labeller?: string;
  readonly note?: string;
}

interface ListOptions extends CommandOptions {
  readonly labeller?: string;
  readonly metric?: LabelMetric;
  readonly limit: string;
}

interface ImportOptions extends CommandOptions {
  readonly labeller?: string;
}

const LABELS_MAX = 10_000;
/** Lines that were refused and are named one by one. */
const REFUSALS_SHOWN = 20;

export function registerLabels(program: Command, context: CommandContext): void {
  const labels = program.command('labels').description('What people say of calls and sessions; judges are held to it');
  labels
    .command('add <outcome>')
    .description('Say whether the model did its work: pass or fail. Said again by the same person, it replaces')
    .option('--call <id>', 'the call that is labelled')
    .option('--session <id>', 'or the session')
    .addOption(new Option('--metric <metric>', 'what is judged').choices(labelMetricSchema.options))
    .option('--labeller <name>', 'who says so; you, if absent')
    .option('--note <text>', 'why')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab labels add fail --session 0199a0c4 --note "the address was not changed"',
    )
    .action((outcome: string, options: AddOptions) => add(context, outcome, options));
  labels
    .command('list')
    .description('Labels, newest first, and how far people agree where two labelled the same')
    .option('--labeller <name>', 'only of one person')
    .addOption(new Option('--metric <metric>', 'only of one kind').choices(labelMetricSchema.options))
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab labels list --labeller ann')
    .action((options: ListOptions) => list(context, options));
  labels
    .command('import <file>')
    .description('Labels from JSON lines, as the API takes them: {"sessionId": "…", "outcome": "pass"}')
    .option('--labeller <name>', 'of lines that name nobody; you, if absent')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab labels import labels.jsonl --labeller ann')
    .action((file: string, options: ImportOptions) => importFile(context, file, options));
}

async function add(context: CommandContext, outcome: string, options: AddOptions): Promise<void> {
  const { call: callId, session: sessionId, metric, labeller, note } = options;
  const given = { callId, sessionId, metric, labeller, note, outcome };
  const label = parseLabel(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
  const stored = await writeLabel(
    await context.database(),
    await context.project(),
    label,
    label.labeller ?? commandActor(),
  );
  if (options.json === true) printJson(context, stored);
  else printLine(context, `${stored.labeller} says ${outcome} of ${stored.subjectType} ${stored.subjectId}.`);
}

function parseLabel(value: unknown): LabelInput {
  const parsed = labelInputSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new TrimtabError('invalid_request', `${at}${issue?.message ?? 'is no label'}`);
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const { labeller, metric } = options;
  const [database, project] = [await context.database(), await context.project()];
  const limit = readCount(options.limit, '--limit', LABELS_MAX);
  const labels = await listLabels(database, project, { labeller, metric, limit });
  const doubles = await readDoubleLabels(database, project);
  const kappa = cohenKappa(
    confusionOf(doubles.map(({ first, second }) => ({ verdict: first ? 1 : 0, label: second ? 1 : 0 }))),
  );
  if (options.json === true) {
    const items = labels.map(({ key: _key, ...label }) => label);
    printJson(context, { labels: items, doubleLabels: { n: doubles.length, kappa } });
    return;
  }
  const now = context.now();
  const rows = labels.map((label) => [
    age(label.createdAt, now),
    label.labeller,
    label.subjectType,
    label.subjectId,
    label.metric,
    label.passed ? 'pass' : 'fail',
    label.note,
  ]);
  printTable(context, ['age', 'labeller', 'of', 'id', 'metric', 'outcome', 'note'], rows);
  if (labels.length === 0) printLine(context, 'No labels that fit.');
  const agreement = kappa === null ? 'not defined yet' : kappa.toFixed(2);
  printLine(context, `\n${doubles.length} pairs of labels by two people; kappa between them: ${agreement}.`);
}

async function importFile(context: CommandContext, file: string, options: ImportOptions): Promise<void> {
  const [database, project] = [await context.database(), await context.project()];
  const fallback = options.labeller ?? commandActor();
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  let imported = 0;
  let number = 0;
  const refused: { readonly line: number; readonly reason: string }[] = [];
  try {
    for await (const line of lines) {
      number += 1;
      if (line.trim() === '') continue;
      context.signal.throwIfAborted();
      try {
        const label = parseLabel(readJson(line));
        await writeLabel(database, project, label, label.labeller ?? fallback);
        imported += 1;
      } catch (error) {
        if (!(error instanceof TrimtabError) || error.retryable) throw error;
        refused.push({ line: number, reason: error.message });
      }
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
    throw new TrimtabError('invalid_request', `there is no file ${file}`, { cause });
  }
  if (options.json === true) printJson(context, { imported, refused });
  else {
    printLine(context, `${imported} labels imported, ${refused.length} lines refused.`);
    for (const { line, reason } of refused.slice(0, REFUSALS_SHOWN)) printNote(context, `line ${line}: ${reason}`);
  }
  if (refused.length > 0) context.fail();
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw new TrimtabError('invalid_request', 'is not JSON', { cause });
  }
}
