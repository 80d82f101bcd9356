import type { FailureFacts } from '#shared/domain/failure-cluster.ts';
import type { LabelledTemplate } from '../../../services/optimizer/clustering/calibrate-thresholds.ts';
import { embeddingTextOf } from '../../../services/optimizer/clustering/cluster-template.ts';
import { minePatterns } from '../../../services/optimizer/clustering/drain/mine-patterns.ts';
import type { Embedder } from '../../../services/optimizer/clustering/embedders/embedder.ts';
import { maskTemplate } from '../../../services/optimizer/clustering/mask-template.ts';
import { signatureOf } from '../../../services/optimizer/clustering/signature.ts';
import type { RecordedFailure } from './read-failures.ts';

/** A recorded failure with the signature that the product gives it. */
export interface SignedFailure {
  readonly n: number;
  readonly model: string;
  readonly signature: string;
  readonly facts: FailureFacts;
}

/** What the product makes of a failure at ingest; the kind of question stands for the turn shape. */
export function signFailure(failure: RecordedFailure): SignedFailure {
  const facts: FailureFacts = {
    ...{ stage: 'tool_use', check: failure.check, turnShape: failure.category },
    ...{ expectedVsActual: '', template: maskTemplate(failure.message) },
  };
  return { n: failure.n, model: failure.model, signature: signatureOf(facts), facts };
}

/** Vectors by text, so that a text is embedded once in a run. */
export interface TextVectors {
  of(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

export function createTextVectors(embedder: Embedder): TextVectors {
  const known = new Map<string, Float32Array>();
  return {
    async of(texts) {
      const missing = [...new Set(texts)].filter((text) => !known.has(text));
      const vectors = await embedder.embed(missing);
      for (const [index, text] of missing.entries()) known.set(text, vectors[index] ?? new Float32Array());
      return texts.map((text) => known.get(text) ?? new Float32Array());
    },
  };
}

/** The templates of failures as the night's clustering gets them: masked, mined, embedded. */
export async function templatesOf(
  failures: readonly SignedFailure[],
  vectors: TextVectors,
  labels: ReadonlyMap<number, string> = new Map(),
): Promise<readonly LabelledTemplate[]> {
  const bySignature = Map.groupBy(failures, (failure) => failure.signature);
  const texts = [...bySignature].flatMap(([id, members]) =>
    members.slice(0, 1).map(({ facts }) => {
      return { id, stage: facts.stage, check: facts.check, mass: members.length, text: embeddingTextOf(facts) };
    }),
  );
  const patterns = minePatterns(texts);
  const embedded = await vectors.of(texts.map(({ id, text }) => patterns.get(id) ?? text));
  return texts.map(({ text: _text, ...template }, index) => ({
    ...template,
    vector: embedded[index] ?? new Float32Array(),
    labels: labelCounts(bySignature.get(template.id) ?? [], labels),
  }));
}

function labelCounts(
  failures: readonly SignedFailure[],
  labels: ReadonlyMap<number, string>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { n } of failures) {
    const label = labels.get(n);
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}
