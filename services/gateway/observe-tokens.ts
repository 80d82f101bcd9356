import type { CallAttempt } from '#shared/domain/call.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { callUsage } from '#shared/upstream/call-usage.ts';
import type { RoutedCall } from './routed-call.ts';
import type { ServedCall } from './serve-call.ts';
import type { TokenCalibrator } from './token-calibrator.ts';

/** Agents of one session have conversations of their own. */
const AGENT_HEADER = 'x-claude-code-agent-id';

/** Lets the calibrator learn from a call whose upstream said what it counted. */
export function observeTokens(
  tokens: Pick<TokenCalibrator, 'observe'>,
  call: RoutedCall,
  { encoded, delivery }: ServedCall,
  attempts: readonly CallAttempt[],
): void {
  const { message } = delivery;
  if (encoded === null || message === null || delivery.status !== 'ok') return;
  // With several answers the usage is their sum, and the conversation that was counted is not the one that was sent.
  if (attempts.filter(({ outcome }) => outcome === 'ok').length > 1) return;
  const usage = callUsage(message.usage);
  const inputTokens = usage.inputTokens + usage.cacheReadInputTokens + usage.cacheCreationInputTokens;
  // An upstream that reports nothing is given our own estimate, from which there is nothing to learn.
  if (inputTokens === call.inputTokensEstimate) return;
  const { served } = encoded;
  tokens.observe({
    provider: served.provider.name,
    model: served.model.id,
    conversation: `${call.session.sessionId}/${String(call.incoming.headers[AGENT_HEADER] ?? '')}`,
    messages: call.canonical.body.messages.length,
    rawEstimate: call.rawTokensEstimate,
    inputTokens,
    outputTokens: usage.outputTokens - usage.reasoningOutputTokens,
    body: () => bodyOf(call),
    // A forwarded answer is the upstream's own, and may be anything.
    answer: Array.isArray(message.content) ? message.content : [],
  });
}

/** Texts that are still bytes would be counted as such; they are decoded anew. */
export function bodyOf({ canonical, incoming }: RoutedCall): CanonicalBody | null {
  if (canonical.isOneByte !== true) return canonical.body;
  const decoded = incoming.clientFormat.decodeRequest(JSON.parse(incoming.bytes.toString('utf8')));
  return decoded.type === 'decoded' ? decoded.canonical.body : null;
}
