import { type Embedder, normalise, type SimilarityThresholds } from './embedder.ts';

/** Asks a server for vectors; `shared/llm` has the one that speaks to OpenAI-compatible endpoints, with retries. */
export type RequestEmbeddings = (texts: readonly string[]) => Promise<readonly (readonly number[])[]>;

export interface EndpointEmbedderOptions {
  /** Provider and model, `openai/text-embedding-3-small`: vectors of two models are not comparable. */
  readonly model: string;
  /** As `calibrateThresholds` found them for this model. */
  readonly thresholds?: SimilarityThresholds;
}

/** Texts per request; servers take more, but one lost request then costs more. */
const BATCH = 128;
/** Careful values for a model that was never calibrated: rather two clusters of one failure than one of two. */
const UNCALIBRATED: SimilarityThresholds = { attach: 0.9, tentative: 0.82 };

/** Embeddings of a server, batch by batch in order. What the request throws is passed on. */
export function createEndpointEmbedder(request: RequestEmbeddings, options: EndpointEmbedderOptions): Embedder {
  return {
    id: `endpoint:${options.model}`,
    version: '1',
    thresholds: options.thresholds ?? UNCALIBRATED,
    async embed(texts) {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += BATCH) {
        for (const values of await request(texts.slice(at, at + BATCH))) {
          vectors.push(normalise(Float32Array.from(values)));
        }
      }
      return vectors;
    },
  };
}
