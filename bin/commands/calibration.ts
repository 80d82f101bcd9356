import type { Command } from 'commander';
import { readDrifts, type StoredDrift } from '#shared/database/anchor-store.ts';
import { readCalibrations, type StoredCalibration } from '#shared/database/calibration-store.ts';
import { recalibrate } from '../../services/evaluator/calibration/recalibrate.ts';
import { refitTriage, TRIAGE_LABELS_MIN } from '../../services/evaluator/triage/refit-triage.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printTable } from './print.ts';

export function registerCalibration(program: Command, context: CommandContext): void {
  const calibration = program
    .command('calibration')
    .description('How far judges agree with people, and whether they may drive the optimizer');
  calibration
    .command('show')
    .description('Every judge that has labels: agreement with intervals of 95 %, the gate, and its drift')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab calibration show')
    .action((options: CommandOptions) => show(context, options));
  calibration
    .command('fit')
    .description(
      'Fit judges and triage to the labels now, as every night does; lifts the suspension of a judge that drifted',
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab calibration fit')
    .action((options: CommandOptions) => fitNow(context, options));
}

async function show(context: CommandContext, options: CommandOptions): Promise<void> {
  const [database, project] = [await context.database(), await context.project()];
  print(context, options, await readCalibrations(database, project), await readDrifts(database, project));
}

async function fitNow(context: CommandContext, options: CommandOptions): Promise<void> {
  const deps = { database: await context.database(), now: context.now };
  const project = await context.project();
  const calibrations = await recalibrate(deps, project, { force: true });
  const triage = await refitTriage(deps, project);
  print(context, options, calibrations, await readDrifts(deps.database, project), triage?.version ?? null);
  if (options.json === true) return;
  printLine(
    context,
    triage === null
      ? `Triage keeps its weights: it is fitted anew from ${TRIAGE_LABELS_MIN} labelled sessions on.`
      : `Triage was fitted on ${triage.fittedOn.rows} labelled sessions: ${triage.version}.`,
  );
}

function print(
  context: CommandContext,
  options: CommandOptions,
  calibrations: readonly StoredCalibration[],
  drifts: readonly StoredDrift[],
  triage?: string | null,
): void {
  if (options.json === true) {
    printJson(context, { calibrations, drifts, ...(triage === undefined ? {} : { triage }) });
    return;
  }
  if (calibrations.length === 0) {
    printLine(context, 'No judge has verdicts on labelled calls yet: label with `trimtab labels add`.');
    return;
  }
  const rows = calibrations.map((one) => [
    one.judge,
    one.rubric,
    one.rubricVersion,
    one.labels,
    interval(one.agreement.kappa),
    interval(one.agreement.falsePassRate),
    interval(one.agreement.precision),
    interval(one.agreement.auroc),
    interval(one.agreement.brier),
    interval(one.agreement.ece),
    one.gatePassed ? 'past the gate' : one.gateReason,
  ]);
  const headings = [
    'judge',
    'rubric',
    'version',
    'labels',
    'kappa',
    'false passes',
    'pass precision',
    'AUROC',
    'Brier',
  ];
  printTable(context, [...headings, 'ECE', 'gate'], rows);
  for (const drift of drifts) {
    const shares = `${drift.disagreed} of ${drift.anchors} anchors against people, ${drift.flipped} of ${drift.compared} other than before`;
    const alarm = drift.alarmAt === null ? '' : `; ALARM since ${drift.alarmAt.toISOString()}`;
    printLine(context, `${drift.judge}, ${drift.rubric} ${drift.rubricVersion}, ${drift.night}: ${shares}${alarm}`);
  }
}

function interval({ value, interval: bounds }: StoredCalibration['agreement']['kappa']): string {
  if (value === null) return '-';
  return bounds === null
    ? value.toFixed(2)
    : `${value.toFixed(2)} [${bounds.low.toFixed(2)}, ${bounds.high.toFixed(2)}]`;
}
