import type { CanonicalContentParam } from '../canonical.ts';
import { encodePlacedName } from '../custom-tools.ts';
import { lose, type RequestPath } from '../encoding.ts';
import { isJsonObject } from '../json-object.ts';
import { encodeToolUseId, isUsableToolUseId } from '../tool-id.ts';
import { encodeToolName } from '../tool-name.ts';
import { encodeCallId, type SentCall } from '../walk-conversation.ts';
import type { ConverseBlock, ConverseReasoning } from './converse-request.ts';
import { encodeText } from './encode-content.ts';
import { cachePointAfter, type Encoding } from './encoding.ts';
import { isPlainSignature, untagSignature } from './tag-signature.ts';

type BlockOf<Type extends CanonicalContentParam['type']> = Extract<CanonicalContentParam, { type: Type }>;

/** Converse takes longer ids than other servers do. */
function encodeLongId(id: string): string {
  return isUsableToolUseId(id) ? id : encodeToolUseId(id);
}

function encodeToolUse(
  encoding: Encoding,
  block: BlockOf<'tool_use'>,
  path: RequestPath,
  calls: SentCall[],
): readonly ConverseBlock[] {
  const input = isJsonObject(block.input) ? block.input : {};
  if (!isJsonObject(block.input)) lose(encoding, 'repaired', [...path, 'input'], 'tool input is no JSON object');
  if (!encoding.hasTools) {
    lose(encoding, 'approximated', path, 'tool call sent as text, because the request has no tools');
    return [{ text: `[Called tool ${encodeToolName(block.name)} with ${JSON.stringify(input)}]` }];
  }
  const name = encodePlacedName(encoding, block.name, path);
  const taken = calls.map((call) => call.upstreamId);
  const toolUseId = encodeCallId(encoding, block.id, taken, path, encodeLongId);
  calls.push({ canonicalId: block.id, upstreamId: toolUseId, path });
  return [{ toolUse: { toolUseId, name, input } }];
}

/** The signature to send: Anthropic's own as it is, one of another model on Bedrock taken out of its wrapping. */
function upstreamSignature(encoding: Encoding, signature: unknown): string | undefined {
  if (encoding.traits.dialect !== 'anthropic') return untagSignature(signature);
  return isPlainSignature(signature) ? signature : undefined;
}

function encodeThinking(
  encoding: Encoding,
  block: BlockOf<'thinking'>,
  path: RequestPath,
): readonly ConverseReasoning[] {
  const signature = upstreamSignature(encoding, block.signature);
  if (encoding.traits.replaysReasoning && signature !== undefined) {
    return [{ reasoningContent: { reasoningText: { text: block.thinking, signature } } }];
  }
  if (!encoding.traits.replaysReasoning && encoding.target.replaysReasoning && block.thinking !== '') {
    const signed = signature === undefined ? {} : { signature };
    return [{ reasoningContent: { reasoningText: { text: block.thinking, ...signed } } }];
  }
  lose(encoding, 'dropped', path, 'thinking that this model has not signed');
  return [];
}

/** The blocks of one assistant message in their order; its calls are added to `calls`. */
export function encodeAssistantBlock(
  encoding: Encoding,
  block: CanonicalContentParam,
  path: RequestPath,
  calls: SentCall[],
): readonly ConverseBlock[] {
  switch (block.type) {
    case 'text': {
      const text = encodeText(encoding, block.text, path);
      if (block.citations && block.citations.length > 0) {
        lose(encoding, 'dropped', [...path, 'citations'], 'citations of an earlier turn');
      }
      return text.length === 0 ? [] : [...text, ...cachePointAfter(encoding, block, 'messages', path)];
    }
    case 'tool_use': {
      const use = encodeToolUse(encoding, block, path, calls);
      return [...use, ...cachePointAfter(encoding, block, 'messages', path)];
    }
    case 'thinking':
      return encodeThinking(encoding, block, path);
    case 'redacted_thinking':
      if (encoding.traits.replaysReasoning) return [{ reasoningContent: { redactedContent: block.data } }];
      lose(encoding, 'dropped', path, 'thinking that this model has not signed');
      return [];
    default:
      lose(encoding, 'dropped', path, 'assistant block that Converse has not');
      return [];
  }
}
