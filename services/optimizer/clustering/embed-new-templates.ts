import { embeddingTextOf } from './cluster-template.ts';
import { minePatterns } from './drain/mine-patterns.ts';
import type { Embedder } from './embedders/embedder.ts';

export interface EmbeddableTemplate {
  readonly id: string;
  readonly stage: string;
  readonly check: string;
  readonly expectedVsActual: string;
  /** Masked. */
  readonly template: string;
  readonly mass: number;
}

/**
 * Vectors of templates that have none yet, by their ids. What arrives together is mined together first: templates that
 * differ in a few words are embedded once, which is most of the cost of a cold start. What the embedder throws is passed
 * on.
 */
export async function embedNewTemplates(
  templates: readonly EmbeddableTemplate[],
  embedder: Embedder,
): Promise<ReadonlyMap<string, Float32Array>> {
  const named = templates.map((template) => ({ ...template, text: embeddingTextOf(template) }));
  const patterns = minePatterns(named);
  const texts = [...new Set(patterns.values())];
  const vectors = await embedder.embed(texts);
  const vectorOf = new Map(texts.map((text, index) => [text, vectors[index] ?? new Float32Array()]));
  return new Map([...patterns].map(([id, text]) => [id, vectorOf.get(text) ?? new Float32Array()]));
}
