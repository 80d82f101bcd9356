import type { ClientFormat } from '#shared/formats/format.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';
import type { RequestHeaders } from '../session-id.ts';

const ANTHROPIC_PATH = /^\/v1\/messages(\/|$)/;
/** What only OpenAI has, served here or not. */
const OPENAI_PATH =
  /^\/v1\/(chat|responses|completions|embeddings|images|audio|moderations|batches|fine_tuning|assistants|threads|vector_stores|conversations|realtime|uploads)(\/|$)/;
/** Claude Code looks for models with a bare bearer token. */
const CLAUDE_AGENT = /^claude-/;

/**
 * In whose shape to answer what belongs to no call: a list of models, a wrong path, a refusal before routing. In this
 * order: a path that only one of the two has; a header that only Anthropic's clients send (`anthropic-version`,
 * `anthropic-beta`, `x-api-key`); the program's own name; a bearer token, which without any of these is an OpenAI
 * client's. Who shows nothing gets Anthropic's shape.
 */
export function callerFormat(path: string, headers: RequestHeaders): ClientFormat {
  const anthropic = CLIENT_FORMATS['anthropic-messages'];
  const openai = CLIENT_FORMATS['openai-chat'] ?? anthropic;
  if (ANTHROPIC_PATH.test(path)) return anthropic;
  if (OPENAI_PATH.test(path)) return openai;
  const isAnthropic =
    headers['anthropic-version'] !== undefined ||
    headers['anthropic-beta'] !== undefined ||
    headers['x-api-key'] !== undefined ||
    CLAUDE_AGENT.test(String(headers['user-agent'] ?? ''));
  return isAnthropic || headers['authorization'] === undefined ? anthropic : openai;
}

/** The path of a request, without its query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
