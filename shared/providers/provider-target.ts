import type { ModelConfig } from '../config/config-schema.ts';
import { createEncodeTarget, type EncodeTarget } from '../formats/encode-target.ts';
import type { ModelFacts } from './provider-data.ts';
import type { ResolvedProvider } from './registry.ts';

type TargetModel = Pick<ModelConfig, 'id' | 'family' | 'maxOutputTokens' | 'reasoningEffort'>;
type ProviderFacts = Pick<ResolvedProvider, 'quirks' | 'reasoningModelQuirks' | 'models' | 'deployments'>;

/** What the encoder has to know about one model at one provider. What the configuration says of the model wins. */
export function providerTarget(provider: ProviderFacts, model: TargetModel): EncodeTarget {
  const deployment = provider.deployments[model.id];
  const family = model.family ?? (deployment === undefined ? undefined : model.id);
  const facts = provider.models.filter((entry) => fitsModel(entry, family ?? model.id));
  const reasons = model.reasoningEffort ?? facts.findLast((entry) => entry.reasons !== undefined)?.reasons;
  return createEncodeTarget({
    model: deployment ?? model.id,
    family,
    maxOutputTokens:
      model.maxOutputTokens ?? facts.findLast((entry) => entry.maxOutputTokens !== undefined)?.maxOutputTokens,
    supportsReasoningEffort: reasons,
    quirks: [
      ...provider.quirks,
      ...(reasons === true ? provider.reasoningModelQuirks : []),
      ...facts.flatMap((entry) => entry.quirks ?? []),
    ],
  });
}

function fitsModel(facts: ModelFacts, id: string): boolean {
  return facts.match.endsWith('*') ? id.startsWith(facts.match.slice(0, -1)) : id === facts.match;
}
