import { createHashedEmbedder } from '../../../services/optimizer/clustering/embedders/hashed-embedder.ts';
import { createLocalEmbedder } from '../../../services/optimizer/clustering/embedders/local-embedder.ts';
import { agreementFigures, type LabelledFailures } from './agreement-figures.ts';
import { attributionFigures } from './attribution-figures.ts';
import type { ClusterResult } from './cluster-figure.ts';
import { coldFigures } from './cold-figures.ts';
import { signFailure } from './failure-templates.ts';
import { narrativeFigures } from './narrative-figures.ts';
import { readFailureLabels, readRecordedFailures } from './read-failures.ts';
import { stabilityFigures } from './stability-figures.ts';
import { storeFigures } from './store-figures.ts';

export interface ClusterPart {
  readonly name: string;
  readonly needsData: boolean;
  measure(dataFolder: string, options: { readonly isQuick: boolean }): Promise<ClusterResult>;
}

/** The parts of the bench, each of which can be measured alone. */
export const CLUSTER_PARTS: readonly ClusterPart[] = [
  {
    name: 'default',
    needsData: true,
    measure: (dataFolder, options) =>
      agreementFigures(createHashedEmbedder(), 'default', recorded(dataFolder), options),
  },
  {
    name: 'local',
    needsData: true,
    measure: (dataFolder, options) => agreementFigures(createLocalEmbedder(), 'local', recorded(dataFolder), options),
  },
  {
    name: 'stability',
    needsData: true,
    measure: (dataFolder, options) => stabilityFigures(createHashedEmbedder(), recorded(dataFolder).failures, options),
  },
  {
    name: 'narratives',
    needsData: true,
    measure: (dataFolder, options) => Promise.resolve(narrativeFigures(dataFolder, options)),
  },
  { name: 'cold', needsData: true, measure: (dataFolder) => coldFigures(dataFolder) },
  {
    name: 'attribution',
    needsData: false,
    measure: (_dataFolder, options) => Promise.resolve(attributionFigures(options)),
  },
  { name: 'store', needsData: false, measure: (_dataFolder, options) => storeFigures(options) },
];

function recorded(dataFolder: string): LabelledFailures {
  return { failures: readRecordedFailures(dataFolder).map(signFailure), labels: readFailureLabels(dataFolder) };
}
