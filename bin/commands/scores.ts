import { type Command, Option } from 'commander';
import { listScores } from '#shared/database/list-calls.ts';
import { readSessionScoreTree, type SessionScores } from '#shared/database/session-score-tree.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';
import { requireUuid } from './require-uuid.ts';

interface ListOptions extends CommandOptions {
  readonly call?: string;
  readonly scorer?: string;
  readonly outcome?: string;
  readonly limit: string;
}

const SCORES_MAX = 1_000;

export function registerScores(program: Command, context: CommandContext): void {
  const scores = program.command('scores').description('What the scorers and judges said');
  scores
    .command('list')
    .description('Failures, unknowns, judges and metrics, newest first; what plainly passed has no row')
    .option('--call <id>', 'only of one call')
    .option('--scorer <name>', 'only of one scorer')
    .addOption(new Option('--outcome <outcome>', 'only those').choices(['pass', 'fail', 'unknown']))
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab scores list --outcome fail\n  trimtab scores list --call 0199a0c4-… --json',
    )
    .action((options: ListOptions) => list(context, options));
  registerSessionScores(scores, context);
}

function registerSessionScores(scores: Command, context: CommandContext): void {
  scores
    .command('session <sessionId>')
    .description('Quality, scores and effort of one session, with its sub-agents under the agents that started them')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab scores session 7f3e… --json')
    .action((sessionId: string, options: CommandOptions) => session(context, sessionId, options));
}

async function session(context: CommandContext, sessionId: string, options: CommandOptions): Promise<void> {
  const found = await readSessionScoreTree(await context.database(), await context.project(), sessionId);
  if (found === null)
    throw new TrimtabError(
      'not_found',
      `there is no session ${sessionId}; \`trimtab calls show CALL\` names that of a call`,
    );
  if (options.json === true) {
    printJson(context, found);
    return;
  }
  printLine(context, `${found.sessionId}: quality ${found.quality ?? 'not known'}, ${found.turnShape}`);
  const row = (name: string, effort: SessionScores['effort'], scores: SessionScores['scores']) => [
    name,
    ...(effort === null ? [null, null, null] : [effort.calls, effort.tokens, effort.wastedCalls]),
    scores.map(({ scorer, value, status }) => `${scorer} ${value ?? status}`).join(', '),
  ];
  printTable(
    context,
    ['part', 'calls', 'tokens', 'wasted', 'scores'],
    [
      row('session', found.effort, found.scores),
      ...found.agents.map(({ agentId, depth, effort, scores }) =>
        row(`${'  '.repeat(depth + 1)}${agentId}`, effort, scores),
      ),
    ],
  );
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const { call, scorer, outcome } = options;
  requireUuid(call, '--call', 'trimtab calls tail');
  const filter = { callId: call, scorer, outcome, limit: readCount(options.limit, '--limit', SCORES_MAX) };
  const scores = await listScores(await context.database(), await context.project(), filter);
  if (options.json === true) {
    printJson(
      context,
      scores.map(({ key: _key, ...score }) => score),
    );
    return;
  }
  const now = context.now();
  const rows = scores.map((score) => [
    age(score.createdAt, now),
    score.callId,
    score.scorer,
    score.pass,
    score.metric,
    score.status === 'scored' ? score.outcome : score.status,
    score.value,
    score.owner,
    score.explanation,
  ]);
  printTable(context, ['age', 'call', 'scorer', 'pass', 'metric', 'outcome', 'value', 'owner', 'explanation'], rows);
  if (scores.length === 0) printLine(context, 'No scores that fit.');
}
