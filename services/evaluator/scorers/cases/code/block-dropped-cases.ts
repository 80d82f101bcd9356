import type { ScorerCase } from '../scorer-case.ts';
import { translatedCase } from './translated-case.ts';

const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
const DOCUMENT = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } };
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { file_path: 'a.ts' } };
const ASKED = { type: 'text', text: 'Look at this' };
const user = (...content: readonly object[]) => ({ messages: [{ role: 'user', content }] });
const withResult = (...content: readonly object[]) => ({
  messages: [
    { role: 'user', content: 'Look at this' },
    { role: 'assistant', content: [CALL] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content }] },
  ],
});
const chat = (...content: readonly object[]) => ({ body: { messages: [{ role: 'user', content }] } });
const PICTURE = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
const absent = (what: string) =>
  ({ owner: 'gateway', severity: 'error', expectedVsActual: `${what} upstream -> absent` }) as const;
const told = (detail: string) => [
  { kind: 'dropped' as const, pointer: '/messages/0/content/1', format: 'openai-chat', detail },
];
const TOOL_TURN = [
  { role: 'user', content: 'Look at this' },
  { role: 'assistant', tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'Read', arguments: '{}' } }] },
];

export const BLOCK_DROPPED_CASES: readonly ScorerCase[] = [
  translatedCase('an image', 'fail', user(ASKED, IMAGE), chat(ASKED), absent('image')),
  translatedCase('one of two images', 'fail', user(IMAGE, ASKED, IMAGE), chat(PICTURE, ASKED), absent('image')),
  translatedCase('a document', 'fail', user(ASKED, DOCUMENT), chat(ASKED), absent('document')),
  translatedCase(
    'an image within a result',
    'fail',
    withResult({ type: 'text', text: 'seen' }, IMAGE),
    {
      body: { messages: [...TOOL_TURN, { role: 'tool', tool_call_id: 'call_1', content: 'seen' }] },
    },
    absent('image'),
  ),
  translatedCase(
    'a result',
    'fail',
    withResult({ type: 'text', text: 'seen' }),
    { body: { messages: TOOL_TURN } },
    absent('tool result'),
  ),
  translatedCase(
    'a call',
    'fail',
    withResult({ type: 'text', text: 'seen' }),
    {
      body: {
        messages: [
          { role: 'user', content: 'Look at this' },
          { role: 'tool', content: 'seen' },
        ],
      },
    },
    absent('tool call'),
  ),
  translatedCase(
    'a text',
    'fail',
    user(ASKED, { type: 'text', text: 'and mind the colours' }),
    chat(ASKED),
    absent('text'),
  ),
  translatedCase(
    'a system message within the conversation',
    'fail',
    {
      messages: [
        { role: 'user', content: 'Look at this' },
        { role: 'system', content: 'Skills: none' },
      ],
    },
    chat(ASKED),
    absent('text'),
  ),
  translatedCase('an image as Chat has it', 'pass', user(ASKED, IMAGE), chat(ASKED, PICTURE)),
  translatedCase('an image as Gemini has it', 'pass', user(ASKED, IMAGE), {
    format: 'gemini',
    body: {
      contents: [
        { role: 'user', parts: [{ text: 'Look at this' }, { inlineData: { mimeType: 'image/png', data: 'iV' } }] },
      ],
    },
  }),
  translatedCase('an image and a result as Bedrock has them', 'pass', withResult(IMAGE), {
    format: 'bedrock-converse',
    body: {
      messages: [
        { role: 'user', content: [{ text: 'Look at this' }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'Read', input: {} } }] },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 'a', content: [{ image: { format: 'png', source: {} } }] } }],
        },
      ],
    },
  }),
  translatedCase('a call and its result as items of Responses', 'pass', withResult({ type: 'text', text: 'seen' }), {
    format: 'openai-responses',
    body: {
      input: [
        { role: 'user', content: 'Look at this' },
        { type: 'function_call', call_id: 'a', name: 'Read', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: 'seen' },
      ],
    },
  }),
  translatedCase(
    'an image whose loss is in the ledger',
    'pass',
    { ...user(ASKED, IMAGE), losses: told('image, which the target does not take') },
    chat(ASKED),
  ),
  translatedCase('texts put together', 'pass', user(ASKED, { type: 'text', text: 'and mind the colours' }), {
    body: { messages: [{ role: 'user', content: 'Look at this\n\nand mind the colours' }] },
  }),
  translatedCase('an image of a result beside it', 'pass', withResult(IMAGE), {
    body: {
      messages: [...TOOL_TURN, { role: 'tool', content: '(image below)' }, { role: 'user', content: [PICTURE] }],
    },
  }),
  translatedCase('nothing known of what was sent', 'not_applicable', user(ASKED, IMAGE), null),
  translatedCase('what was sent is not known exactly', 'not_applicable', user(ASKED, IMAGE), {
    ...chat(ASKED),
    isExact: false,
  }),
  translatedCase('a request that was not captured', 'not_applicable', { request: null }, chat(ASKED)),
];
