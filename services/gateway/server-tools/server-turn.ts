import type {
  CanonicalBody,
  CanonicalContentBlock,
  CanonicalMessage,
  CanonicalUsage,
} from '#shared/formats/canonical.ts';
import { ownCallId } from '#shared/formats/server-tools/own-call-id.ts';
import type { RunnableKind } from './offered-tool.ts';
import type { ServerCall, ServerToolPlan } from './plan-server-tools.ts';
import { callBlock, isErrorBlock, type ServerResultBlock } from './result-blocks.ts';
import { sumUsage } from './sum-usage.ts';

/** One answer to the client while several answers of the upstream make it up. */
export interface ServerTurn {
  readonly plan: ServerToolPlan;
  readonly callId: string;
  /** Blocks that the client has, or will have before the next answer of the upstream. */
  readonly content: CanonicalContentBlock[];
  /** Ids of all calls of server tools, by which new ones are kept apart. */
  readonly takenIds: Set<string>;
  /** The client's id of each call of the present step, by the upstream's. */
  callIds: Map<string, string>;
  /** Where the present step's blocks begin. */
  offset: number;
  step: number;
  /** The first answer of the upstream: the client is told its id and its model. */
  first: CanonicalMessage | null;
  usage: CanonicalUsage;
  readonly uses: Record<RunnableKind, number>;
  /** Calls that did what they should; failures are not counted. */
  readonly succeeded: Record<RunnableKind, number>;
  isExhausted: boolean;
}

const NO_USAGE: CanonicalUsage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

export function createServerTurn(plan: ServerToolPlan, callId: string): ServerTurn {
  return {
    plan,
    callId,
    content: [],
    takenIds: new Set(plan.takenIds),
    callIds: new Map(),
    offset: 0,
    step: 0,
    first: null,
    usage: NO_USAGE,
    uses: { web_search: 0, web_fetch: 0 },
    succeeded: { web_search: 0, web_fetch: 0 },
    isExhausted: false,
  };
}

/** A block of the upstream as the client sees it: a call of an offered function is a call of the server's tool. */
export function toClientBlock(turn: ServerTurn, block: CanonicalContentBlock): CanonicalContentBlock {
  if (block.type !== 'tool_use') return block;
  const tool = turn.plan.tools.get(block.name);
  if (tool === undefined) return block;
  const id = turn.callIds.get(block.id) ?? ownCallId(block.id, turn.callId, turn.takenIds);
  turn.callIds.set(block.id, id);
  return callBlock(id, tool.kind, block.input);
}

/** Takes in what the upstream answered in the present step. Returns the calls that are to be run now, if any. */
export function endStep(turn: ServerTurn, message: CanonicalMessage): readonly ServerCall[] {
  turn.first ??= message;
  turn.usage = sumUsage(turn.usage, message.usage);
  const blocks = message.content.map((block) => toClientBlock(turn, block));
  turn.content.push(...blocks);
  turn.step += 1;
  turn.callIds = new Map();
  turn.offset = turn.content.length;
  // The client has calls of its own to answer; ours are run when it has.
  const isClients = blocks.some(({ type }) => type === 'tool_use');
  if (isClients || message.stop_reason !== 'tool_use') return [];
  return blocks.flatMap((block) =>
    block.type === 'server_tool_use'
      ? [{ id: block.id, kind: block.name as RunnableKind, input: block.input as unknown }]
      : [],
  );
}

/** Puts results behind the calls. */
export function addResults(turn: ServerTurn, results: readonly ServerResultBlock[]): void {
  for (const result of results) {
    turn.content.push(result);
    if (!isErrorBlock(result)) {
      turn.succeeded[result.type === 'web_search_tool_result' ? 'web_search' : 'web_fetch'] += 1;
    }
  }
  turn.offset = turn.content.length;
}

/** Whether a call is within the limit of its tool, and one use of it the less. */
export function takeUse(turn: ServerTurn, kind: RunnableKind): boolean {
  const tool = turn.plan.tools.get(kind);
  if (tool === undefined || turn.uses[kind] >= tool.maxUses) {
    turn.isExhausted = true;
    return false;
  }
  turn.uses[kind] += 1;
  return true;
}

/** Output tokens that the client has left for the rest of the turn; null when it set no limit. */
export function tokensLeft(turn: ServerTurn): number | null {
  const limit = turn.plan.body.max_tokens;
  return limit === undefined ? null : limit - turn.usage.output_tokens;
}

/** A choice that forced the first call must not force another one, or the turn would never end. */
function nextToolChoice(turn: ServerTurn): Pick<CanonicalBody, 'tool_choice'> {
  const choice = turn.plan.body.tool_choice;
  const hasOthers = (turn.plan.body.tools?.length ?? 0) > turn.plan.tools.size;
  if (turn.isExhausted && !hasOthers) return { tool_choice: { type: 'none' } };
  if (choice === undefined || (choice.type !== 'any' && choice.type !== 'tool')) return {};
  const { disable_parallel_tool_use: isSerial } = choice;
  return { tool_choice: { type: 'auto', ...(isSerial === undefined ? {} : { disable_parallel_tool_use: isSerial }) } };
}

/** The request of the present step: the conversation, with all that the turn has so far. */
export function stepBody(turn: ServerTurn): CanonicalBody {
  const { body } = turn.plan;
  if (turn.content.length === 0) return body;
  const left = tokensLeft(turn);
  const said = { role: 'assistant' as const, content: turn.content as CanonicalBody['messages'][number]['content'] };
  return {
    ...body,
    messages: [...body.messages, said],
    ...nextToolChoice(turn),
    // A budget of thinking must stay below the limit.
    ...(left === null || body.thinking?.type === 'enabled' ? {} : { max_tokens: Math.max(1, left) }),
  };
}

export interface TurnEnd {
  readonly stop_reason: CanonicalMessage['stop_reason'];
  readonly stop_sequence: string | null;
}

/** The usage of the whole turn, with the requests that its tools made. */
export function turnUsage({ usage, succeeded }: ServerTurn): CanonicalUsage {
  const requests = { web_search_requests: succeeded.web_search, web_fetch_requests: succeeded.web_fetch };
  return { ...usage, server_tool_use: requests };
}

/** The message that the client has at the end of the turn; null when the upstream never answered. */
export function turnMessage(turn: ServerTurn, end: TurnEnd): CanonicalMessage | null {
  if (turn.first === null) return null;
  return { ...turn.first, ...end, content: turn.content, usage: turnUsage(turn) };
}
