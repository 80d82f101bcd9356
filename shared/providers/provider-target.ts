import type { ModelConfig } from '../config/config-schema.ts';
import { createEncodeTarget, type EncodeTarget } from '../formats/encode-target.ts';
import type { ResolvedProvider } from './registry.ts';

type TargetModel = Pick<ModelConfig, 'id' | 'family' | 'maxOutputTokens' | 'reasoningEffort'>;

/** What the encoder has to know about one model at one provider. */
export function providerTarget(provider: ResolvedProvider, model: TargetModel): EncodeTarget {
  const reasons = model.reasoningEffort === true;
  return createEncodeTarget({
    model: model.id,
    family: model.family,
    maxOutputTokens: model.maxOutputTokens,
    supportsReasoningEffort: model.reasoningEffort,
    quirks: reasons ? [...provider.quirks, ...provider.reasoningModelQuirks] : provider.quirks,
  });
}
