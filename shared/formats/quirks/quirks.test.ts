import { describe, expect, it } from 'vitest';
import type { Canonical, CanonicalBody } from '../canonical.ts';
import { createEncodeTarget } from '../encode-target.ts';
import { encodeRequest } from '../openai-chat/encode-request.ts';
import { isQuirkName, QUIRK_NAMES, QUIRKS, type QuirkName } from './quirks.ts';

type Messages = readonly Record<string, unknown>[];

const question = { role: 'user', content: 'question' };
const tools = [{ name: 'read', input_schema: { type: 'object', properties: {} } }];
const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
const byFormat = { output_config: { format: { type: 'json_schema', schema } } };
const history = {
  messages: [
    question,
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'why', signature: '' },
        { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'done', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'and?' },
      ],
    },
  ],
};
const prefill = { messages: [question, { role: 'assistant', content: 'It is' }] };
const twoUsers = { system: 'Be short.', messages: [question, { role: 'user', content: 'again' }] };
const byAddress = {
  messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }] }],
};
const stops = { stop_sequences: Array.from({ length: 20 }, (_, index) => `stop ${index}`) };
const forced = { tools, tool_choice: { type: 'any' } };

function encode(quirks: readonly QuirkName[], request: object, openai?: Record<string, unknown>) {
  const body = { model: 'claude-test', messages: [question], ...request } as unknown as CanonicalBody;
  const extras: Canonical['extras'] = openai === undefined ? {} : { openai };
  const encoded = encodeRequest({ body, extras }, createEncodeTarget({ model: 'model', quirks }));
  const fields = encoded.body as Record<string, unknown> & { messages: Messages };
  return { fields, losses: encoded.losses.map(({ kind, pointer }) => `${kind} ${pointer}`) };
}

describe('the list of quirks', () => {
  it('tells of each why it is there and which public page says so', () => {
    expect(QUIRK_NAMES.length).toBeGreaterThan(40);
    for (const [name, { why, source, target }] of Object.entries(QUIRKS)) {
      expect(isQuirkName(name)).toBe(true);
      expect(why, name).toMatch(/\.$/);
      expect(URL.canParse(source), name).toBe(true);
      expect(Object.keys(target).length, name).toBeGreaterThan(0);
    }
    expect(isQuirkName('toString')).toBe(false);
  });

  it('lets a later quirk win over an earlier one', () => {
    expect(createEncodeTarget({ model: 'm', quirks: ['stop-up-to-5', 'stop-up-to-16'] }).stopSequencesMax).toBe(16);
  });
});

describe('parameters', () => {
  it.each<[QuirkName, object, object, string[]]>([
    ['temperature-up-to-1', { temperature: 1.4 }, { temperature: 1 }, ['clamped /temperature']],
    ['temperature-up-to-1.5', { temperature: 1.4 }, { temperature: 1.4 }, []],
    [
      'json-object-only',
      byFormat,
      { response_format: { type: 'json_object' } },
      ['approximated /output_config/format'],
    ],
    ['thinking-type', { thinking: { type: 'adaptive' } }, { thinking: { type: 'enabled' } }, []],
    ['thinking-type', { thinking: { type: 'disabled' } }, { thinking: { type: 'disabled' } }, []],
    ['template-thinking', { thinking: { type: 'adaptive' } }, { chat_template_kwargs: { enable_thinking: true } }, []],
    ['template-thinking', { thinking: { type: 'disabled' } }, { chat_template_kwargs: { enable_thinking: false } }, []],
    ['reasoning-enabled', { thinking: { type: 'disabled' } }, { reasoning: { enabled: false } }, []],
    ['reasoning-object', { thinking: { type: 'enabled', budget_tokens: 9 } }, { reasoning: { max_tokens: 9 } }, []],
    ['reasoning-object', { thinking: { type: 'adaptive' } }, { reasoning: { enabled: true } }, []],
    ['reasoning-object', { output_config: { effort: 'low' } }, { reasoning: { effort: 'low' } }, []],
    ['parsed-reasoning-format', {}, { reasoning_format: 'parsed' }, []],
    ['continue-final-message', prefill, { continue_final_message: true, add_generation_prompt: false }, []],
  ])('%s: %j', (quirk, request, expected, losses) => {
    const encoded = encode([quirk], request);
    expect(encoded.fields).toMatchObject(expected);
    expect(encoded.losses).toEqual(losses);
    for (const field of Object.keys(expected)) expect(encode([], {}).fields).not.toHaveProperty(field);
  });

  it.each<[QuirkName | null, number]>([
    [null, 4],
    ['stop-up-to-5', 5],
    ['stop-up-to-16', 16],
    ['stop-unlimited', 20],
  ])('%s takes %i stop strings', (quirk, count) => {
    expect(encode(quirk === null ? [] : [quirk], stops).fields['stop']).toHaveLength(count);
  });

  it('leaves out a top_p of one, which changes nothing, without a loss', () => {
    const { fields, losses } = encode(['top-p-below-one'], { top_p: 1 });
    expect(fields).not.toHaveProperty('top_p');
    expect(losses).toEqual([]);
    expect(encode(['top-p-below-one'], { top_p: 0.9 }).fields['top_p']).toBe(0.9);
  });

  it.each<[QuirkName | null, Record<string, unknown>, object]>([
    [null, { store: true, seed: 1, user: 'u' }, { seed: 1, user: 'u' }],
    ['openai-extras', { store: true }, { store: true }],
    ['random-seed', { seed: 1 }, { random_seed: 1 }],
    ['no-user', { user: 'u' }, {}],
    ['no-logit-bias', { logit_bias: {} }, {}],
    ['no-penalties', { presence_penalty: 1, frequency_penalty: 1 }, {}],
    ['json-object-only', { response_format: { type: 'json_schema' } }, { response_format: { type: 'json_object' } }],
  ])('%s: of %j is sent what it takes', (quirk, extras, expected) => {
    const { fields } = encode(quirk === null ? [] : [quirk], {}, extras);
    const { model: _model, messages: _messages, ...sent } = fields;
    expect(sent).toEqual(expected);
  });

  it('says the schema in the prompt where only an object is promised, and drops it beside tools where that is refused', () => {
    const { fields } = encode(['json-object-only'], { system: 'Be short.', ...byFormat });
    expect(fields.messages[0]?.['content']).toMatch(
      /^Be short\.\n\nAnswer with one JSON object .*additionalProperties/s,
    );
    const beside = encode(['no-response-format-with-tools'], { tools, ...byFormat });
    expect(beside.fields).not.toHaveProperty('response_format');
    expect(beside.losses).toEqual(['dropped /output_config/format']);
    expect(encode(['no-response-format-with-tools'], byFormat).fields).toHaveProperty('response_format');
  });
});

describe('reasoning', () => {
  it.each<[QuirkName[], string, string]>([
    [['reasoning-effort'], 'max', 'high'],
    [['reasoning-effort', 'effort-up-to-xhigh'], 'max', 'xhigh'],
    [['reasoning-effort', 'effort-up-to-max'], 'max', 'max'],
    [['reasoning-effort', 'effort-only-high'], 'low', 'high'],
    [['reasoning-effort', 'effort-only-default'], 'low', 'default'],
  ])('%j sends the effort %s as %s', (quirks, effort, sent) => {
    const { fields, losses } = encode(quirks, { output_config: { effort } });
    expect(fields['reasoning_effort']).toBe(sent);
    expect(losses).toEqual(sent === effort ? [] : ['approximated /output_config/effort']);
  });

  it('turns it on by the one level that there is', () => {
    const adaptive = { thinking: { type: 'adaptive' } };
    const { fields } = encode(['reasoning-effort', 'effort-only-high'], adaptive);
    expect(fields['reasoning_effort']).toBe('high');
    expect(encode(['reasoning-effort'], adaptive).fields).not.toHaveProperty('reasoning_effort');
  });

  it('turns it off where that can be said, and never sends an effort beside', () => {
    const off = { thinking: { type: 'disabled' }, output_config: { effort: 'high' } };
    expect(encode(['reasoning-effort', 'effort-none'], off).fields['reasoning_effort']).toBe('none');
    const conflict = encode(['thinking-type', 'effort-up-to-max'], off);
    expect(conflict.fields).not.toHaveProperty('reasoning_effort');
    expect(conflict.losses).toEqual(['dropped /output_config/effort']);
  });

  it.each<[QuirkName[], object]>([
    [['replay-reasoning'], { content: '', reasoning_content: 'why' }],
    [['replay-as-reasoning'], { content: null, reasoning: 'why' }],
    [['replay-as-thinking-parts'], { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'why' }] }] }],
    [[], { content: null }],
  ])('%j sends earlier reasoning as %j', (quirks, expected) => {
    const { tool_calls: _calls, role: _role, ...said } = encode(quirks, history).fields.messages[1] ?? {};
    expect(said).toEqual(expected);
  });

  it('names the field for turns without reasoning, too, where it is missed on any turn', () => {
    const { fields } = encode(['replay-reasoning'], {
      messages: [question, { role: 'assistant', content: 'so' }, question],
    });
    expect(fields.messages[1]).toEqual({ role: 'assistant', content: 'so', reasoning_content: '' });
  });
});

describe('the choice of a tool', () => {
  it('is left out where it is ignored, and tools with it when none may be called', () => {
    const ignored = encode(['no-tool-choice'], forced);
    expect(ignored.fields).not.toHaveProperty('tool_choice');
    expect(ignored.losses).toEqual(['dropped /tool_choice']);
    const none = encode(['no-tool-choice'], { tools, tool_choice: { type: 'none' } });
    expect(none.fields).not.toHaveProperty('tools');
    expect(encode(['no-tool-choice'], { tools, tool_choice: { type: 'auto' } }).losses).toEqual([]);
  });

  it('is forced without thinking where it cannot be while thinking, unless thinking was asked for', () => {
    const quirks: QuirkName[] = ['thinking-type', 'no-forced-tool-choice-when-thinking'];
    expect(encode(quirks, forced).fields).toMatchObject({ tool_choice: 'required', thinking: { type: 'disabled' } });
    const thinking = encode(quirks, { ...forced, thinking: { type: 'adaptive' } });
    expect(thinking.fields).toMatchObject({ tool_choice: 'auto', thinking: { type: 'enabled' } });
    expect(thinking.losses).toEqual(['approximated /tool_choice']);
    const unstoppable = encode(['no-forced-tool-choice-when-thinking'], forced);
    expect(unstoppable.fields).toMatchObject({ tool_choice: 'auto' });
  });
});

describe('messages', () => {
  const callIds = (messages: Messages) =>
    ((messages[1]?.['tool_calls'] ?? []) as readonly { readonly id: string }[]).map((call) => call.id);
  const rolesOf = (quirks: QuirkName[], request: object) =>
    encode(quirks, request).fields.messages.map((message) => message['role']);

  it('puts a word of the assistant between a result and the user where that is demanded', () => {
    expect(rolesOf([], history)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(rolesOf(['no-user-after-tool'], history)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
  });

  it('joins users that follow one another, and system text with the first of them', () => {
    expect(rolesOf(['alternating-roles'], twoUsers)).toEqual(['system', 'user']);
    const { fields, losses } = encode(['no-system-role'], twoUsers);
    expect(fields.messages).toEqual([{ role: 'user', content: 'Be short.\n\nquestion\n\nagain' }]);
    expect(losses).toEqual(['approximated /system']);
  });

  it('shortens call ids to nine characters, alike in call and result, and keeps those that fit', () => {
    const { fields } = encode(['nine-character-tool-ids'], history);
    const [id] = callIds(fields.messages);
    expect(id).toMatch(/^[a-z0-9]{9}$/);
    expect(fields.messages[2]?.['tool_call_id']).toBe(id);
    const fitting = JSON.parse(JSON.stringify(history).replaceAll('toolu_1', 'D681PevKs')) as object;
    const kept = encode(['nine-character-tool-ids'], fitting).fields.messages[2];
    expect(kept?.['tool_call_id']).toBe('D681PevKs');
  });

  it('keeps two calls with one id apart, and both ids at nine characters', () => {
    const use = { type: 'tool_use', id: 'same', name: 'read', input: {} };
    const { fields } = encode(['nine-character-tool-ids'], {
      messages: [question, { role: 'assistant', content: [use, use] }],
    });
    const ids = callIds(fields.messages);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{9}$/);
  });

  it('marks an answer that is to be continued, and otherwise tells that it is not', () => {
    const marked = encode(['assistant-prefix'], prefill);
    expect(marked.fields.messages.at(-1)).toEqual({ role: 'assistant', content: 'It is', prefix: true });
    expect(marked.losses).toEqual([]);
    expect(encode([], prefill).losses).toEqual(['approximated /messages/1']);
  });

  it('tells of an image by its address where none is fetched', () => {
    const { fields, losses } = encode(['inline-images'], byAddress);
    expect(fields.messages[0]?.['content']).toMatch(/omitted/);
    expect(losses).toEqual(['dropped /messages/0/content/0']);
    expect(JSON.stringify(encode([], byAddress).fields)).toContain('https://example.com/a.png');
  });

  it('keeps cache breakpoints on text and results where they are understood', () => {
    const cached = { cache_control: { type: 'ephemeral' } };
    const system = [{ type: 'text', text: 'Long.', ...cached }];
    const { fields, losses } = encode(['cache-control'], { system, ...history });
    expect(fields.messages[0]).toEqual({ role: 'system', content: [{ type: 'text', text: 'Long.', ...cached }] });
    expect(fields.messages[3]).toMatchObject({ role: 'tool', content: 'done', ...cached });
    expect(losses.filter((loss) => loss.includes('cache_control'))).toEqual([]);
    expect(JSON.stringify(encode([], { system, ...history }).fields)).not.toContain('cache_control');
  });
});
