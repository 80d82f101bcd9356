import type { Command } from 'commander';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { readRun, requestRun } from '#shared/database/optimizer-run-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import { followRun } from '../../services/optimizer/follow-run.ts';
import type { RunStanding } from '../../services/optimizer/run-progress.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printNote } from './print.ts';
import { printPlan } from './print-plan.ts';

interface ReasonOptions extends CommandOptions {
  readonly reason?: string;
}

interface RunOptions extends CommandOptions {
  readonly wait: string;
  readonly dryRun?: boolean;
}

export function registerOptimize(program: Command, context: CommandContext): void {
  const optimize = program.command('optimize').description('Run, pause or resume the optimizer');
  optimize
    .command('run')
    .description('Do now what the nightly run does: cluster, estimate, propose')
    .option('--dry-run', 'say what it would do and why, and do nothing; needs no optimizer')
    .option('--wait <seconds>', 'how long to wait for the result; 0 only asks for the run', '120')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab optimize run\n  trimtab optimize run --dry-run\n  trimtab optimize run --wait 0',
    )
    .action((options: RunOptions) => (options.dryRun === true ? printPlan(context, options) : run(context, options)));
  for (const [name, change, done] of [
    ['pause', pauseOptimizer, 'Paused: no automatic change of policy can happen until `trimtab optimize resume`.'],
    ['resume', resumeOptimizer, 'Resumed: the optimizer acts again, within its governance.'],
  ] as const) {
    optimize
      .command(name)
      .description(name === 'pause' ? 'The stop button: no automatic change of policy' : 'Lift a pause or a pin')
      .option('--reason <text>', 'why; written in the audit log', `${name}d from the command line`)
      .option('--json', 'print one JSON document')
      .addHelpText(
        'after',
        `\nExample:\n  trimtab optimize ${name} --reason "release week"\n\nWorks while the optimizer is down.`,
      )
      .action(async (options: ReasonOptions) => {
        const projectId = await context.project();
        const control = await change(await context.database(), {
          projectId,
          actor: commandActor(),
          reason: options.reason ?? '',
        });
        if (options.json === true) printJson(context, control);
        else printLine(context, done);
      });
  }
}

async function run(context: CommandContext, options: RunOptions): Promise<void> {
  const waitSeconds = Number(options.wait);
  if (!Number.isFinite(waitSeconds) || waitSeconds < 0) {
    throw new TrimtabError('invalid_request', '--wait takes a number of seconds, as --wait 120');
  }
  const database = await context.database();
  const projectId = await context.project();
  const { run: asked } = await requestRun(database, {
    projectId,
    job: 'manual',
    logicalTime: new Date(context.now()),
    trigger: commandActor(),
  });
  const { runId } = asked;
  printNote(context, `Run ${runId} is asked for; the optimizer takes it within seconds.`);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(waitSeconds * 1_000)]);
  for await (const standing of followRun({ database, now: context.now }, { projectId, runId }, signal)) {
    if (standing.step !== null) printNote(context, describeStanding(standing));
  }
  const state = await readRun(database, projectId, runId);
  if (state !== null && (state.status === 'done' || state.status === 'failed')) {
    if (options.json === true) printJson(context, state);
    else printLine(context, `Run ${state.status}: ${JSON.stringify(state.summary, null, 2)}`);
    if (state.status === 'failed') context.fail();
    return;
  }
  if (options.json === true) printJson(context, { runId, status: state?.status ?? 'pending' });
  else
    printLine(
      context,
      `Run ${runId} goes on; see \`trimtab status\`. If nothing happens, the optimizer is not running.`,
    );
}

/** One line a step: which, of how many, since when, and how long it may still take. */
function describeStanding({ step, stepNumber, steps, elapsedMs, remainingMs }: RunStanding): string {
  const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`;
  const left = remainingMs === null ? 'no earlier run to tell how long it takes' : `about ${seconds(remainingMs)} left`;
  return `[${stepNumber}/${steps}] ${step} after ${seconds(elapsedMs)}, ${left}`;
}
