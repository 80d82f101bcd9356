import type { Command } from 'commander';
import { SPOOL_QUEUE } from '#shared/database/conservation.ts';
import { dropDeadLetter, type KeptDeadLetter, listDeadLetters } from '#shared/database/list-dead-letters.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';
import { retryDeadLetter } from './retry-dead-letter.ts';
import { withQueues } from './with-queues.ts';

interface ListOptions extends CommandOptions {
  readonly queue?: string;
  readonly limit: string;
  readonly dropped?: boolean;
}

interface ChooseOptions extends CommandOptions {
  readonly all?: boolean;
  readonly queue?: string;
}

interface Outcome {
  readonly deadLetterId: string;
  readonly queue: string;
  readonly jobId: string;
  readonly outcome: 'retried' | 'dropped' | 'gone' | 'failed';
  readonly reason: string | null;
}

const LETTERS_MAX = 1_000;
/** A shorter start of an id is too easily that of another letter. */
const ID_CHARACTERS_MIN = 8;

export function registerDlq(program: Command, context: CommandContext): void {
  const dlq = program.command('dlq').description('Dead letters: jobs and records that nobody could finish');
  dlq
    .command('list')
    .description('What waits for a person, newest first')
    .option('--queue <name>', 'only of one queue')
    .option('--limit <n>', 'how many', '50')
    .option('--dropped', 'those that were dropped instead')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab dlq list\n  trimtab dlq list --queue trimtab-score --json')
    .action((options: ListOptions) => list(context, options));
  dlq
    .command('retry [ids...]')
    .description('Put the jobs back into their queues')
    .option('--all', 'every dead letter, or with --queue every one of a queue')
    .option('--queue <name>', 'with --all: only of one queue')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab dlq retry 5f0c1a2b\n  trimtab dlq retry --all --queue trimtab-score')
    .action((ids: string[], options: ChooseOptions) => retry(context, ids, options));
  dlq
    .command('drop [ids...]')
    .description('Be done with them: they are not listed any more, and stay counted as dead-lettered')
    .option('--all', 'every dead letter, or with --queue every one of a queue')
    .option('--queue <name>', 'with --all: only of one queue')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab dlq drop 5f0c1a2b')
    .action((ids: string[], options: ChooseOptions) => drop(context, ids, options));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const letters = await listDeadLetters(await context.database(), await context.project(), {
    queue: options.queue,
    dropped: options.dropped,
    limit: readCount(options.limit, '--limit', LETTERS_MAX),
  });
  if (options.json === true) {
    printJson(context, letters);
    return;
  }
  if (letters.length === 0) {
    printLine(context, options.dropped === true ? 'None was dropped.' : 'No dead letters.');
    return;
  }
  const now = context.now();
  const rows = letters.map((letter) => [
    letter.deadLetterId.slice(0, ID_CHARACTERS_MIN),
    letter.queue,
    letter.jobId,
    age(letter.createdAt, now),
    letter.reason,
  ]);
  printTable(context, ['id', 'queue', 'job', 'age', 'reason'], rows);
}

async function retry(context: CommandContext, ids: readonly string[], options: ChooseOptions): Promise<void> {
  const database = await context.database();
  const letters = await choose(context, ids, options);
  const outcomes = await withQueues(context, async (backend) => {
    const done: Outcome[] = [];
    for (const letter of letters) {
      if (context.signal.aborted) break;
      done.push(describe(letter, await retryDeadLetter({ database, backend }, letter)));
    }
    return done;
  });
  report(context, outcomes, options);
}

async function drop(context: CommandContext, ids: readonly string[], options: ChooseOptions): Promise<void> {
  const database = await context.database();
  const letters = await choose(context, ids, options);
  const outcomes: Outcome[] = [];
  for (const letter of letters) {
    if (context.signal.aborted) break;
    const dropped = await dropDeadLetter(database, letter.deadLetterId);
    outcomes.push(describe(letter, { outcome: dropped ? 'dropped' : 'gone', reason: null }));
  }
  report(context, outcomes, options);
}

/** The letters that ids or `--all` name. Nothing is begun unless every id names exactly one. */
async function choose(
  context: CommandContext,
  ids: readonly string[],
  options: ChooseOptions,
): Promise<readonly KeptDeadLetter[]> {
  if ((ids.length === 0) !== (options.all === true)) {
    throw new TrimtabError('invalid_request', 'name dead letters by their ids from `trimtab dlq list`, or give --all');
  }
  if (options.queue !== undefined && options.all !== true) {
    throw new TrimtabError('invalid_request', '--queue narrows --all down, and means nothing beside ids');
  }
  const { queue } = options;
  const letters = await listDeadLetters(await context.database(), await context.project(), {
    queue,
    limit: LETTERS_MAX,
  });
  if (options.all === true) return letters;
  return ids.map((id) => {
    const fitting = id.length < ID_CHARACTERS_MIN ? [] : letters.filter((letter) => letter.deadLetterId.startsWith(id));
    const [only] = fitting;
    if (only !== undefined && fitting.length === 1) return only;
    const problem = only === undefined ? `there is no dead letter ${id}` : `${id} is the start of several ids`;
    throw new TrimtabError(
      only === undefined ? 'not_found' : 'conflict',
      `${problem}; see \`trimtab dlq list\` (at least ${ID_CHARACTERS_MIN} characters of an id)`,
    );
  });
}

function describe(letter: KeptDeadLetter, result: Pick<Outcome, 'outcome' | 'reason'>): Outcome {
  return { deadLetterId: letter.deadLetterId, queue: letter.queue, jobId: letter.jobId, ...result };
}

function report(context: CommandContext, outcomes: readonly Outcome[], options: CommandOptions): void {
  if (outcomes.some((each) => each.outcome === 'failed')) context.fail();
  if (options.json === true) {
    printJson(context, outcomes);
    return;
  }
  for (const { deadLetterId, queue, jobId, outcome, reason } of outcomes) {
    const name = `${deadLetterId.slice(0, ID_CHARACTERS_MIN)}  ${queue}  ${jobId}`;
    printLine(context, reason === null ? `${name}: ${outcome}` : `${name}: ${outcome}, ${reason}`);
  }
  if (outcomes.length === 0) printLine(context, 'No dead letters.');
  if (outcomes.some((each) => each.queue === SPOOL_QUEUE && each.outcome === 'failed')) {
    printLine(context, 'Records that the store refused lie beside their spool; `--json` of `dlq list` says where.');
  }
}
