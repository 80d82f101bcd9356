import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { createCallStore } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { TrimtabError } from '#shared/errors.ts';
import { SCORE_QUEUE } from '#shared/queue/names.ts';
import type { ScoreQueue } from '#shared/spool/score-jobs-of.ts';
import {
  FILE_FORMATS,
  type FileFormat,
  type IngestFileOptions,
  type IngestReport,
  ingestFile,
} from '../../services/evaluator/ingest/ingest-file.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { createIngestProgress } from './ingest-progress.ts';
import { printJson, printLine, printNote } from './print.ts';
import { withQueues } from './with-queues.ts';

interface IngestOptions extends CommandOptions {
  readonly format: FileFormat;
  readonly model: string;
  readonly provider?: string;
  readonly startedAt?: string;
}

interface FileToIngest {
  readonly path: string;
  readonly bytes: number;
  readonly startedAt: number;
}

interface FileSummary {
  readonly path: string;
  readonly lines: number;
  readonly sessions: number;
  /** Calls that were not stored before. */
  readonly stored: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly skippedLines: IngestReport['skippedLines'];
}

export function registerIngest(program: Command, context: CommandContext): void {
  program
    .command('ingest <files...>')
    .description('Store recorded conversations as calls and have them scored; the same file twice changes nothing')
    .addOption(new Option('--format <format>', 'what a line is').choices(FILE_FORMATS).makeOptionMandatory())
    .requiredOption('--model <name>', 'the model that answered')
    .option('--provider <name>', 'who served it; by default the provider of the model in trimtab.yaml')
    .option('--started-at <time>', 'when the recordings began, as 2026-01-31T12:00:00Z; by default the age of the file')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab ingest --format openai-chat --model gpt-4o runs.jsonl more-runs.jsonl.gz\n\n' +
        'A file is JSON Lines: one conversation a line, {"messages": [...], "tools": [...]}; .gz is unpacked.\n' +
        'A call is known by its content and time: a copied file needs the same --started-at to be known again.',
    )
    .action((files: string[], options: IngestOptions) => ingest(context, files, options));
}

async function ingest(context: CommandContext, paths: readonly string[], options: IngestOptions): Promise<void> {
  const files = await inspectFiles(paths, options.startedAt);
  const config = await context.config();
  const provider = options.provider ?? config?.models.find((model) => model.id === options.model)?.provider;
  const projectId = await context.project();
  const database = await context.database();
  const { format, model } = options;
  const summaries = await withQueues(context, async (backend) => {
    const queue = backend.openQueue(SCORE_QUEUE);
    const done: FileSummary[] = [];
    for (const file of files) {
      if (context.signal.aborted) break;
      const what = { format, model, projectId, ...(provider === undefined ? {} : { provider }) };
      const summary = await ingestOne(context, { database, queue }, file, what);
      if (summary !== null) done.push(summary);
    }
    return done;
  });
  if (options.json === true) printJson(context, summaries);
  else for (const summary of summaries) printSummary(context, summary);
  if (context.signal.aborted) {
    printNote(context, 'Stopped. What was read so far is stored; the same command again goes on with the rest.');
  }
}

/** All of them must be readable before the first is taken. */
async function inspectFiles(paths: readonly string[], startedAt: string | undefined): Promise<readonly FileToIngest[]> {
  const given = startedAt === undefined ? undefined : Date.parse(startedAt);
  if (given !== undefined && Number.isNaN(given)) {
    throw new TrimtabError(
      'invalid_request',
      `--started-at takes a time such as 2026-01-31T12:00:00Z, not "${startedAt}"`,
    );
  }
  return await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch((cause: unknown) => {
        throw new TrimtabError('not_found', `cannot read ${path}: ${cause instanceof Error ? cause.message : cause}`, {
          cause,
        });
      });
      if (!found.isFile()) throw new TrimtabError('invalid_request', `${path} is not a file`);
      return { path, bytes: found.size, startedAt: given ?? Math.floor(found.mtimeMs) };
    }),
  );
}

/** Null when Ctrl-C came in between: every batch that was stored is enqueued too. */
async function ingestOne(
  context: CommandContext,
  deps: { readonly database: Database; readonly queue: ScoreQueue },
  file: FileToIngest,
  what: Pick<IngestFileOptions, 'format' | 'model' | 'projectId' | 'provider'>,
): Promise<FileSummary | null> {
  let stream: ReadStream | undefined;
  const progress = createIngestProgress(context, file, () => stream?.bytesRead ?? 0);
  try {
    const report = await ingestFile(
      {
        callStore: createCallStore(deps.database),
        queue: deps.queue,
        signal: context.signal,
        onProgress: progress,
        openFile: (path) => {
          stream = createReadStream(path);
          return stream;
        },
      },
      { ...what, path: file.path, startedAt: file.startedAt },
    );
    return summarise(file.path, report);
  } catch (error) {
    if (context.signal.aborted) return null;
    throw error;
  } finally {
    stream?.destroy();
  }
}

function summarise(path: string, report: IngestReport): FileSummary {
  const { lines, runs, calls, newCalls, skipped, skippedLines } = report;
  // Skipped are the lines that held no run, and single calls that the store refused.
  const refused = skipped - (lines - runs);
  return {
    path,
    lines,
    sessions: runs,
    stored: newCalls,
    duplicates: calls - newCalls - refused,
    skipped,
    skippedLines,
  };
}

function printSummary(context: CommandContext, summary: FileSummary): void {
  const { path, sessions, stored, duplicates, skipped, skippedLines } = summary;
  printLine(
    context,
    `${path}: ${stored} calls of ${sessions} sessions stored, ${duplicates} known before, ${skipped} skipped`,
  );
  for (const { line, reason } of skippedLines) printLine(context, `  ${path}:${line}: ${reason}`);
  if (skipped > skippedLines.length) printLine(context, `  and ${skipped - skippedLines.length} more`);
}
