import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CanonicalBody } from '../formats/canonical.ts';
import { createEncodeTarget } from '../formats/encode-target.ts';
import { encodeRequest } from '../formats/openai-chat/encode-request.ts';
import { isQuirkName, QUIRK_NAMES, QUIRKS } from '../formats/quirks/quirks.ts';
import { PROPERTY } from '../testing/property.ts';
import { QUIRK_RULES } from './testing/quirk-rules.ts';
import { SAMPLE_REQUESTS } from './testing/sample-requests.ts';

const block = fc.oneof(
  fc.record({ type: fc.constant('text'), text: fc.constantFrom('', 'said', 'asked') }),
  fc.record({ type: fc.constant('thinking'), thinking: fc.constant('why'), signature: fc.constant('') }),
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.constantFrom('toolu_a', 'toolu_b', 'D681PevKs'),
    name: fc.constantFrom('read', 'write'),
    input: fc.constant({}),
  }),
  fc.record({
    type: fc.constant('tool_result'),
    tool_use_id: fc.constantFrom('toolu_a', 'toolu_b', 'D681PevKs'),
    content: fc.constantFrom('done', ''),
  }),
  fc.record({
    type: fc.constant('image'),
    source: fc.constantFrom(
      { type: 'url', url: 'https://example.com/a.png' },
      { type: 'base64', media_type: 'image/png', data: 'aGk=' },
    ),
  }),
);
const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'system'),
  content: fc.oneof(fc.constantFrom('said', 'asked'), fc.array(block, { maxLength: 4 })),
});

it('no set of quirks, in no conversation, lets through what one of them keeps back', () => {
  const sample = fc.constantFrom(...SAMPLE_REQUESTS.map(([, canonical]) => canonical));
  const quirks = fc.subarray(QUIRK_NAMES.filter(isQuirkName));
  fc.assert(
    fc.property(sample, fc.array(message, { maxLength: 8 }), quirks, (canonical, messages, names) => {
      const body = { ...canonical.body, messages } as unknown as CanonicalBody;
      const before = JSON.stringify(body);
      const target = createEncodeTarget({ model: 'model', quirks: names });
      const encoded = encodeRequest({ ...canonical, body }, target);
      expect(JSON.stringify(body)).toBe(before);
      const fields = target as unknown as Record<string, unknown>;
      // Of two quirks about one thing only the later holds.
      const held = names.filter((name) =>
        Object.entries(QUIRKS[name].target).every(([field, value]) => fields[field] === value),
      );
      expect(held.filter((name) => QUIRK_RULES[name]?.(encoded.body as Record<string, unknown>) === false)).toEqual([]);
    }),
    PROPERTY,
  );
});
