import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { PurgeTarget } from '#shared/database/purge/erasure.ts';
import { type PurgeCounts, previewPurge } from '#shared/database/purge/preview-purge.ts';
import { type PurgeProgress, type PurgeReport, purgeCalls } from '#shared/database/purge/purge-calls.ts';
import { TrimtabError } from '#shared/errors.ts';
import { INGEST_QUEUE } from '#shared/queue/names.ts';
import { eraseHookRecords } from '../../services/evaluator/ingest/erase-hook-records.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printable, printJson, printLine, printNote } from './print.ts';
import { requireUuid } from './require-uuid.ts';
import { withQueues } from './with-queues.ts';

interface PurgeCommandOptions extends CommandOptions {
  readonly session?: string;
  readonly developer?: string;
  readonly key?: string;
  readonly before?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const EXAMPLES = `
Example:
  trimtab purge --session 4f1c… --dry-run
  trimtab purge --developer ada --yes
  trimtab purge --before 2026-01-01T00:00:00Z --yes --json

Calls that are still on their way are left out when they arrive. Backups, PostgreSQL's write-ahead log and prefixes that
a model has written are not reached.`;

export function registerPurge(program: Command, context: CommandContext): void {
  program
    .command('purge')
    .description('Erase calls with all that came of them: content, scores, examples, replays, dead letters')
    .option('--session <id>', 'the calls of one session')
    .option('--developer <name>', 'the calls of one developer')
    .option('--key <id>', 'the calls that came in with one virtual key')
    .option('--before <time>', 'all calls that began before a moment (ISO 8601)')
    .option('--dry-run', 'only say what would be removed')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((options: PurgeCommandOptions) => purge(context, options));
}

async function purge(context: CommandContext, options: PurgeCommandOptions): Promise<void> {
  const target = targetOf(options, context.now());
  const isDryRun = options.dryRun === true;
  if (!isDryRun && options.yes !== true && !canAsk(context)) {
    throw new TrimtabError('invalid_request', 'nobody can be asked here: give --yes to erase, or --dry-run to look');
  }
  const database = await context.database();
  const projectId = await context.project();
  const startedBefore = target.kind === 'before' ? target.before : new Date(context.now());
  if (isDryRun || options.yes !== true) {
    const counts = await previewPurge(database, { projectId, target, startedBefore });
    if (isDryRun) {
      if (options.json === true) printJson(context, { dryRun: true, ...counts });
      else printLine(context, `Would remove ${describe(counts)}.`);
      return;
    }
    if (!(await confirm(context, `Remove ${describe(counts)}? This cannot be undone. Type yes: `))) {
      printNote(context, 'Nothing was removed.');
      context.fail();
      return;
    }
  }
  const onProgress = (progress: PurgeProgress) => printNote(context, describeProgress(progress));
  const { signal } = context;
  const report = await purgeCalls(database, { projectId, target, actor: commandActor(), onProgress, signal });
  const letters = await withQueues(context, (backend) =>
    eraseHookRecords({ database, projectId, queue: backend.openQueue(INGEST_QUEUE) }),
  );
  tell(context, { ...report, deadLetters: report.deadLetters + letters }, options);
}

function tell(context: CommandContext, report: PurgeReport, options: CommandOptions): void {
  if (options.json === true) {
    printJson(context, { dryRun: false, ...report });
    return;
  }
  printLine(context, `Removed ${describe(report)}.`);
  printLine(context, `Calls on their way that began before ${report.startedBefore.toISOString()} will not be kept.`);
  if (report.vacuumed.length > 0) return;
  printLine(context, 'PostgreSQL still holds the dead rows, because this login does not own the tables: run VACUUM.');
}

function targetOf(options: PurgeCommandOptions, nowMs: number): PurgeTarget {
  const { session, developer, key, before } = options;
  requireUuid(key, '--key', 'trimtab keys list');
  const targets: PurgeTarget[] = [];
  if (session !== undefined) targets.push({ kind: 'session', value: session });
  if (developer !== undefined) targets.push({ kind: 'developer', value: developer });
  if (key !== undefined) targets.push({ kind: 'key', value: key.toLowerCase() });
  if (before !== undefined) targets.push({ kind: 'before', before: momentOf(before, nowMs) });
  const [only] = targets;
  if (only !== undefined && targets.length === 1) return only;
  throw new TrimtabError('invalid_request', 'name one of --session, --developer, --key and --before');
}

function momentOf(text: string, nowMs: number): Date {
  const moment = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) {
    throw new TrimtabError('invalid_request', `--before takes a moment such as 2026-01-31T00:00:00Z, not "${text}"`);
  }
  if (moment <= nowMs) return new Date(moment);
  throw new TrimtabError('invalid_request', '--before lies in the future: calls that are yet to come cannot be erased');
}

/** A question is only for a person at a terminal. */
function canAsk({ stdin }: CommandContext): boolean {
  return 'isTTY' in stdin && stdin.isTTY === true;
}

async function confirm(context: CommandContext, question: string): Promise<boolean> {
  const lines = createInterface({ input: context.stdin, output: context.stderr });
  try {
    return (await lines.question(printable(question), { signal: context.signal })).trim().toLowerCase() === 'yes';
  } finally {
    lines.close();
  }
}

function describe(counts: PurgeCounts): string {
  const { calls, sessions, blocks, scores, examples, replays, deadLetters } = counts;
  return `${calls} calls, ${sessions} sessions, ${blocks} blocks, ${scores} scores, ${examples} examples of failures, ${replays} replays and ${deadLetters} dead letters`;
}

function describeProgress(progress: PurgeProgress): string {
  switch (progress.step) {
    case 'calls':
      return `${progress.calls} calls erased`;
    case 'content':
      return `week of ${progress.week} swept, ${progress.blocks} blocks removed so far`;
    case 'vacuum':
      return 'PostgreSQL gives up the dead rows';
    default:
      return progress satisfies never;
  }
}
