import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverToolsSchema } from '#shared/config/server-tools-schema.ts';
import { accumulate, createAccumulatedMessage } from '#shared/formats/accumulate-message.ts';
import type { CanonicalBody, CanonicalContentBlock, CanonicalMessage } from '#shared/formats/canonical.ts';
import { messageEvents } from '#shared/testing/message-events.ts';
import { PROPERTY } from '#shared/testing/property.ts';
import { planServerTools } from './plan-server-tools.ts';
import { searchBlock } from './result-blocks.ts';
import {
  addResults,
  createServerTurn,
  endStep,
  type ServerTurn,
  stepBody,
  takeUse,
  turnMessage,
} from './server-turn.ts';
import { endEvents, turnEvents, wholeBlockEvents } from './turn-events.ts';

const CONFIG = serverToolsSchema.parse({
  webSearch: { format: 'searxng', url: 'http://searx.example' },
  webFetch: { enabled: true },
});
const BODY: CanonicalBody = {
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'hi' }],
  tools: [
    { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
    { name: 'read', input_schema: { type: 'object' } },
  ],
};

function turnOf(body: CanonicalBody = BODY): ServerTurn {
  const plan = planServerTools(CONFIG, body);
  if (plan === null) throw new Error('nothing to run');
  return createServerTurn(plan, 'call');
}

function message(content: CanonicalContentBlock[]): CanonicalMessage {
  const stop_reason = content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn';
  const usage = { input_tokens: 10, output_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 1 };
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content,
    stop_reason,
    stop_sequence: null,
    usage,
  };
}

const block = fc.oneof<fc.Arbitrary<CanonicalContentBlock>[]>(
  fc.string({ minLength: 1, maxLength: 20 }).map((text) => ({ type: 'text', text })),
  fc.string({ maxLength: 20 }).map((thinking) => ({ type: 'thinking', thinking, signature: 'sig' })),
  fc
    .record({ id: fc.constantFrom('call_0', 'call_1', 'ü'), query: fc.string({ maxLength: 10 }) })
    .map(({ id, query }) => ({ type: 'tool_use', id, name: 'web_search', input: { query } })),
);
/** Ids are unique within one answer, as every decoder makes them. */
const step = fc.array(block, { minLength: 1, maxLength: 5 }).map((blocks) => {
  const seen = new Set<string>();
  return blocks.filter((one) => one.type !== 'tool_use' || (!seen.has(one.id) && seen.add(one.id)));
});

describe('a turn of several answers', () => {
  it('is the same message streamed and whole, whatever the answers are', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        const streamed = turnOf();
        const whole = turnOf();
        const client = createAccumulatedMessage();
        let next = 0;
        for (const blocks of steps) {
          const said = message(blocks);
          const events = messageEvents(said).flatMap((event) => turnEvents(streamed, event));
          const calls = endStep(streamed, said);
          expect(endStep(whole, said)).toEqual(calls);
          const results = calls.map(({ id }) => searchBlock(id, []));
          const offset = streamed.content.length;
          addResults(streamed, results);
          addResults(whole, results);
          for (const event of [...events, ...wholeBlockEvents(streamed.content.slice(offset), offset)]) {
            if (event.type === 'content_block_start') expect(event.index).toBe(next++);
            accumulate(client, event);
          }
        }
        const end = { stop_reason: 'end_turn', stop_sequence: null } as const;
        for (const event of endEvents(streamed, end)) accumulate(client, event);
        expect(client.message?.content).toEqual(turnMessage(whole, end)?.content);
        expect(client.message?.usage).toMatchObject({
          input_tokens: 10 * steps.length,
          output_tokens: 5 * steps.length,
        });
        const ids = streamed.content.flatMap((one) => (one.type === 'server_tool_use' ? [one.id] : []));
        expect(new Set(ids).size).toBe(ids.length);
      }),
      PROPERTY,
    );
  });

  it('asks on with what the client has left of its limit, and leaves a budget of thinking its room', () => {
    const call = { type: 'tool_use', id: 'a', name: 'web_search', input: { query: 'q' } } as const;
    const turn = turnOf();
    endStep(turn, message([call]));
    expect(stepBody(turn).max_tokens).toBe(95);
    const thinking = turnOf({ ...BODY, thinking: { type: 'enabled', budget_tokens: 99 } });
    endStep(thinking, message([call]));
    expect(stepBody(thinking).max_tokens).toBe(100);
  });

  it('counts uses, and forbids calls when there is nothing else to call', () => {
    const turn = turnOf({ ...BODY, tools: BODY.tools?.slice(0, 1) ?? [] });
    endStep(turn, message([{ type: 'tool_use', id: 'a', name: 'web_search', input: {} }]));
    expect([1, 2, 3].map(() => takeUse(turn, 'web_search'))).toEqual([true, true, false]);
    expect(stepBody(turn).tool_choice).toEqual({ type: 'none' });
  });

  it('leaves calls of the server open while the client has calls of its own to answer', () => {
    const calls: CanonicalContentBlock[] = [
      { type: 'tool_use', id: 'a', name: 'web_search', input: {} },
      { type: 'tool_use', id: 'b', name: 'read', input: {} },
    ];
    expect(endStep(turnOf(), message(calls))).toEqual([]);
  });
});

describe('planServerTools', () => {
  it('has nothing to do where no tool is one of the server', () => {
    expect(planServerTools(CONFIG, { ...BODY, tools: BODY.tools?.slice(1) ?? [] })).toBeNull();
    expect(planServerTools(serverToolsSchema.parse({}), BODY)).toBeNull();
  });

  it('notes what it does not act on', () => {
    const fetchTool = {
      type: 'web_fetch_20260318',
      name: 'web_fetch',
      citations: { enabled: true },
      use_cache: false,
    } as const;
    const plan = planServerTools(CONFIG, { ...BODY, tools: [fetchTool] });
    expect(plan?.losses.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([
      'approximated /tools/0',
      'dropped /tools/0/citations',
    ]);
    expect(plan?.body.tools).toMatchObject([{ name: 'web_fetch', input_schema: { required: ['url'] } }]);
  });

  it('leaves a tool of the client that has the name alone', () => {
    const own = { name: 'web_search', input_schema: { type: 'object' as const } };
    expect(planServerTools(CONFIG, { ...BODY, tools: [...(BODY.tools ?? []), own] })?.tools.size ?? 0).toBe(0);
  });
});
