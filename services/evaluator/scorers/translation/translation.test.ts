import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { encodeForProvider } from '#shared/providers/encode-for-provider.ts';
import { providerTarget } from '#shared/providers/provider-target.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { placePrefix } from '#shared/routing/place-prefix.ts';
import { PROPERTY } from '#shared/testing/property.ts';
import type { JsonRecord } from '../json.ts';
import type { Scorer } from '../scorer.ts';
import { createScoringSubject, type ScoredContent } from '../scoring-subject.ts';
import { blockDropped } from './block-dropped.ts';
import { systemPromptAltered } from './system-prompt-altered.ts';
import { thinkingLost } from './thinking-lost.ts';

const FORMATS = ['openai-chat', 'openai-responses', 'gemini', 'bedrock-converse', 'anthropic-messages'] as const;
const CONFIG = configSchema.parse({
  providers: Object.fromEntries(
    FORMATS.map((format) => [format, { format, baseUrl: 'http://127.0.0.1:9', network: 'private', auth: 'none' }]),
  ),
  models: FORMATS.map((format) => ({ id: format, provider: format, price: { input: 1, output: 1 } })),
});
const PREFIX = 'Call tools with all of their arguments.';

/** Words that differ from one another, so that one text is never found within another by chance. */
const words = fc.uuid().map((id) => `word ${id}`);
const image = fc.constant({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } });
const document = fc.constant({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' },
});
const textBlock = words.map((text) => ({ type: 'text', text }));
const asked = fc.array(fc.oneof({ weight: 3, arbitrary: textBlock }, image, document), { minLength: 1, maxLength: 3 });
const thought = fc.array(
  fc.tuple(words, fc.uuid()).map(([thinking, signature]) => ({ type: 'thinking', thinking, signature })),
  { maxLength: 1 },
);
const answers = fc.oneof(words, fc.array(fc.oneof(textBlock, image), { minLength: 1, maxLength: 2 }));

/** A request in the middle of a tool loop, as coding agents send them. */
const request = fc
  .record({
    system: fc.array(textBlock, { maxLength: 2 }),
    hasMark: fc.boolean(),
    turns: fc.array(fc.record({ thought, said: textBlock, answers, failed: fc.boolean() }), {
      minLength: 1,
      maxLength: 3,
    }),
    asked,
    // Clients put instructions between the turns, too.
    later: fc.array(words, { maxLength: 1 }),
  })
  .map(({ system, hasMark, turns, asked: question, later }) => ({
    model: 'claude-sonnet-5',
    max_tokens: 4_000,
    thinking: { type: 'adaptive' },
    system: [...(hasMark ? [{ type: 'text', text: 'x-anthropic-billing-header: cc_version=1' }] : []), ...system],
    tools: [
      {
        name: 'Read',
        description: 'Reads',
        input_schema: { type: 'object', properties: { path: { type: 'string' } } },
      },
    ],
    messages: [
      { role: 'user', content: question },
      ...later.map((content) => ({ role: 'system', content })),
      ...turns.flatMap((turn, index) => [
        {
          role: 'assistant',
          content: [
            ...turn.thought,
            turn.said,
            { type: 'tool_use', id: `toolu_${index}`, name: 'Read', input: { path: `${index}` } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: `toolu_${index}`, content: turn.answers, is_error: turn.failed },
          ],
        },
      ]),
    ],
  }));

function translated(format: string, body: JsonRecord, prefix: string | null): ScoredContent {
  const provider = resolveProvider(format, CONFIG);
  const model = CONFIG.models.find(({ id }) => id === format);
  if (model === undefined) throw new Error(`${format} is not configured`);
  const given = body as unknown as CanonicalBody;
  const canonical = prefix === null ? given : placePrefix(given, prefix);
  const encoded = encodeForProvider(provider, providerTarget(provider, model), { body: canonical, extras: {} });
  const sent = { format, body: encoded.body as JsonRecord, isExact: true, prefix };
  return {
    call: { status: 'ok', upstreamFormat: format, losses: encoded.losses },
    request: body,
    response: { role: 'assistant', content: [{ type: 'text', text: 'Done.' }], stop_reason: 'end_turn' },
    upstreamRaw: null,
    upstreamRequest: () => sent,
  };
}

const resultOf = (scorer: Scorer, content: ScoredContent) => scorer.score(createScoringSubject(content, null));

describe.each(FORMATS.map((format) => ({ format })))('what reaches $format', ({ format }) => {
  it.each([
    { id: blockDropped.id, scorer: blockDropped },
    { id: systemPromptAltered.id, scorer: systemPromptAltered },
    { id: thinkingLost.id, scorer: thinkingLost },
  ])('is never called faulty by $id where our own codec wrote it', ({ scorer }) => {
    fc.assert(
      fc.property(request, fc.constantFrom(null, PREFIX), (body, prefix) => {
        const result = resultOf(scorer, translated(format, body, prefix));
        expect(result.outcome, JSON.stringify(result)).not.toBe('fail');
      }),
      PROPERTY,
    );
  });

  it('is called faulty where the system prompt is another', () => {
    fc.assert(
      fc.property(request, words, (body, other) => {
        const content = translated(format, body, null);
        const altered = { ...content, request: { ...body, system: [{ type: 'text', text: other }] } };
        expect(resultOf(systemPromptAltered, altered).outcome).toBe('fail');
      }),
      PROPERTY,
    );
  });

  it('is called faulty where a text of the conversation is missing', () => {
    fc.assert(
      fc.property(request, words, (body, other) => {
        const content = translated(format, body, null);
        const messages = [{ role: 'user', content: [{ type: 'text', text: other }] }, ...body.messages];
        const call = { ...content.call, losses: [] };
        expect(resultOf(blockDropped, { ...content, call, request: { ...body, messages } }).outcome).toBe('fail');
      }),
      PROPERTY,
    );
  });
});
