import { join } from 'node:path';
import type { Command } from 'commander';
import { TrimtabError } from '#shared/errors.ts';
import type { DrillEvent } from '../../infra/drills/drill-event.ts';
import { DRILL_NAMES, drillScenario } from '../../infra/drills/drill-scenario.ts';
import { type DrillResult, runDrill } from '../../infra/drills/run-drill.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printNote } from './print.ts';
import { startSimulatedSystem } from './start-simulated-system.ts';

export function registerDrill(program: Command, context: CommandContext): void {
  program
    .command('drill [name]')
    .description('Let a provider go wrong on a live system with scripted providers, and watch it being steered around')
    .option('--json', 'one JSON document a line, for every event; the last one is the result')
    .addHelpText(
      'after',
      `\nDrills: ${DRILL_NAMES.join(', ')}\n\nExample:\n  trimtab drill\n  trimtab drill field-order`,
    )
    .action((name: string | undefined, options: CommandOptions) => drill(context, name, options));
}

async function drill(context: CommandContext, name: string | undefined, options: CommandOptions): Promise<void> {
  if (name === undefined) {
    const drills = DRILL_NAMES.map((each) => ({ name: each, title: drillScenario(each).title }));
    if (options.json === true) printJson(context, drills);
    else for (const each of drills) printLine(context, `${each.name.padEnd(14)} ${each.title}`);
    return;
  }
  const scenario = drillScenario(name);
  const dataDir = join(context.environment.dataDir, 'drill');
  printNote(context, `Starting a system in ${dataDir} (its logs: ${join(dataDir, 'logs')}) …`);
  const result = await runDrill(
    {
      startSystem: (place) => startSimulatedSystem(context, place),
      onEvent: (event) => (options.json === true ? printJson(context, event) : printLine(context, narrate(event))),
      now: context.now,
      signal: context.signal,
    },
    { scenario, dataDir },
  );
  if (options.json === true) printJson(context, { type: 'result', ...result });
  else for (const line of describeResult(result)) printLine(context, line);
  if (result.missing.length > 0 && !context.signal.aborted) {
    throw new TrimtabError(
      'internal',
      `the drill did not show: ${result.missing.join(', ')}; the services' logs are in ${join(dataDir, 'logs')}`,
    );
  }
}

const LABELS: Readonly<Record<DrillEvent['type'], string>> = {
  start: 'start',
  warming_up: 'warming up',
  watching: 'watched',
  fault_on: 'fault begins',
  drop: 'drop',
  cluster: 'cluster',
  weight_cut: 'weight cut',
  fault_off: 'fault ends',
  move: 'on the way',
  recovery: 'recovery',
  end: 'end',
};

function narrate({ type, elapsedMs, text }: DrillEvent): string {
  return `${(elapsedMs / 1_000).toFixed(1).padStart(6)}s  ${LABELS[type].padEnd(13)} ${text}`;
}

function describeResult({ steps, sessions, seconds }: DrillResult): string[] {
  const lines = Object.entries(steps).map(([step, after]) => `  ${step.padEnd(12)} ${after.toFixed(1).padStart(7)} s`);
  return ['', ...lines, `  ${sessions} sessions in ${seconds.toFixed(0)} s`];
}
