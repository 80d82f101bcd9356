import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { type CallSummary, listCalls, listScores } from '#shared/database/list-calls.ts';
import { loadCall } from '#shared/database/load-call.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { createTablePrinter, printable, printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';
import { showCallShape } from './show-call-shape.ts';

interface TailOptions extends CommandOptions {
  readonly limit: string;
  readonly follow?: boolean;
  readonly session?: string;
}

interface ShowOptions extends CommandOptions {
  readonly content?: boolean;
  readonly shape?: string;
}

const POLL_MS = 1_000;
const CALLS_MAX = 1_000;
const SCORES_MAX = 200;
const CONTENT_CHARACTERS_MAX = 4_000;
const HEADINGS = ['time', 'call', 'shape', 'model', 'variant', 'status', 'stop', 'ms', 'USD', 'fails'];

export function registerCalls(program: Command, context: CommandContext): void {
  const calls = program.command('calls').description('Calls through the gateway, and what was found in them');
  calls
    .command('tail')
    .description('The newest calls; with --follow, new ones as they are stored')
    .option('--limit <n>', 'how many', '20')
    .option('--follow', 'go on until Ctrl-C')
    .option('--session <id>', 'only one session')
    .option('--json', 'one JSON document a line')
    .addHelpText('after', '\nExample:\n  trimtab calls tail --follow\n  trimtab calls tail --session 4f1c… --json')
    .action((options: TailOptions) => tail(context, options));
  calls
    .command('show <call>')
    .description('One call: its routing decision, losses, attempts and scores')
    .option('--content', 'print the request and the delivered message too')
    .option('--shape <shape>', 'print only one of its forms: request, upstream, raw or delivered')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab calls show 0199a0c4-…\n  trimtab calls show 0199a0c4-… --shape raw\n\nThe id is in the x-trimtab-call-id header of every answer.',
    )
    .action((callId: string, options: ShowOptions) => show(context, callId, options));
}

async function tail(context: CommandContext, options: TailOptions): Promise<void> {
  const limit = readCount(options.limit, '--limit', CALLS_MAX);
  const database = await context.database();
  const projectId = await context.project();
  const printRows = createTablePrinter(context, HEADINGS);
  const show = (calls: readonly CallSummary[]): void => {
    if (options.json === true) for (const call of calls) printJson(context, call);
    else if (calls.length > 0) printRows(calls.map(rowOf));
  };
  if (options.follow !== true) {
    const calls = (await listCalls(database, projectId, { limit, sessionId: options.session })).reverse();
    show(calls);
    if (calls.length === 0 && options.json !== true) printLine(context, noCalls(options.session));
    return;
  }
  // A long call is stored after later ones have been shown, so that what is new is told by its id and not by its place.
  let seen: ReadonlySet<string> | undefined;
  while (!context.signal.aborted) {
    const page = (await listCalls(database, projectId, { limit: CALLS_MAX, sessionId: options.session })).reverse();
    const known = seen;
    show(known === undefined ? page.slice(-limit) : page.filter((call) => !known.has(call.callId)));
    seen = new Set(page.map((call) => call.callId));
    await delay(POLL_MS, undefined, { signal: context.signal }).catch(() => {});
  }
}

function noCalls(session: string | undefined): string {
  if (session !== undefined) return `No calls of session ${printable(session)}.`;
  return 'No calls yet: point a client at the gateway (its address is in `trimtab status`), or give files to `trimtab ingest`.';
}

function rowOf(call: CallSummary): (string | number | null)[] {
  return [
    call.startedAt.toISOString().slice(11, 19),
    call.callId,
    call.turnShape,
    call.responseModel,
    call.variant,
    call.errorType === null ? call.status : `${call.status} (${call.errorType})`,
    call.stopReason,
    Math.round(call.durationMs),
    call.costUsd === null ? null : call.costUsd.toFixed(6),
    call.failures,
  ];
}

async function show(context: CommandContext, callId: string, options: ShowOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const stored = /^[0-9a-f-]{36}$/.test(callId) ? await loadCall(database, projectId, callId) : null;
  if (stored === null) {
    throw new TrimtabError(
      'not_found',
      `there is no call ${callId}; copy the id from \`trimtab calls tail\` (a call appears within a second of its end)`,
    );
  }
  if (options.shape !== undefined) {
    await showCallShape(context, { callId, shape: options.shape, json: options.json === true });
    return;
  }
  const scores = await listScores(database, projectId, { callId, limit: SCORES_MAX });
  const { transcriptHead, responseNode, upstreamRawBlock, catalogueHash, ...call } = stored.call;
  if (options.json === true) {
    const content =
      options.content === true
        ? { request: stored.request, response: stored.response, upstreamRaw: stored.upstreamRaw }
        : {};
    printJson(context, { ...call, scores, ...content });
    return;
  }
  for (const [name, value] of Object.entries(call)) {
    const text = value === null ? '-' : typeof value === 'object' ? JSON.stringify(value) : String(value);
    printLine(context, `${name.padEnd(20)} ${printable(text)}`);
  }
  printLine(context);
  const rows = scores.map((score) => [
    score.scorer,
    score.pass,
    score.metric,
    score.outcome,
    score.value,
    score.owner,
    score.explanation,
  ]);
  printTable(context, ['scorer', 'pass', 'metric', 'outcome', 'value', 'owner', 'explanation'], rows);
  if (stored.isContentExpired) printLine(context, '\nWhat was said is kept no longer: see retention in trimtab.yaml.');
  if (options.content !== true) return;
  for (const [name, value] of [
    ['request', stored.request],
    ['response', stored.response],
  ] as const) {
    printLine(context, `\n${name}\n${JSON.stringify(value, null, 2).slice(0, CONTENT_CHARACTERS_MAX)}`);
  }
}
