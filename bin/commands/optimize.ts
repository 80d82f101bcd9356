import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { readRun, requestRun } from '#shared/database/optimizer-run-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import { commandActor } from './command-actor.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printNote } from './print.ts';

interface ReasonOptions extends CommandOptions {
  readonly reason?: string;
}

interface RunOptions extends CommandOptions {
  readonly wait: string;
}

const POLL_MS = 500;

export function registerOptimize(program: Command, context: CommandContext): void {
  const optimize = program.command('optimize').description('Run, pause or resume the optimizer');
  optimize
    .command('run')
    .description('Do now what the nightly run does: cluster, estimate, propose')
    .option('--wait <seconds>', 'how long to wait for the result; 0 only asks for the run', '120')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab optimize run\n  trimtab optimize run --wait 0')
    .action((options: RunOptions) => run(context, options));
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
  const deadline = context.now() + waitSeconds * 1_000;
  printNote(context, `Run ${runId} is asked for; the optimizer takes it within seconds.`);
  while (!context.signal.aborted) {
    const state = await readRun(database, projectId, runId);
    if (state !== null && (state.status === 'done' || state.status === 'failed')) {
      if (options.json === true) printJson(context, state);
      else printLine(context, `Run ${state.status}: ${JSON.stringify(state.summary, null, 2)}`);
      if (state.status === 'failed') context.fail();
      return;
    }
    if (context.now() >= deadline) break;
    await delay(POLL_MS, undefined, { signal: context.signal }).catch(() => {});
  }
  if (options.json === true) printJson(context, { runId, status: 'pending' });
  else
    printLine(
      context,
      `Run ${runId} goes on; see \`trimtab status\`. If nothing happens, the optimizer is not running.`,
    );
}
