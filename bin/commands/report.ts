import type { Command } from 'commander';
import { parseDuration } from '#shared/config/duration.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { Report, ReportPart } from '../../services/optimizer/report/build-report.ts';
import type { Difference, Interval } from '../../services/optimizer/report/compare-arms.ts';
import { readReport } from '../../services/optimizer/report/read-report.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printTable } from './print.ts';

interface ReportOptions extends CommandOptions {
  readonly since: string;
  readonly baseline?: string;
}

export function registerReport(program: Command, context: CommandContext): void {
  program
    .command('report')
    .description('Cost and quality against what the baseline served at the same time, by turn shape and provider')
    .option('--since <time>', 'how far back, like 28d or 12h', '28d')
    .option('--baseline <policy>', 'compare with this version; the one served when the time began, if absent')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab report --since 28d\n  trimtab report --since 7d --baseline v1')
    .action((options: ReportOptions) => report(context, options));
}

async function report(context: CommandContext, options: ReportOptions): Promise<void> {
  const backMs = parseDuration(options.since);
  if (backMs === undefined || backMs <= 0) {
    throw new TrimtabError('invalid_request', '--since takes a time, as --since 28d');
  }
  const until = new Date(context.now());
  const window = { since: new Date(until.getTime() - backMs), until, baseline: options.baseline };
  const found = await readReport(await context.database(), await context.project(), window);
  if (options.json === true) printJson(context, found);
  else printReport(context, found);
}

function printReport(
  context: CommandContext,
  { since, until, baseline, total, shapes, providers, rollouts, overhead }: Report,
) {
  printLine(
    context,
    `${since.slice(0, 10)} to ${until.slice(0, 10)}, against what v${baseline.number} prefers, day by day`,
  );
  printLine(context);
  printLine(
    context,
    `${total.sessions} sessions, $${total.costUsd.toFixed(2)}; ${total.comparable} of them have a concurrent baseline`,
  );
  if (total.costDifference !== null) {
    const { mean, low, high } = total.costDifference.total;
    printLine(context, `cost:    ${signed(mean, 2)} USD in all (95 %: ${signed(low, 2)} to ${signed(high, 2)})`);
  }
  if (total.qualityDifference !== null) {
    printLine(context, `quality: ${points(total.qualityDifference)} points a session where another model served`);
  }
  printLine(
    context,
    `Trimtab itself: $${overhead.judgesUsd.toFixed(2)} for judges, $${overhead.replaysUsd.toFixed(2)} for replays`,
  );
  for (const [title, parts] of [
    ['turn shape', shapes],
    ['provider', providers],
  ] as const) {
    printLine(context);
    printTable(
      context,
      [
        title,
        'sessions',
        'quality',
        '95 %',
        'USD/session',
        '95 %',
        'vs baseline USD',
        'vs baseline points',
        'compared',
      ],
      parts.map(rowOf),
    );
  }
  if (rollouts.length === 0) return;
  printLine(context);
  const rows = rollouts.map((each) => [
    `r${each.number}`,
    each.status,
    `${each.canarySessions}/${each.controlSessions}`,
    each.costDifference === null ? '-' : usd(each.costDifference),
    each.qualityDifference === null ? '-' : points(each.qualityDifference),
  ]);
  printTable(context, ['rollout', 'ended', 'canary/control', 'USD/session', 'points'], rows);
}

function rowOf(part: ReportPart): (string | number)[] {
  return [
    part.name === '' ? 'unknown' : part.name,
    part.sessions,
    part.quality === null ? '-' : part.quality.mean.toFixed(3),
    part.quality === null ? '-' : range(part.quality, 3),
    part.costPerSessionUsd === null ? '-' : part.costPerSessionUsd.mean.toFixed(4),
    part.costPerSessionUsd === null ? '-' : range(part.costPerSessionUsd, 4),
    part.costDifference === null ? 'none' : usd(part.costDifference),
    part.qualityDifference === null ? 'none' : points(part.qualityDifference),
    part.costDifference?.sessions ?? 0,
  ];
}

const signed = (value: number, digits: number): string => `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;
const range = ({ low, high }: Interval, digits: number): string => `${low.toFixed(digits)} to ${high.toFixed(digits)}`;

function usd({ perSession: { mean, low, high } }: Difference): string {
  return `${signed(mean, 4)} (${signed(low, 4)} to ${signed(high, 4)})`;
}

function points({ perSession: { mean, low, high } }: Difference): string {
  return `${signed(100 * mean, 1)} (${signed(100 * low, 1)} to ${signed(100 * high, 1)})`;
}
