import type { Command } from 'commander';
import { TrimtabError } from '#shared/errors.ts';
import { askForSearch, type PlannedSearch } from '../../services/optimizer/ask-for-search.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { followSearch } from './follow-search.ts';
import { printJson, printLine, printNote } from './print.ts';
import { printSearch } from './print-search.ts';
import { readCount } from './read-count.ts';
import { searchDeps } from './search-deps.ts';

interface PromptOptions extends CommandOptions {
  readonly cluster: string;
  readonly optimizer?: string;
  readonly budgetUsd?: string;
  readonly maxReplays?: string;
  readonly model?: string;
  readonly turnShape?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

const REPLAYS_MAX = 100_000;
const SEED_MAX = 2 ** 31 - 1;
const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** `optimize prompt`, beside the other subcommands of `optimize`. */
export function registerOptimizePrompt(program: Command, context: CommandContext): void {
  const optimize = program.commands.find((command) => command.name() === 'optimize') ?? program.command('optimize');
  optimize
    .command('prompt')
    .description('Search for a prompt prefix that cures a failure cluster: plan, cost, then replays of stored calls')
    .requiredOption('--cluster <cluster>', 'by its id, the start of one, or its name')
    .option('--optimizer <name>', 'random-search, bayesian, meta-prompt, protegi, gepa, prompt-wizard, or your own')
    .option('--budget-usd <usd>', 'the most that task, teacher and judge calls may cost together')
    .option('--max-replays <n>', 'replays at most, where the budget lasts for more')
    .option('--model <id>', 'where the cluster is on several models')
    .option('--turn-shape <shape>', 'where it is in several turn shapes')
    .option('--set <name=value>', 'an option of the optimizer, as JSON; may be given several times', collect)
    .option('--seed <n>', 'for the same search again')
    .option('--dry-run', 'show plan and cost, and begin nothing')
    .option('--detach', 'begin, and do not wait for the end')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab optimize prompt --cluster 7d3a91c2 --optimizer gepa --budget-usd 5\n  trimtab optimize prompt --cluster 7d3a91c2 --dry-run\n\nCtrl-C ends the following, not the search; `trimtab prompts cancel` ends it.',
    )
    .action((options: PromptOptions) => optimizePrompt(context, options));
}

async function optimizePrompt(context: CommandContext, options: PromptOptions): Promise<void> {
  const database = await context.database();
  const planned = await askForSearch(await searchDeps(context, database), {
    ...{ projectId: await context.project(), cluster: options.cluster, optimizer: options.optimizer },
    ...{ model: options.model, turnShape: options.turnShape, optimizerOptions: readSettings(options.set ?? []) },
    budgetUsd: options.budgetUsd === undefined ? undefined : readMoney(options.budgetUsd),
    taskCalls:
      options.maxReplays === undefined ? undefined : readCount(options.maxReplays, '--max-replays', REPLAYS_MAX),
    seed: options.seed === undefined ? undefined : readSeed(options.seed),
    actor: commandActor(),
  });
  if (options.dryRun === true && options.json === true) {
    printJson(context, { dryRun: true, optimizer: planned.optimizer, settings: planned.settings, plan: planned.plan });
    return;
  }
  if (options.dryRun === true) {
    for (const line of planLines(planned)) printLine(context, line);
    printLine(context, 'Nothing was begun.');
    return;
  }
  for (const line of planLines(planned)) printNote(context, line);
  const run = await planned.begin();
  printNote(context, `Search ${run.promptRunId} is begun; the optimizer takes it up within seconds.`);
  const ended = options.detach === true ? null : await followSearch(context, database, run);
  if (options.json === true) printJson(context, ended ?? run);
  else if (ended !== null) printSearch(context, ended);
  if (ended?.status === 'failed') context.fail();
}

/** What will be done and what it costs, before anything is. */
export function planLines({
  optimizer,
  settings,
  plan,
}: Pick<PlannedSearch, 'optimizer' | 'settings' | 'plan'>): string[] {
  const { cell } = settings;
  const { rows } = plan;
  const money = (usd: number) => `$${usd < 0.01 ? usd.toFixed(5) : usd.toFixed(2)}`;
  const left = [
    rows.sameSession > 0 ? `${rows.sameSession} of sessions that are in` : '',
    rows.duplicates > 0 ? `${rows.duplicates} duplicates` : '',
    rows.overKeyCap > 0 ? `${rows.overKeyCap} of keys that have their share` : '',
    rows.notCaptured > 0 ? `${rows.notCaptured} without content` : '',
  ].filter((part) => part !== '');
  return [
    `Cure ${cell.check} on ${cell.model} in ${cell.turnShape} (${cell.failures} failures in ${cell.sessions} sessions) with ${optimizer}.`,
    `Calls: ${rows.failing} failing and ${rows.passing} passing; ${rows.propose} to propose from, ${rows.select} to choose by, ${rows.report} for the last test.${left.length === 0 ? '' : ` Left out: ${left.join(', ')}.`}`,
    `Cost: about ${money(plan.replayUsd)} a replay (at most ${money(plan.replayMostUsd)}), ${money(plan.fullScoreUsd)} to score one candidate.`,
    `Budget: ${money(plan.budgetUsd)} for at most ${plan.taskCalls} replays (about ${money(plan.expectedUsd)}) and the teacher ${settings.teacher}; the least that makes sense is ${plan.floorCalls} replays, ${money(plan.floorUsd)}.`,
    ...(plan.boundByMoney ? ['Money runs out before the replays do: a larger budget would search further.'] : []),
  ];
}

/** `rounds=3`, `style="short"`: values are JSON, and a text that is none stands for itself. */
function readSettings(pairs: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new TrimtabError('invalid_request', `--set takes name=value, not "${pair}"`);
      return [pair.slice(0, at), readValue(pair.slice(at + 1))];
    }),
  );
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function readMoney(text: string): number {
  const usd = Number(text);
  if (text.trim() !== '' && Number.isFinite(usd) && usd > 0) return usd;
  throw new TrimtabError('invalid_request', `--budget-usd takes an amount like 5 or 0.50, not "${text}"`);
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= SEED_MAX) return seed;
  throw new TrimtabError('invalid_request', `--seed takes a whole number from 0 to ${SEED_MAX}, not "${text}"`);
}
