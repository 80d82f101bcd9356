import type { CanonicalTool } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';

const WEB_SEARCH = /^web_search(_preview)?(_\d{4}_\d{2}_\d{2}|_\d{8})?$/;

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/**
 * A tool that OpenAI would run. Searching the web, others can do, too; what only OpenAI has is named as its own, and
 * the encoders take it out with a word to the model.
 */
export function decodeHostedTool(decoding: Ledger, tool: JsonObject, kind: string, path: RequestPath): CanonicalTool {
  if (!WEB_SEARCH.test(kind)) return { type: `openai:${kind}`, name: kind } as unknown as CanonicalTool;
  const filters = isJsonObject(tool['filters']) ? tool['filters'] : {};
  if (isSet(tool['search_context_size'])) {
    lose(decoding, 'dropped', [...path, 'search_context_size'], 'size of the search context');
  }
  const { allowed_domains: allowed, blocked_domains: blocked } = filters;
  const limits = {
    ...(isSet(allowed) ? { allowed_domains: allowed } : {}),
    ...(isSet(blocked) ? { blocked_domains: blocked } : {}),
    ...(isJsonObject(tool['user_location']) ? { user_location: tool['user_location'] } : {}),
  };
  // The limits are the client's words; whoever runs the tool reads them as such.
  return { type: 'web_search_20250305', name: 'web_search', ...limits } as unknown as CanonicalTool;
}

/** The name under which a hosted tool is chosen. */
export function hostedToolName(kind: string): string {
  return WEB_SEARCH.test(kind) ? 'web_search' : kind;
}
