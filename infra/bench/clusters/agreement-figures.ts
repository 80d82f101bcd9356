import { type Agreement, agreementOf } from '../../../services/optimizer/clustering/agreement.ts';
import {
  agreementAt,
  type Calibration,
  type CurvePoint,
  calibrateThresholds,
  thresholdCurve,
} from '../../../services/optimizer/clustering/calibrate-thresholds.ts';
import { clusterTemplates } from '../../../services/optimizer/clustering/cluster-templates.ts';
import type { Embedder } from '../../../services/optimizer/clustering/embedders/embedder.ts';
import { createSeededRandom, type SeededRandom } from '../../arena/seeded-random.ts';
import type { ScoringTable } from '../scoring/scoring-report.ts';
import { atLeast, type ClusterResult, middleOf } from './cluster-figure.ts';
import {
  createTemplateVectors,
  remembering,
  type SignedFailure,
  type TemplateVectors,
  templatesOf,
} from './failure-templates.ts';
import { thresholdPlot } from './threshold-plot.ts';

const SEED = 20_240_811;

export interface LabelledFailures {
  readonly failures: readonly SignedFailure[];
  readonly labels: ReadonlyMap<number, string>;
}

interface Way {
  readonly name: string;
  readonly calibration: Calibration;
  readonly tested: Agreement & { readonly clusters: number };
  readonly n: number;
  readonly resampled: readonly Agreement[];
}

/**
 * Agreement with the hidden labels: the threshold is chosen on half of the models and tested on the others, both ways.
 * The figure is the worse way; its interval comes from drawing the tested models anew.
 */
export async function agreementFigures(
  embedder: Embedder,
  name: 'default' | 'local',
  { failures, labels }: LabelledFailures,
  options: { readonly isQuick: boolean },
): Promise<ClusterResult> {
  const remembered = remembering(embedder);
  const random = createSeededRandom(SEED);
  const halves = halvesOf(failures);
  // Each half has vectors of its own: nothing of the tested half is known when the threshold is chosen.
  const stores = [createTemplateVectors(remembered), createTemplateVectors(remembered)] as const;
  const first = await templatesOf(halves[0], stores[0], labels);
  const second = await templatesOf(halves[1], stores[1], labels);
  const measure = async (calibration: Calibration, half: 0 | 1, way: string): Promise<Way> => {
    const [tested, vectors] = [halves[half], stores[half]];
    const templates = await templatesOf(tested, vectors, labels);
    const { attach } = calibration.thresholds;
    const resampled = await resample(
      { failures: tested, labels },
      vectors,
      attach,
      random,
      options.isQuick ? 100 : 400,
    );
    return { name: way, calibration, tested: agreementAt(templates, attach), n: tested.length, resampled };
  };
  const ways = [
    await measure(calibrateThresholds(first), 1, 'chosen on one half, tested on the other'),
    await measure(calibrateThresholds(second), 0, 'the other way round'),
  ];
  const all = await templatesOf(failures, createTemplateVectors(remembered), labels);
  const unclassed = await templatesOf(failures.map(withoutCheck), createTemplateVectors(remembered), labels);
  const bars = name === 'local' ? { b3f: 0.86, ari: 0.86 } : { b3f: 0.7, ari: 0.65 };
  return {
    figures: (['b3f', 'ari'] as const).map((measured) => {
      const worse = ways.reduce((worst, way) => (way.tested[measured] < worst.tested[measured] ? way : worst));
      return atLeast(bars[measured], {
        ...{ id: `${measured}_${name}`, value: worse.tested[measured], n: worse.n },
        interval: middleOf(worse.resampled.map((each) => each[measured])),
      });
    }),
    tables: [
      waysTable(name, ways, bestOf(calibrateThresholds(unclassed))),
      calibrationTable(name, embedder, calibrateThresholds(all)),
      curveTable(name, all),
    ],
    plots: { [`clusters-threshold-${name}.svg`]: thresholdPlot(embedder, thresholdCurve(all)) },
  };
}

/** Models, in the order of their names, dealt to two halves. */
function halvesOf(failures: readonly SignedFailure[]): readonly [readonly SignedFailure[], readonly SignedFailure[]] {
  const models = [...new Set(failures.map((failure) => failure.model))].sort();
  const first = new Set(models.filter((_model, index) => index % 2 === 0));
  return [
    failures.filter((failure) => first.has(failure.model)),
    failures.filter((failure) => !first.has(failure.model)),
  ];
}

/** Agreement over models drawn anew from the tested ones; the clusters stay as they were found. */
async function resample(
  { failures, labels }: LabelledFailures,
  vectors: TemplateVectors,
  threshold: number,
  random: SeededRandom,
  draws: number,
): Promise<readonly Agreement[]> {
  const templates = await templatesOf(failures, vectors);
  const clusters = clusterTemplates(templates, { thresholds: { attach: threshold, tentative: threshold } });
  const clusterOf = new Map(clusters.flatMap((cluster) => cluster.templateIds.map((id) => [id, cluster.key])));
  const byModel = [...Map.groupBy(failures, (failure) => failure.model).values()].map((members) =>
    counted(members.map(({ n, signature }) => ({ group: clusterOf.get(signature) ?? '', label: labels.get(n) ?? '' }))),
  );
  return Array.from({ length: draws }, () =>
    agreementOf(byModel.flatMap(() => byModel[Math.floor(random.uniform() * byModel.length)] ?? [])),
  );
}

function counted(
  pairs: readonly { group: string; label: string }[],
): { group: string; label: string; count: number }[] {
  return [...Map.groupBy(pairs, (pair) => JSON.stringify(pair)).values()].flatMap((same) =>
    same.slice(0, 1).map((pair) => ({ ...pair, count: same.length })),
  );
}

function measuresOf(each: Agreement & { readonly clusters: number }): readonly number[] {
  return [each.clusters, each.b3Precision, each.b3Recall, each.b3f, each.ari, each.v];
}

/** As if nobody knew which check had failed: what the classes are worth that never mix. */
function withoutCheck(failure: SignedFailure): SignedFailure {
  return { ...failure, facts: { ...failure.facts, check: 'unknown' } };
}

function bestOf({ thresholds, curve }: Calibration): CurvePoint {
  const best = curve.find((point) => point.threshold === thresholds.attach);
  if (best === undefined) throw new Error('the curve has no point at its own threshold');
  return best;
}

function waysTable(name: string, ways: readonly Way[], unclassed: CurvePoint): ScoringTable {
  return {
    title: `Held out by model, ${name} embedder`,
    columns: ['way', 'threshold', 'failures tested', 'clusters', 'B3 precision', 'B3 recall', 'B3 F', 'ARI', 'V'],
    rows: [
      ...ways.map(({ name: way, calibration, tested, n }) => [
        ...[way, calibration.thresholds.attach, n, ...measuresOf(tested)],
      ]),
      ['all, its best, not held out, the check unknown', unclassed.threshold, null, ...measuresOf(unclassed)],
    ],
  };
}

/** What the failures at hand would choose, beside what the embedder was given. */
function calibrationTable(name: string, embedder: Embedder, { thresholds }: Calibration): ScoringTable {
  return {
    title: `Calibration, ${name} embedder`,
    columns: ['of', 'attach', 'tentative'],
    rows: [
      [
        `\`${embedder.id}\` version ${embedder.version}, as it ships`,
        embedder.thresholds.attach,
        embedder.thresholds.tentative,
      ],
      ['calibrated on all models here', thresholds.attach, thresholds.tentative],
    ],
  };
}

function curveTable(name: string, templates: Parameters<typeof thresholdCurve>[0]): ScoringTable {
  return {
    title: `Threshold curve, ${name} embedder, all models`,
    columns: ['threshold', 'clusters', 'B3 precision', 'B3 recall', 'B3 F', 'ARI'],
    rows: thresholdCurve(templates)
      .filter((_point, index) => index % 3 === 0)
      .map((point) => [point.threshold, point.clusters, point.b3Precision, point.b3Recall, point.b3f, point.ari]),
  };
}
