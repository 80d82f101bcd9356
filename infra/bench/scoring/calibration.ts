import { mean } from 'simple-statistics';
import { calibrate, fitCalibrationMap, type LabelledJudgement } from '#shared/calibration/calibration-map.ts';
import { clusterBootstrap } from '#shared/calibration/cluster-bootstrap.ts';
import { groupedFolds } from '#shared/calibration/grouped-folds.ts';
import { brierSkill, debiasedCalibrationError, type Forecast } from '#shared/calibration/probability-error.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import type { Figure } from '../../arena/figure.ts';
import { type RepeatedJudge, readRepeatedJudges } from './recorded-judges.ts';
import type { ScoringTable } from './scoring-report.ts';
import { crossFitTriage } from './triage-cross-fit.ts';
import { readTau2Examples, readTauExamples } from './triage-runs.ts';

const ERROR_BAR = 0.03;
const SKILL_BAR = 0;
const SEEDS = { quick: 5, full: 20 } as const;
const RESAMPLES = { quick: 100, full: 500 } as const;
/** Judges of `judge-repeats` score from 1 to 10. */
const SCORE_MIN = 1;
const SCORE_MAX = 10;

interface ClusteredForecast extends Forecast {
  readonly cluster: string;
}

/** One forecaster, as often as it was fitted on other folds. */
interface Measured {
  readonly name: string;
  readonly n: number;
  readonly error: number;
  readonly skill: number;
  readonly forecasts: readonly ClusteredForecast[];
}

/**
 * `G8` and `G8b`: how far stated probabilities are from what comes true, and whether they beat the base rate. Each
 * forecaster is fitted on other tasks or questions than it is measured on; what is written is the worst of them.
 */
export function calibrationFigures(dataFolder: string, { quick }: { readonly quick: boolean }): Figure[] {
  const measured = measureCalibration(dataFolder, quick);
  const resamples = quick ? RESAMPLES.quick : RESAMPLES.full;
  const worst = measured.reduce((most, one) => (one.error > most.error ? one : most));
  const weakest = measured.reduce((least, one) => (one.skill < least.skill ? one : least));
  return [
    {
      ...{ id: 'G8', value: worst.error, op: '<=', bar: ERROR_BAR, pass: worst.error <= ERROR_BAR, n: worst.n },
      interval: intervalOf(
        worst,
        worst.error,
        (rows) => debiasedCalibrationError(rows, seededUniform(3)),
        quick ? 20 : resamples / 5,
      ),
    },
    {
      ...{ id: 'G8b', value: weakest.skill, op: '>=', bar: SKILL_BAR, pass: weakest.skill > SKILL_BAR, n: weakest.n },
      interval: intervalOf(weakest, weakest.skill, brierSkill, resamples),
    },
  ];
}

/** Every forecaster behind the two figures. */
export function calibrationTable(dataFolder: string, { quick }: { readonly quick: boolean }): ScoringTable {
  return {
    title: 'Calibration of every forecaster, fitted on other tasks or questions',
    columns: ['forecaster', 'n', 'debiased calibration error', 'Brier skill'],
    rows: measureCalibration(dataFolder, quick)
      .flatMap((measured) => [measured, ...benchesOf(measured)])
      .map(({ name, n, error, skill }) => [name, n, error, skill]),
  };
}

/** What the one triage is on each bench by itself, from one of its fits. */
function benchesOf({ forecasts }: Measured): readonly Measured[] {
  return ['tau ', 'tau2 '].flatMap((bench) => {
    const own = forecasts.filter(({ cluster }) => cluster.startsWith(bench));
    return own.length === 0 ? [] : [measure(`of which ${bench.trim()}`, [own])];
  });
}

function measureCalibration(dataFolder: string, quick: boolean): readonly Measured[] {
  const seeds = quick ? SEEDS.quick : SEEDS.full;
  return [triage(dataFolder, seeds), ...readRepeatedJudges(dataFolder).map((judge) => repeatedJudge(judge, seeds))];
}

/** One triage for runs of both benches, as the shipped one is. */
function triage(dataFolder: string, seeds: number): Measured {
  const examples = [...readTau2Examples(dataFolder), ...readTauExamples(dataFolder)];
  const fits = Array.from({ length: seeds }, (_none, seed) =>
    crossFitTriage(examples, seed).map((forecast, index) => ({ ...forecast, cluster: examples[index]?.group ?? '' })),
  );
  return measure('triage, tau-bench and tau2-bench', fits);
}

/** What the first draw of a judge for an answer says about its being the right one. */
function repeatedJudge({ name, questions }: RepeatedJudge, seeds: number): Measured {
  const rows = questions.flatMap(({ id, draws }) =>
    draws.map(([first = SCORE_MIN], answer) => ({
      cluster: id,
      judgement: judgementOf(first, answer === 0 ? 1 : 0),
    })),
  );
  const fits = Array.from({ length: seeds }, (_none, seed) => {
    const halves = groupedFolds(
      rows.map(({ cluster }) => cluster),
      2,
      seededUniform(seed),
    );
    const maps = [0, 1].map((half) =>
      fitCalibrationMap(rows.filter((_row, index) => halves[index] !== half).map(({ judgement }) => judgement)),
    );
    return rows.flatMap(({ cluster, judgement }, index): ClusteredForecast[] => {
      const map = maps[halves[index] ?? 0];
      return map === undefined ? [] : [{ cluster, label: judgement.label, probability: calibrate(map, judgement) }];
    });
  });
  return measure(name, fits);
}

function judgementOf(score: number, label: 0 | 1): LabelledJudgement {
  return { score: (score - SCORE_MIN) / (SCORE_MAX - SCORE_MIN), tokens: 10_000, truncation: 0, label };
}

function measure(name: string, fits: readonly (readonly ClusteredForecast[])[]): Measured {
  return {
    name,
    n: fits[0]?.length ?? 0,
    error: mean(fits.map((forecasts, seed) => debiasedCalibrationError(forecasts, seededUniform(seed)))),
    skill: mean(fits.map((forecasts) => brierSkill(forecasts) ?? 0)),
    forecasts: fits[0] ?? [],
  };
}

/**
 * Resampling repeats rows, which looks like bad calibration by itself: the spread of the resamples is taken, and their
 * middle is not.
 */
function intervalOf(
  { forecasts }: Measured,
  value: number,
  statistic: (rows: readonly Forecast[]) => number | null,
  resamples: number,
): [number, number] {
  const options = { resamples, random: seededUniform(5) };
  const interval = clusterBootstrap(forecasts, ({ cluster }) => cluster, statistic, options);
  if (interval === null) return [Number.NaN, Number.NaN];
  const half = (interval.high - interval.low) / 2;
  return [value - half, value + half];
}
