import type { FailureFacts } from '#shared/domain/failure-cluster.ts';
import type { LabelledTemplate } from '../../../services/optimizer/clustering/calibrate-thresholds.ts';
import { embedNewTemplates } from '../../../services/optimizer/clustering/embed-new-templates.ts';
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

/** Vectors by template, as the product stores them: a template is embedded when it is first met, and never again. */
export interface TemplateVectors {
  readonly embedder: Embedder;
  readonly vectors: Map<string, Float32Array>;
}

export function createTemplateVectors(embedder: Embedder): TemplateVectors {
  return { embedder, vectors: new Map() };
}

/** The embedder with a memory, for benches that embed the same texts over and over. */
export function remembering(embedder: Embedder): Embedder {
  const known = new Map<string, Float32Array>();
  return {
    ...embedder,
    async embed(texts) {
      const missing = [...new Set(texts)].filter((text) => !known.has(text));
      const vectors = missing.length === 0 ? [] : await embedder.embed(missing);
      for (const [index, text] of missing.entries()) known.set(text, vectors[index] ?? new Float32Array());
      return texts.map((text) => known.get(text) ?? new Float32Array());
    },
  };
}

/** The templates of failures as the night's clustering gets them: masked, and with the vector that they were given. */
export async function templatesOf(
  failures: readonly SignedFailure[],
  store: TemplateVectors,
  labels: ReadonlyMap<number, string> = new Map(),
): Promise<readonly LabelledTemplate[]> {
  const bySignature = Map.groupBy(failures, (failure) => failure.signature);
  const templates = [...bySignature].flatMap(([id, members]) =>
    members.slice(0, 1).map(({ facts }) => ({ id, ...facts, mass: members.length })),
  );
  const missing = templates.filter(({ id }) => !store.vectors.has(id));
  for (const [id, vector] of await embedNewTemplates(missing, store.embedder)) store.vectors.set(id, vector);
  return templates.map(({ id, stage, check, mass }) => ({
    ...{ id, stage, check, mass, vector: store.vectors.get(id) ?? new Float32Array() },
    labels: labelCounts(bySignature.get(id) ?? [], labels),
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
