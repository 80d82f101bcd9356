import { type TriageModel, triageModelSchema } from './triage-model.ts';
import weights from './triage-weights.json' with { type: 'json' };

/** Weights that a project begins with, fitted by `npm run fit:triage` on public runs of agents whose end is known. */
export const SHIPPED_TRIAGE_MODEL: TriageModel = triageModelSchema.parse(weights);
