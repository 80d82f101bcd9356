import { proportionInterval } from '../../arena/intervals.ts';
import type { WrittenFigure } from '../scoring/scoring-report.ts';
import type { CellScores, CellSpec, CellStore } from './cell.ts';
import type { LandscapeName } from './landscapes/world-constants.ts';
import { medianFigure, medianOf, writtenFigure } from './median-figure.ts';

/** Noise of a noisy landscape: share of flipped labels. */
export const NOISE = 0.15;
/** The budget at which claims are compared. */
export const CLAIM_BUDGET = 800;
/** More calls than any search of these trials needs: such searches are limited by their trials. */
const TRIALS_BUDGET = 100_000;
const L2_BUDGET = 1_600;
const L4_BUDGET = 800;

export const OPTIMIZERS = ['random-search', 'bayesian', 'meta-prompt', 'protegi', 'gepa', 'prompt-wizard'] as const;
export const LANDSCAPES: readonly LandscapeName[] = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6'];

const cell = (optimizer: string, landscape: LandscapeName, budget: number, noise = 0): CellSpec => ({
  ...{ optimizer, landscape, noise, budget },
});

/** Of noise 0 and 15 %; a dirty judge is never without. */
export function noisesOf(landscape: LandscapeName): readonly number[] {
  return landscape === 'L6' ? [NOISE] : [0, NOISE];
}

/** The references' own budgets. */
export async function checklistFigures(cells: CellStore): Promise<WrittenFigure[]> {
  const heldOut = async (spec: CellSpec) => (await cells.scores(spec)).heldOut;
  return [
    medianFigure('L1_gepa_400', await heldOut(cell('gepa', 'L1', 400)), '>=', 1),
    medianFigure('L1_meta', await heldOut(cell('meta-prompt', 'L1', 480)), '>=', 0.95),
    medianFigure('L1_protegi', await heldOut(cell('protegi', 'L1', 1_642)), '>=', 0.6),
    medianFigure('L1_wizard', await heldOut(cell('prompt-wizard', 'L1', 1_118)), '>=', 0.6),
    medianFigure('L1_gepa_noise_800', await heldOut(cell('gepa', 'L1', 800, NOISE)), '>=', 0.95),
  ];
}

/** The second best of all optimizers: two must be past the trap. */
export async function ridgeFigures(cells: CellStore): Promise<WrittenFigure[]> {
  const found: CellScores[] = [];
  for (const optimizer of OPTIMIZERS) found.push(await cells.scores(cell(optimizer, 'L2', L2_BUDGET)));
  const ranked = found.toSorted((left, right) => medianOf(right.heldOut).value - medianOf(left.heldOut).value);
  return [medianFigure('L2_second_best', ranked[1]?.heldOut ?? [], '>=', 0.9)];
}

/** Of the optimizer that reflects, which the trap is laid for. */
export async function memoriseFigures(cells: CellStore): Promise<WrittenFigure[]> {
  const { train, heldOut } = await cells.scores(cell('gepa', 'L4', L4_BUDGET));
  const gaps = train.map((score, index) => score - (heldOut[index] ?? 0));
  return [medianFigure('L4_gap', gaps, '<=', 0.05), medianFigure('L4_heldout', heldOut, '>=', 0.8)];
}

export async function demonstrationFigures(cells: CellStore): Promise<WrittenFigure[]> {
  const after = async (nTrials: number) =>
    (await cells.scores({ ...cell('bayesian', 'L5', TRIALS_BUDGET), options: { nTrials } })).heldOut;
  return [
    medianFigure('L5_bayes_30', await after(30), '>=', 0.93),
    medianFigure('L5_bayes_100', await after(100), '>=', 0.97),
  ];
}

/** The worst cell: median over seeds of how far the claim is from what the judge would say in the mean. */
export async function claimFigures(cells: CellStore): Promise<WrittenFigure[]> {
  let worst: readonly number[] = [0];
  for (const optimizer of OPTIMIZERS) {
    for (const landscape of LANDSCAPES) {
      for (const noise of noisesOf(landscape)) {
        const { claimGap } = await cells.scores(cell(optimizer, landscape, CLAIM_BUDGET, noise));
        const gaps = claimGap.map(Math.abs);
        if (medianOf(gaps).value > medianOf(worst).value) worst = gaps;
      }
    }
  }
  return [medianFigure('claim_gap', worst, '<=', 0.05)];
}

/** Two providers with a prefix each; one prefix for both could not pass 0.7. */
export async function providerFigures(cells: CellStore): Promise<WrittenFigure[]> {
  const { heldOut } = await cells.scores(cell('gepa', 'L3', CLAIM_BUDGET));
  return [medianFigure('L3_gepa_800', heldOut, '>=', null)];
}

export const BUDGETS = [100, 200, 400, 800, 1_600] as const;

/** Fills the tables: every optimizer on every landscape at every budget. Quick runs leave it out. */
export async function gridFigures(cells: CellStore, { quick }: { readonly quick: boolean }): Promise<WrittenFigure[]> {
  if (quick) return [];
  for (const optimizer of OPTIMIZERS) {
    for (const landscape of LANDSCAPES) {
      for (const noise of noisesOf(landscape)) {
        for (const budget of BUDGETS) await cells.scores(cell(optimizer, landscape, budget, noise));
      }
    }
  }
  return [];
}

/** Of all searches that were measured. A search that throws is one that returned nothing. */
export async function crashFigures(cells: CellStore): Promise<WrittenFigure[]> {
  const searches = cells.all().reduce((sum, { heldOut, crashes }) => sum + heldOut.length + crashes, 0);
  const crashes = cells.all().reduce((sum, each) => sum + each.crashes, 0);
  if (searches === 0) return [];
  const interval = proportionInterval(crashes, searches);
  return [writtenFigure({ id: 'crash_rate', value: crashes / searches, op: '<=', bar: 0, n: searches, interval })];
}
