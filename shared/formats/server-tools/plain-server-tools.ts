import type { CanonicalBody, CanonicalTool } from '../canonical.ts';
import { type Ledger, lose } from '../encoding.ts';
import { plainHistory } from './plain-history.ts';
import { openaiToolKind, serverToolKind } from './server-tool.ts';
import { withUnavailableTools } from './unavailable-tools.ts';

/** Of tools that only find other tools nothing has to be said: all tools are listed anyway. */
const SILENT_KINDS = /^tool_search/;

/** Takes tools out that `kindOf` names, with a word to the model that makes it move on. */
function withoutTools(
  ledger: Ledger,
  body: CanonicalBody,
  kindOf: (tool: CanonicalTool) => string | null,
): CanonicalBody {
  if (body.tools?.some((tool) => kindOf(tool) !== null) !== true) return body;
  const kinds: string[] = [];
  const tools: CanonicalTool[] = [];
  for (const [index, tool] of body.tools.entries()) {
    const kind = kindOf(tool);
    if (kind === null) tools.push(tool);
    else {
      lose(ledger, 'dropped', ['tools', index], `${kind} is run by its own provider only; the model is told`);
      if (!SILENT_KINDS.test(kind)) kinds.push(kind);
    }
  }
  const { tools: _tools, ...rest } = body;
  const system = withUnavailableTools(body.system, kinds);
  return {
    ...rest,
    ...(system === undefined ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
  };
}

/**
 * A request for an upstream that runs no tools by itself: earlier calls of such tools become calls of functions, and
 * tools that nobody runs are taken out. The very same body when there is nothing to change.
 */
export function plainServerTools(ledger: Ledger, body: CanonicalBody): CanonicalBody {
  const messages = plainHistory(ledger, body.messages);
  const plain = withoutTools(ledger, body, serverToolKind);
  return messages === body.messages ? plain : { ...plain, messages };
}

/** A request for Anthropic, without the tools that only OpenAI runs. */
export function withoutOpenaiTools(ledger: Ledger, body: CanonicalBody): CanonicalBody {
  const plain = withoutTools(ledger, body, openaiToolKind);
  const { tool_choice: choice, ...rest } = plain;
  if (plain === body || choice === undefined) return plain;
  const names = (plain.tools ?? []).map((tool) => ('name' in tool ? tool.name : ''));
  const isLeft = choice.type === 'tool' ? names.includes(choice.name) : names.length > 0;
  if (!isLeft) lose(ledger, 'dropped', ['tool_choice'], 'tool_choice names a tool that cannot be sent');
  return isLeft ? plain : rest;
}
