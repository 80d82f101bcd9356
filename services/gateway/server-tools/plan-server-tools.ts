import type { ServerToolsConfig } from '#shared/config/server-tools-schema.ts';
import type { CanonicalBody, CanonicalTool } from '#shared/formats/canonical.ts';
import type { Loss } from '#shared/formats/loss.ts';
import { lossPointer, recordLoss } from '#shared/formats/loss.ts';
import { isOwnCallId } from '#shared/formats/server-tools/own-call-id.ts';
import { isServerToolResult, serverToolKind } from '#shared/formats/server-tools/server-tool.ts';
import { functionFor, type OfferedTool, type RunnableKind, readOfferedTool } from './offered-tool.ts';
import { takesLocation } from './search-request.ts';

/** A call that an earlier answer left open, because the client had calls of its own to answer first. */
export interface ServerCall {
  readonly id: string;
  readonly kind: RunnableKind;
  readonly input: unknown;
}

/** What the gateway does for a call whose tools the upstream does not run. */
export interface ServerToolPlan {
  /** By the name under which the model calls them. */
  readonly tools: ReadonlyMap<string, OfferedTool>;
  /** The request with functions in place of the tools. */
  readonly body: CanonicalBody;
  readonly losses: readonly Loss[];
  /** To be run before the model is asked. */
  readonly pending: readonly ServerCall[];
  /** Ids of all calls of server tools in the conversation. */
  readonly takenIds: ReadonlySet<string>;
}

/** Fields of a tool that the gateway acts on, or that say nothing of how it runs. */
const READ_FIELDS: ReadonlySet<string> = new Set([
  ...['type', 'name', 'allowed_callers', 'max_uses', 'allowed_domains', 'blocked_domains', 'user_location'],
  'max_content_tokens',
]);

function isRunnable(kind: string | null, config: ServerToolsConfig): kind is RunnableKind {
  return (kind === 'web_search' && config.webSearch !== undefined) || (kind === 'web_fetch' && config.webFetch.enabled);
}

/** Calls of ours in the last assistant turn that have no result. */
function pendingCalls(body: CanonicalBody, tools: ReadonlyMap<string, OfferedTool>): ServerCall[] {
  const answered = new Set<string>();
  const calls: ServerCall[] = [];
  const start = body.messages.findLastIndex(
    ({ role }, index) => role !== 'assistant' && body.messages[index + 1]?.role === 'assistant',
  );
  for (const { role, content } of body.messages.slice(start + 1)) {
    if (role !== 'assistant' || typeof content === 'string') continue;
    for (const block of content) {
      if (isServerToolResult(block)) answered.add((block as unknown as { tool_use_id: string }).tool_use_id);
      if (block.type !== 'server_tool_use' || !isOwnCallId(block.id) || !tools.has(block.name)) continue;
      calls.push({ id: block.id, kind: block.name as RunnableKind, input: block.input });
    }
  }
  return calls.filter(({ id }) => !answered.has(id));
}

function takenIds(body: CanonicalBody): Set<string> {
  const ids = new Set<string>();
  for (const { content } of body.messages) {
    if (typeof content === 'string') continue;
    for (const block of content) if (block.type === 'server_tool_use') ids.add(block.id);
  }
  return ids;
}

/**
 * Which tools of a request the gateway runs, and what the model is asked instead. Null, for nearly all calls, when
 * there is none: tools that are not configured are left to the encoders, which take them out.
 */
export function planServerTools(config: ServerToolsConfig, body: CanonicalBody): ServerToolPlan | null {
  const given = body.tools ?? [];
  if (!given.some((tool) => isRunnable(serverToolKind(tool), config))) return null;
  const offered = new Map<string, OfferedTool>();
  const losses: Loss[] = [];
  const names = new Set(given.flatMap((tool) => ('input_schema' in tool ? [tool.name] : [])));
  const tools = given.map((tool, index): CanonicalTool => {
    const kind = serverToolKind(tool);
    if (!isRunnable(kind, config) || names.has(kind)) return tool;
    names.add(kind);
    const read = readOfferedTool(kind, tool);
    offered.set(kind, read);
    const note = (lossKind: Loss['kind'], path: readonly (string | number)[], detail: string): void =>
      recordLoss(losses, { kind: lossKind, pointer: lossPointer('tools', index, ...path), format: 'gateway', detail });
    note('approximated', [], `${kind} is run by the gateway, without citations`);
    for (const [key, value] of Object.entries(tool)) {
      if (READ_FIELDS.has(key) || value === null || value === undefined || value === false) continue;
      note('dropped', [key], 'field of a tool on which the gateway does not act');
    }
    if (kind === 'web_search' && read.location !== null && !takesLocation(config.webSearch?.format ?? 'generic')) {
      note('dropped', ['user_location'], 'the search endpoint takes no location');
    }
    return functionFor(kind);
  });
  if (offered.size === 0) return null;
  return {
    tools: offered,
    body: { ...body, tools },
    losses,
    pending: pendingCalls(body, offered),
    takenIds: takenIds(body),
  };
}
