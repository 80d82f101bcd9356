import { existsSync } from 'node:fs';
import { bfclFigures } from './bfcl-figures.ts';
import { calibrationFigures, calibrationTable } from './calibration.ts';
import { debugbenchGoal } from './debugbench.ts';
import { falseAlarmGoal } from './false-alarms.ts';
import { injectionFigures } from './injection.ts';
import { judgeDeterminismFigures } from './judge-determinism.ts';
import { judgeParserFigures } from './judge-parser.ts';
import { measureConfiguredJudges } from './measure-configured-judges.ts';
import { outcomeGoal } from './outcomes.ts';
import { panelFigures } from './panel.ts';
import { plantedCallCounts } from './planted-calls.ts';
import { plantedFigures, plantedTable } from './planted-figures.ts';
import { plantedSequenceCounts } from './planted-sequences.ts';
import { queueToScoreFigures } from './queue-to-score.ts';
import { repeatsFigures } from './repeats.ts';
import type { GoalResult } from './scoring-report.ts';
import { speedFigures } from './speed.ts';
import { syntaxGoal } from './syntax.ts';
import { triageFigures, triageOnTauFigures } from './triage.ts';

/** One goal of scoring, with what measures it. */
export interface Goal {
  /** What `--only` takes; the first letters of the ids that it writes. */
  readonly name: string;
  /** True where recorded public data is read. */
  readonly needsData: boolean;
  measure(dataFolder: string, options: { readonly quick: boolean }): GoalResult | Promise<GoalResult>;
}

/** Every goal that can be measured here. Speed comes first, before others have filled the heap. */
export const GOALS: readonly Goal[] = [
  { name: 'speed', needsData: false, measure: (_folder, options) => ({ figures: speedFigures(options) }) },
  {
    name: 'queue',
    needsData: false,
    measure: async (_folder, options) => ({ figures: await queueToScoreFigures(options) }),
  },
  {
    name: 'G5',
    needsData: true,
    measure: (folder, options) => ({
      figures: [...triageFigures(folder, options), ...triageOnTauFigures(folder, options)],
    }),
  },
  {
    name: 'G8',
    needsData: true,
    measure: (folder, options) => ({
      figures: calibrationFigures(folder, options),
      tables: [calibrationTable(folder, options)],
    }),
  },
  { name: 'G1', needsData: true, measure: (folder, options) => ({ figures: bfclFigures(folder, options) }) },
  {
    name: 'G2',
    needsData: true,
    measure(folder) {
      const counts = [...plantedCallCounts(folder), ...plantedSequenceCounts(folder)];
      return { figures: plantedFigures(counts), tables: [plantedTable(counts)] };
    },
  },
  { name: 'G3', needsData: true, measure: falseAlarmGoal },
  { name: 'G4', needsData: true, measure: outcomeGoal },
  { name: 'G9', needsData: true, measure: (folder, options) => ({ figures: panelFigures(folder, options) }) },
  { name: 'G10', needsData: true, measure: (folder, options) => ({ figures: repeatsFigures(folder, options) }) },
  { name: 'G12s', needsData: true, measure: syntaxGoal },
  { name: 'G12', needsData: true, measure: debugbenchGoal },
  {
    name: 'G17',
    needsData: true,
    measure: async (folder, options) => ({ figures: await injectionFigures(folder, options) }),
  },
  { name: 'G18', needsData: false, measure: async () => ({ figures: await judgeParserFigures() }) },
  {
    name: 'G19',
    needsData: true,
    measure: async (folder, options) => ({ figures: await judgeDeterminismFigures(folder, options) }),
  },
  { name: 'judges', needsData: true, measure: judgeGoals },
];

/** Goals that need a live judge, and what they would say. */
const JUDGE_GOALS: readonly { readonly goal: string; readonly asks: string }[] = [
  { goal: 'G6', asks: 'task completion by a judge who sees the policy and not the reference' },
  { goal: 'G7', asks: 'whether one write of an agent was right, by a judge' },
  { goal: 'G11', asks: 'agreement of a judge with people' },
  { goal: 'G14', asks: 'which agent and which step was at fault, by a judge' },
  { goal: 'G20', asks: 'what a judge loses when a transcript is cut to a half and to a quarter' },
];

/** With the judges of the configuration file that services would read; without any, each goal says what it lacks. */
async function judgeGoals(folder: string, { quick }: { readonly quick: boolean }): Promise<GoalResult> {
  const configPath = process.env['TRIMTAB_CONFIG'] ?? 'trimtab.yaml';
  const missing = JUDGE_GOALS.map(({ goal, asks }) => ({ goal, reason: `needs a live judge: ${asks}` }));
  if (!existsSync(configPath)) return { figures: [], notMeasured: missing };
  const measured = await measureConfiguredJudges(folder, configPath, { quick, environment: process.env });
  return measured.figures.length === 0 ? { figures: [], notMeasured: missing } : measured;
}
