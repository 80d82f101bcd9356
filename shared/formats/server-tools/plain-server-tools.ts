import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import { type Ledger, lose } from '../encoding.ts';
import { plainHistory } from './plain-history.ts';
import { serverToolKind } from './server-tool.ts';

/** Of tools that only find other tools nothing has to be said: all tools are listed anyway. */
const SILENT_KINDS = /^tool_search/;

/** What the model is told in place of the tools, so that it neither calls them nor writes calls as text. */
function instruction(kinds: readonly string[]): string {
  const named = kinds.join(', ');
  return `Not available here: ${named}. Do not call ${kinds.length > 1 ? 'them' : 'it'}, and do not write such a call as text. Answer from what you know and from the tools that you have, and say so where the answer would have needed ${kinds.length > 1 ? 'them' : 'it'}.`;
}

function withSystemText(system: CanonicalBody['system'], text: string): CanonicalBody['system'] {
  const block = { type: 'text' as const, text };
  if (system === undefined || system === '') return [block];
  return typeof system === 'string' ? [{ type: 'text', text: system }, block] : [...system, block];
}

/**
 * A request for an upstream that runs no tools by itself: earlier calls of such tools become calls of functions, and
 * tools that nobody runs are taken out, with a word to the model that makes it move on. The very same body when there
 * is nothing to change.
 */
export function plainServerTools(ledger: Ledger, body: CanonicalBody): CanonicalBody {
  const messages = plainHistory(ledger, body.messages);
  const kinds: string[] = [];
  const tools: CanonicalTool[] = [];
  for (const [index, tool] of (body.tools ?? []).entries()) {
    const kind = serverToolKind(tool);
    if (kind === null) tools.push(tool);
    else {
      lose(ledger, 'dropped', ['tools', index], `${kind} is run by Anthropic only; taken out with a word to the model`);
      if (!SILENT_KINDS.test(kind)) kinds.push(kind);
    }
  }
  if (tools.length === (body.tools?.length ?? 0)) return messages === body.messages ? body : { ...body, messages };
  const { tools: _tools, ...rest } = body;
  const system = kinds.length === 0 ? body.system : withSystemText(body.system, instruction(kinds));
  return {
    ...rest,
    messages,
    ...(system === undefined ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
  };
}
