import type { ActivePolicies } from '#shared/domain/active-policies.ts';
import type { ModelFeature } from '#shared/domain/governance.ts';

interface AskingBody {
  readonly messages: readonly { readonly content: string | readonly { readonly type: string }[] }[];
  readonly tools?: readonly object[] | null | undefined;
}

const NOTHING: readonly ModelFeature[] = [];

/** What a request needs of a model. Looked at only where a model of the allow-list cannot do everything. */
export function neededFeatures(active: ActivePolicies, body: AskingBody): readonly ModelFeature[] {
  if (active.models.every((model) => model.features === undefined)) return NOTHING;
  const needs: ModelFeature[] = [];
  if ((body.tools ?? []).length > 0) needs.push('tools');
  if (body.messages.some((message) => hasImage(message.content))) needs.push('images');
  return needs;
}

/** Images stand in messages, and in results of tools. */
function hasImage(content: unknown): boolean {
  if (!Array.isArray(content)) return false;
  return content.some((block: unknown) => {
    if (typeof block !== 'object' || block === null) return false;
    if ('type' in block && block.type === 'image') return true;
    return 'content' in block && hasImage(block.content);
  });
}
