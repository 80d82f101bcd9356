import { type ArenaMeasurement, type ArenaRow, LAMBDA } from '../world/measure-arena.ts';
import { compositeRegret } from '../world/run-arena.ts';
import { type Line, linePlot } from './line-plot.ts';

/** Prices of quality that regret is drawn over, as multiples of the one that figures are taken at. */
const LAMBDAS = [10, 20, 40, 60, 100, 150, 200] as const;
/** Policies that are far off would press the others into one line. */
const DRAWN = [
  'Trimtab',
  'discounted Thompson',
  'Thompson',
  'sliding-window UCB',
  'epsilon-greedy',
  'LinUCB with forgetting',
  'Trimtab without gates',
];

/** File names and SVG texts of the arena's plots. */
export function arenaPlots(measured: ArenaMeasurement): ReadonlyMap<string, string> {
  const rows = (warm: boolean) => measured.rows.filter((row) => row.warm === warm && DRAWN.includes(row.name));
  const sensitivity = (warm: boolean) =>
    linePlot({
      title: `Composite regret per call over Lambda, ${warm ? 'warm' : 'cold'} start`,
      xTitle: `Lambda: price of a unit of quality below the bar (figures are taken at ${LAMBDA})`,
      yTitle: 'regret per call (top price 20)',
      lines: rows(warm).map(
        (row): Line => ({ name: row.name, points: LAMBDAS.map((lambda) => [lambda, regret(row, lambda)]) }),
      ),
    });
  const tradeOff = linePlot({
    title: 'Calls below the bar against cost, warm start',
    xTitle: 'share of calls below the bar',
    yTitle: 'cost, as a multiple of the clairvoyant',
    lines: [...measured.rows]
      .filter((row) => row.warm)
      .map((row): Line => {
        const point = [mean(row, (each) => each.belowBarShare), mean(row, (each) => each.costToOptimum)] as const;
        return { name: row.name, points: [point], dots: true };
      }),
  });
  return new Map([
    ['regret-warm.svg', sensitivity(true)],
    ['regret-cold.svg', sensitivity(false)],
    ['cost-and-quality.svg', tradeOff],
  ]);
}

function regret(row: ArenaRow, lambda: number): number {
  return mean(row, (result) => compositeRegret(result, lambda));
}

function mean(row: ArenaRow, value: (result: ArenaRow['results'][number]) => number): number {
  return row.results.reduce((sum, result) => sum + value(result), 0) / row.results.length;
}
