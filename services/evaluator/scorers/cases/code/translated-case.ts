import type { UpstreamRequest } from '../../scoring-subject.ts';
import { type ContentInput, content, type ScorerCase } from '../scorer-case.ts';

/** A call of which it is known what was sent on. */
export function translatedCase(
  name: string,
  outcome: ScorerCase['outcome'],
  input: ContentInput,
  sent: Partial<UpstreamRequest> | null,
  more: Partial<ScorerCase> = {},
): ScorerCase {
  const upstreamRequest: UpstreamRequest | null =
    sent === null ? null : { format: 'openai-chat', body: {}, isExact: true, prefix: null, ...sent };
  const known = upstreamRequest === null ? {} : { upstreamRequest };
  return { name, outcome, content: content({ tools: null, text: 'Done.', ...input, ...known }), ...more };
}
