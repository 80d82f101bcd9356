import { describe, expect, test } from 'vitest';
import { asked, encode, old, question, result, tool, use } from '../../testing/gemini-request-script.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createEncodeTarget, type EncodeTargetInput } from '../encode-target.ts';
import { encodeRequest } from './encode-request.ts';

describe('tools', () => {
  test('become declarations, and fields without a counterpart are noted', () => {
    const custom = { ...tool, type: 'custom', strict: true, defer_loading: true, cache_control: { type: 'ephemeral' } };
    const { body, losses } = encode({ tools: [custom, { name: 'now', input_schema: { type: 'object' } }] });
    const parameters = { type: 'OBJECT', properties: { path: { type: 'STRING' } } };
    expect(body.tools).toEqual([
      { functionDeclarations: [{ name: 'read', description: 'Reads.', parameters }, { name: 'now' }] },
    ]);
    expect(body).not.toHaveProperty('toolConfig');
    expect(losses).toEqual(['strict', 'defer_loading', 'cache_control'].map((key) => `dropped /tools/0/${key}`));
  });

  test('a rewritten schema is lost with its place in the request', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', exclusiveMinimum: 0 } }, $schema: 's' };
    expect(encode({ tools: [{ name: 'a', input_schema: schema }] }).losses).toEqual([
      'dropped /tools/0/input_schema/?schema',
      'renamed /tools/0/input_schema/properties/n/exclusiveMinimum',
    ]);
  });

  test('a server tool is dropped, with what chose it', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
    const choice = { type: 'tool', name: 'web_search' };
    const alone = encode({ tools: [search], tool_choice: choice });
    expect(alone.body).not.toHaveProperty('tools');
    expect(alone.body).not.toHaveProperty('toolConfig');
    expect(alone.losses).toEqual(['dropped /tools/0', 'dropped /tool_choice']);
    expect(encode({ tools: [search, tool], tool_choice: choice }).body['toolConfig']).toEqual({
      functionCallingConfig: { mode: 'AUTO' },
    });
  });

  test.each([`mcp__server__${'x'.repeat(60)}`, '3d-render', '-x', 'has spaces', 'ünï'])(
    'the name %s is made to fit alike in list, choice and history',
    (name) => {
      const messages = [
        question,
        { role: 'assistant', content: [use('t1', name)] },
        { role: 'user', content: [result('t1')] },
      ];
      const { body, losses } = encode({ tools: [{ ...tool, name }], messages, tool_choice: { type: 'tool', name } });
      const sent = body.tools?.[0]?.functionDeclarations[0]?.['name'];
      expect(sent).not.toBe(name);
      expect(body['toolConfig']).toEqual({ functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [sent] } });
      expect(body.contents[1]?.parts[0]).toMatchObject({ functionCall: { name: sent } });
      expect(body.contents[2]?.parts[0]).toMatchObject({ functionResponse: { name: sent } });
      expect(losses).toEqual(['renamed /messages/1/content/0/name', 'repaired /messages/1/content/0']);
    },
  );

  test.each([
    [{ type: 'auto' }, { mode: 'AUTO' }],
    [{ type: 'any' }, { mode: 'ANY' }],
    [{ type: 'none' }, { mode: 'NONE' }],
    [
      { type: 'tool', name: 'read' },
      { mode: 'ANY', allowedFunctionNames: ['read'] },
    ],
  ])('tool_choice %j is said in the words of the upstream', (choice, expected) => {
    const { body, losses } = encode({ tools: [tool], tool_choice: choice });
    expect(body['toolConfig']).toEqual({ functionCallingConfig: expected });
    expect(losses).toEqual([]);
  });

  test('that calls are to come one at a time cannot be said', () => {
    const request = { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } };
    expect(encode(request).losses).toEqual(['dropped /tool_choice/disable_parallel_tool_use']);
  });

  test('arguments are asked to stream only where that is declared, and only of a stream', () => {
    const target = { quirks: ['stream-function-arguments'] };
    expect(encode({ tools: [tool], stream: true }, target).body['toolConfig']).toEqual({
      functionCallingConfig: { streamFunctionCallArguments: true },
    });
    expect(encode({ tools: [tool] }, target).body).not.toHaveProperty('toolConfig');
    expect(encode({ tools: [tool], stream: true }).body).not.toHaveProperty('toolConfig');
  });
});

describe('parameters', () => {
  const reasons = { supportsReasoningEffort: true };
  const reasonsOld = { ...old, ...reasons };
  test.each([
    [{ max_tokens: 64_000 }, { maxOutputTokens: 8_192 }, { maxOutputTokens: 8_192 }, ['clamped /max_tokens']],
    [{ max_tokens: 100 }, { maxOutputTokens: 8_192 }, { maxOutputTokens: 100 }, []],
    [{ temperature: 0, top_p: 0.5, top_k: 5 }, {}, { temperature: 0, topP: 0.5, topK: 5 }, []],
    [{ temperature: 0, top_k: 5 }, { quirks: ['no-sampling'] }, undefined, ['dropped /temperature', 'dropped /top_k']],
    [{ stop_sequences: ['a', 'b'] }, {}, { stopSequences: ['a', 'b'] }, []],
    [{ stop_sequences: [...'abcdef'] }, {}, { stopSequences: [...'abcde'] }, ['clamped /stop_sequences']],
    [{ metadata: { user_id: '{"session_id":"s"}' } }, {}, undefined, ['dropped /metadata']],
    [{ context_management: { edits: [] } }, {}, undefined, ['dropped /context_management']],
    [{ something_new: 1 }, {}, undefined, ['dropped /something_new']],
    [{ thinking: { type: 'adaptive' } }, {}, undefined, ['dropped /thinking']],
    [{ thinking: { type: 'disabled' } }, {}, undefined, []],
    [{ output_config: { effort: 'high' } }, {}, undefined, ['dropped /output_config/effort']],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'low', includeThoughts: true } },
      [],
    ],
    [
      { output_config: { effort: 'max' } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'high' } },
      ['approximated /output_config/effort'],
    ],
    [{ thinking: { type: 'adaptive' } }, reasons, { thinkingConfig: { includeThoughts: true } }, []],
    [
      { thinking: { type: 'enabled', budget_tokens: 31_999 } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'high', includeThoughts: true } },
      ['approximated /thinking/budget_tokens'],
    ],
    [
      { thinking: { type: 'disabled' } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'low' } },
      ['approximated /thinking'],
    ],
    [
      { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: 2_000, includeThoughts: true } },
      [],
    ],
    [
      { thinking: { type: 'enabled', budget_tokens: 31_999 } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: 24_576, includeThoughts: true } },
      ['clamped /thinking/budget_tokens'],
    ],
    [
      { thinking: { type: 'adaptive' } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: -1, includeThoughts: true } },
      [],
    ],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: 8_192, includeThoughts: true } },
      ['approximated /output_config/effort'],
    ],
    [{ thinking: { type: 'disabled' } }, reasonsOld, { thinkingConfig: { thinkingBudget: 0 } }, []],
    [
      { thinking: { type: 'disabled' } },
      { model: 'gemini-2.5-pro', ...reasons },
      { thinkingConfig: { thinkingBudget: 128 } },
      ['approximated /thinking'],
    ],
    [
      { thinking: { type: 'adaptive', display: 'omitted' } },
      { model: 'my-alias', quirks: ['gemini-2'], ...reasons },
      { thinkingConfig: { thinkingBudget: -1 } },
      [],
    ],
  ] as [object, Partial<EncodeTargetInput>, object | undefined, string[]][])(
    '%j for %j is sent as %j',
    (request, target, config, losses) => {
      const encoded = encode(request as Record<string, unknown>, target);
      expect(encoded.body).toEqual({
        contents: [asked],
        ...(config === undefined ? {} : { generationConfig: config }),
      });
      expect(encoded.losses).toEqual(losses);
    },
  );

  test('a structured output goes as a response schema, and beside tools only to models that take both', () => {
    const schema = { type: 'object', properties: { a: { type: ['string', 'null'] } }, additionalProperties: false };
    const request = { output_config: { format: { type: 'json_schema', schema } } };
    const { body, losses } = encode(request, old);
    expect(body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } } },
    });
    expect(losses).toEqual([
      'dropped /output_config/format/schema/additionalProperties',
      'renamed /output_config/format/schema/properties/a/type',
    ]);
    expect(encode({ ...request, tools: [tool] }).body.generationConfig).toHaveProperty('responseSchema');
    const both = encode({ ...request, tools: [tool] }, old);
    expect(both.body).not.toHaveProperty('generationConfig');
    expect(both.losses).toEqual(['dropped /output_config/format']);
  });

  test('fields of the same wire family ride along, those of others are lost', () => {
    const body = { model: 'm', messages: [question], max_tokens: 1 } as CanonicalBody;
    const extras = { gemini: { safetySettings: [], seed: 7, odd: 1 }, openai: { seed: 1 } };
    const encoded = encodeRequest({ body, extras }, createEncodeTarget({ model: 'gemini-3-pro' }));
    expect(encoded.body).toMatchObject({ safetySettings: [], generationConfig: { seed: 7, maxOutputTokens: 1 } });
    expect(encoded.losses.map((loss) => loss.pointer)).toEqual(['/extras/gemini/odd', '/extras/openai/seed']);
  });
});
